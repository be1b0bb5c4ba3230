"""A new reader gets its key once, inside the session made with the default key, and proves it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.events import LinkState, ReaderLinkChanged
from firmware_bridge.devices.commissioning import CommissioningError, commission
from firmware_bridge.devices.osdp_port import OsdpPort, ReaderSetup
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Ack, Busy, Capabilities, Identity, Nak
from firmware_bridge.simulator.config import ReaderConfig
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from firmware_bridge.simulator.peripheral_line import PeripheralLine
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World
from tests.firmware_bridge.devices.foreign_line import events, foreign_reader

NEW_KEY = bytes(range(16))
CLOCK = SystemClock()
BAUD = 115200
ID, CAP, KEYSET, CHLNG, SCRYPT = 0x61, 0x62, 0x75, 0x76, 0x77

Answer = Callable[[Packet], Packet | None]


class Twisted(Peripheral):
    """A reader whose answers to some commands are replaced."""

    twist: dict[int, Answer]
    heard: list[Packet]

    def receive(self, packet: Packet, now_s: float) -> bytes | None:
        self.heard.append(packet)
        answer = super().receive(packet, now_s)
        if answer is None or packet.code not in self.twist:
            return answer
        twisted = self.twist[packet.code](packet)
        return twisted.to_bytes() if twisted else None


@contextmanager
def bench(
    folder: Path, key: bytes | None = None, twist: dict[int, Answer] | None = None
) -> Iterator[tuple[str, Twisted]]:
    world = World((), CLOCK, RelayLog(None))
    reader = Twisted(ReaderHead(ReaderConfig(1, "A", 1, key), world), baud=BAUD)
    reader.twist, reader.heard = twist or {}, []
    with Line(folder / "A", BAUD, [PeripheralLine([reader], world)], grain_s=0.001):
        yield str(folder / "A"), reader


def says(reply: Ack | Nak | Busy | Identity | Capabilities) -> Answer:
    return lambda asked: Packet(asked.address, asked.sequence, reply.CODE, reply.to_bytes(), reply=True)


def failure(folder: Path, twist: dict[int, Answer], key: bytes | None = None) -> CommissioningError:
    with bench(folder, key, twist) as (path, _), pytest.raises(CommissioningError) as refused:
        commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)
    return refused.value


def test_a_new_reader_takes_its_key_and_proves_it(tmp_path: Path) -> None:
    with bench(tmp_path) as (path, reader):
        done = commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)

        assert reader.key == NEW_KEY
        assert done.address == 1
        assert done.identity.serial == 1
        assert reader.secure


def test_the_key_never_travels_in_the_clear(tmp_path: Path) -> None:
    with bench(tmp_path) as (path, reader):
        commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)

        [keyset] = [packet for packet in reader.heard if packet.code == KEYSET]
        assert keyset.security[0] == 0x17
        assert all(NEW_KEY not in packet.to_bytes() for packet in reader.heard)


def test_a_foreign_reader_takes_its_key_and_then_only_that_one() -> None:
    with foreign_reader(None) as reader:
        commission(reader.path, BAUD, 1, NEW_KEY, clock=CLOCK)
        with pytest.raises(CommissioningError, match="already has a key"):
            commission(reader.path, BAUD, 1, NEW_KEY, clock=CLOCK)

        log, emit = events()
        port = OsdpPort("A", reader.path, BAUD, [ReaderSetup(1, 1, NEW_KEY)], emit=emit, clock=CLOCK)
        port.start()
        log.await_one(ReaderLinkChanged, lambda event: event.state is LinkState.SECURE)
        port.stop()


def test_a_reader_that_has_a_key_is_refused_and_keeps_it(tmp_path: Path) -> None:
    with bench(tmp_path, b"O" * 16) as (path, reader):
        with pytest.raises(CommissioningError, match="already has a key") as refused:
            commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)

        assert reader.key == b"O" * 16
        assert not refused.value.key_may_be_set
        assert KEYSET not in [packet.code for packet in reader.heard]


def test_nobody_there(tmp_path: Path) -> None:
    with bench(tmp_path) as (path, reader):
        reader.set_faults(ReaderFaults(dead=True))
        with pytest.raises(CommissioningError, match="No reader answers at address 1"):
            commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommissioningError, match="is not there"):
        commission(str(tmp_path / "A"), BAUD, 1, NEW_KEY, clock=CLOCK)


def test_a_key_has_sixteen_bytes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="16 bytes, not 5"):
        commission(str(tmp_path / "A"), BAUD, 1, b"short", clock=CLOCK)


@pytest.mark.parametrize(
    ("code", "answer", "sentence"),
    [
        (ID, says(Nak(3)), "does not say who it is"),
        (CAP, says(Capabilities(())), "cannot protect its line"),
        (CAP, lambda _asked: None, "stopped answering"),
        (CHLNG, lambda _asked: None, "stopped answering"),
        (SCRYPT, lambda _asked: None, "stopped answering"),
        (SCRYPT, says(Nak(6)), "already has a key"),
        (KEYSET, says(Busy()), "sent its key but does not prove it"),
    ],
)
def test_a_reader_that_does_not_go_along(tmp_path: Path, code: int, answer: Answer, sentence: str) -> None:
    assert sentence in str(failure(tmp_path, {code: answer}))


def test_a_refusal_of_the_key_in_the_clear_proves_nothing(tmp_path: Path) -> None:
    problem = failure(tmp_path, {KEYSET: says(Nak(9))})

    assert "did not take the new key" in str(problem)
    assert problem.key_may_be_set


def test_a_reader_that_forgets_its_key_at_once_is_not_called_commissioned(tmp_path: Path) -> None:
    with bench(tmp_path) as (path, reader):
        reader._keep = lambda peripheral: setattr(peripheral, "key", b"F" * 16)
        with pytest.raises(CommissioningError, match="does not prove it") as refused:
            commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)

    assert refused.value.key_may_be_set

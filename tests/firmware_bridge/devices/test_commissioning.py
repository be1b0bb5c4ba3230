"""A new reader gets its key once, inside the session made with the default key, and proves it."""

from pathlib import Path

import pytest

from firmware_bridge.controller.events import LinkState, ReaderLinkChanged
from firmware_bridge.devices import commissioning
from firmware_bridge.devices.commissioning import (
    CommissioningError,
    StayedError,
    Where,
    commission,
    key_of,
    move,
    rotate,
)
from firmware_bridge.devices.osdp_port import OsdpPort, ReaderSetup
from firmware_bridge.protocol.osdp.commands import SetCommunication
from firmware_bridge.protocol.osdp.replies import Ack, Capabilities, Communication, Nak
from firmware_bridge.simulator.config import CheckKind, ReaderConfig
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from firmware_bridge.simulator.peripheral_line import PeripheralLine
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World
from tests.firmware_bridge.devices.foreign_line import events, foreign_reader
from tests.firmware_bridge.devices.twisted_reader import (
    BAUD,
    CAP,
    CHLNG,
    CLOCK,
    COMSET,
    ID,
    KEYSET,
    SCRYPT,
    Answer,
    bench,
    says,
    says_nothing,
)

NEW_KEY = bytes(range(16))


def failure(
    folder: Path, twist: dict[int, Answer], key: bytes | None = None, *, first: dict[int, list[Answer]] | None = None
) -> CommissioningError:
    with bench(folder, key, twist, first=first) as (path, _), pytest.raises(CommissioningError) as refused:
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
    ],
)
def test_a_reader_that_does_not_go_along(tmp_path: Path, code: int, answer: Answer, sentence: str) -> None:
    assert sentence in str(failure(tmp_path, {code: answer}))


@pytest.mark.parametrize("answer", [says(Ack()), says(Nak(9)), says_nothing], ids=["ack", "refusal", "silence"])
@pytest.mark.parametrize("old", [None, b"O" * 16], ids=["first", "another"])
def test_whatever_a_reader_says_to_its_key_in_the_clear_it_is_asked_to_prove_it(
    tmp_path: Path, answer: Answer, old: bytes | None
) -> None:
    with bench(tmp_path, old, {KEYSET: answer}) as (path, reader):
        if old is None:
            commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)
        else:
            rotate(Where(path, BAUD, 1), old, NEW_KEY, clock=CLOCK)
        assert reader.key == NEW_KEY
        assert reader.secure


def test_a_refusal_of_the_key_in_the_clear_never_says_that_nothing_has_changed(tmp_path: Path) -> None:
    problem = failure(tmp_path, {}, first={KEYSET: [says(Nak(3))] * 9})

    assert "did not take the new key" in str(problem)
    assert "unchanged" not in str(problem)
    assert problem.key_may_be_set


def test_a_reader_that_forgets_its_key_at_once_is_not_called_commissioned(tmp_path: Path) -> None:
    with bench(tmp_path) as (path, reader):
        reader._keep = lambda peripheral: setattr(peripheral, "key", b"F" * 16)
        with pytest.raises(CommissioningError, match="does not prove it") as refused:
            commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)

    assert refused.value.key_may_be_set


@pytest.mark.parametrize("check", list(CheckKind))
def test_a_reader_with_any_check_gets_its_key_and_another(tmp_path: Path, check: CheckKind) -> None:
    with bench(tmp_path, check=check) as (path, reader):
        commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)
        rotate(Where(path, BAUD, 1), NEW_KEY, b"R" * 16, clock=CLOCK)

        assert reader.key == b"R" * 16
        assert reader.secure
        assert all(packet.security[:1] == b"\x17" for packet in reader.heard if packet.code == KEYSET)


# -- another key


OLD = b"O" * 16


def rotated(folder: Path, twist: dict[int, Answer], *, old: bytes = OLD) -> CommissioningError:
    with bench(folder, OLD, twist) as (path, _), pytest.raises(CommissioningError) as refused:
        rotate(Where(path, BAUD, 1), old, NEW_KEY, clock=CLOCK)
    return refused.value


def test_another_key_travels_under_the_old_one_and_the_default_key_is_never_used(tmp_path: Path) -> None:
    with bench(tmp_path, OLD) as (path, reader):
        rotate(Where(path, BAUD, 1), OLD, NEW_KEY, clock=CLOCK)

        assert reader.key == NEW_KEY
        challenges = [packet.security for packet in reader.heard if packet.code == CHLNG]
        assert challenges == [b"\x11\x01"] * 2
        assert all(NEW_KEY not in packet.to_bytes() for packet in reader.heard)


def test_a_foreign_reader_takes_another_key() -> None:
    with foreign_reader(OLD) as reader:
        rotate(Where(reader.path, BAUD, 1), OLD, NEW_KEY, clock=CLOCK)
        assert key_of(Where(reader.path, BAUD, 1), [OLD, NEW_KEY], clock=CLOCK) == NEW_KEY


def test_whoever_has_not_the_old_key_is_not_told_the_new_one(tmp_path: Path) -> None:
    problem = rotated(tmp_path, {}, old=b"X" * 16)

    assert "does not have the key that this bridge keeps" in str(problem)
    assert not problem.key_may_be_set


def test_which_key_a_reader_has_is_found_out(tmp_path: Path) -> None:
    with bench(tmp_path, OLD) as (path, reader):
        where = Where(path, BAUD, 1)
        assert key_of(where, [NEW_KEY, OLD], clock=CLOCK) == OLD
        assert key_of(where, [NEW_KEY], clock=CLOCK) is None
        assert KEYSET not in [packet.code for packet in reader.heard]


# -- another address or speed


@pytest.mark.parametrize("key", [None, OLD], ids=["new", "with a key"])
def test_a_reader_moves_and_proves_itself_at_its_new_place(tmp_path: Path, key: bytes | None) -> None:
    with bench(tmp_path, key) as (path, reader):
        moved = move(Where(path, BAUD, 1), 9, 38400, key, clock=CLOCK)

        assert (reader.address, reader.baud) == (9, 38400)
        assert (moved.address, moved.baud, moved.proved) == (9, 38400, key is not None)
        assert reader.secure is (key is not None)
        assert all(packet.security[:1] == b"\x17" for packet in reader.heard if packet.code == COMSET)


def test_a_reader_with_another_key_is_not_moved(tmp_path: Path) -> None:
    with bench(tmp_path, OLD) as (path, reader):
        with pytest.raises(CommissioningError, match="does not have the key"):
            move(Where(path, BAUD, 1), 9, BAUD, NEW_KEY, clock=CLOCK)
        assert reader.address == 1


@pytest.mark.parametrize("answer", [says(Nak(3)), says_nothing], ids=["refused", "not heard"])
@pytest.mark.parametrize("key", [None, OLD], ids=["new", "with a key"])
def test_a_reader_that_will_not_move_is_looked_for_and_said_to_be_where_it_was(
    tmp_path: Path, key: bytes | None, answer: Answer
) -> None:
    with bench(tmp_path, key, first={COMSET: [answer] * 9}) as (path, reader):
        with pytest.raises(StayedError, match="is where it was"):
            move(Where(path, BAUD, 1), 9, 38400, key, clock=CLOCK)
        assert (reader.address, reader.baud) == (1, BAUD)


@pytest.mark.parametrize("answer", [says(Nak(3)), says(Ack()), says_nothing], ids=["refusal", "ack", "silence"])
@pytest.mark.parametrize("key", [None, OLD], ids=["new", "with a key"])
def test_a_reader_that_moves_without_saying_so_is_found(tmp_path: Path, key: bytes | None, answer: Answer) -> None:
    with bench(tmp_path, key, {COMSET: answer}) as (path, _):
        moved = move(Where(path, BAUD, 1), 9, 38400, key, clock=CLOCK)
        assert (moved.address, moved.baud, moved.proved) == (9, 38400, key is not None)


def test_a_reader_that_can_only_go_at_another_speed_is_found_there(tmp_path: Path) -> None:
    with bench(tmp_path) as (path, reader):
        reader.obeys_otherwise = {SetCommunication: Communication(9, 19200)}
        moved = move(Where(path, BAUD, 1), 9, 38400, None, clock=CLOCK)
        assert (moved.address, moved.baud) == (9, 19200)


def test_a_reader_that_answers_at_neither_place_is_not_said_to_be_at_one(tmp_path: Path) -> None:
    with bench(tmp_path, OLD, {COMSET: says_nothing}) as (path, reader):
        reader._keep = lambda peripheral: peripheral.set_faults(ReaderFaults(dead=True))
        with pytest.raises(CommissioningError, match="answers neither there nor where it was") as lost:
            move(Where(path, BAUD, 1), 9, BAUD, OLD, clock=CLOCK)
    assert lost.value.key_may_be_set


def test_the_same_move_again_finds_a_reader_that_has_moved_by_its_key_only(tmp_path: Path) -> None:
    with bench(tmp_path, OLD) as (path, reader):
        reader.address = 9
        moved = move(Where(path, BAUD, 1), 9, BAUD, OLD, clock=CLOCK)
        assert (moved.address, moved.proved) == (9, True)
        with pytest.raises(CommissioningError, match="No reader answers at address 1"):
            move(Where(path, BAUD, 1), 9, BAUD, NEW_KEY, clock=CLOCK)


def test_a_new_reader_that_has_moved_already_cannot_prove_it_and_is_told_of(tmp_path: Path) -> None:
    with bench(tmp_path) as (path, reader):
        reader.address = 9
        with pytest.raises(CommissioningError, match=r"serial number 1.*answers at address 9.*it has moved already"):
            move(Where(path, BAUD, 1), 9, BAUD, None, clock=CLOCK)


def test_no_two_readers_get_one_address(tmp_path: Path) -> None:
    world = World((), CLOCK, RelayLog(None))
    both = [Peripheral(ReaderHead(ReaderConfig(number, "A", number), world), baud=BAUD) for number in (1, 2)]
    with Line(tmp_path / "A", BAUD, [PeripheralLine(both, world)], grain_s=0.001):
        with pytest.raises(CommissioningError, match="Another device answers at address 2"):
            move(Where(str(tmp_path / "A"), BAUD, 1), 2, BAUD, None, clock=CLOCK)
        assert both[0].address == 1


def test_a_reader_that_is_lost_on_its_way_is_looked_for_and_then_said_to_be_lost(tmp_path: Path) -> None:
    with bench(tmp_path) as (path, reader):
        reader._keep = lambda peripheral: setattr(peripheral, "address", 77)
        with pytest.raises(CommissioningError, match="answers neither there nor where it was") as lost:
            move(Where(path, BAUD, 1), 9, BAUD, None, clock=CLOCK)

    assert lost.value.key_may_be_set


def test_nothing_else_ever_hands_out_a_key_a_place_or_begins_with_the_default_key() -> None:
    package = Path(commissioning.__file__).parents[1]
    for text in ("SetKey(", "SetCommunication(", "own_key=False", "SCBK_D,"):
        users = {
            str(path.relative_to(package))
            for path in package.rglob("*.py")
            # Telling what somebody else was heard to say is no use of it.
            if text in path.read_text(encoding="utf-8").replace(f"case {text}", "") and "simulator" not in path.parts
        }
        assert users <= {"devices/commissioning.py", "protocol/osdp/handshake.py"}, (text, users)

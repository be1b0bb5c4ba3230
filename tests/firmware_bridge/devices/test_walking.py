"""A reader is gone through step by step: what a person did is seen, and what is wrong ends or marks it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.clock import SystemClock
from firmware_bridge.devices.commissioning import CommissioningError, commission
from firmware_bridge.devices.serial_line import open_line
from firmware_bridge.devices.walking import Bench, Outcome, Step, walk
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Capabilities, Capability, Function, Nak
from firmware_bridge.simulator.line import LineFaults
from firmware_bridge.simulator.peripheral import ReaderFaults
from tests.firmware_bridge.devices.bench_line import Listening, Reader, bench_line

BAUD = 115200
KEY = b"K" * 16
OK, FAILED, NOT_SEEN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_SEEN


class Hands:
    """Does with the reader what it is told to, or nothing at all."""

    def __init__(self, reader: Listening | None = None, *, eyes: bool = True) -> None:
        self.attended = reader is not None
        self._reader = reader
        self._eyes = eyes
        self.asked: list[str] = []

    def tell(self, sentence: str) -> None:
        if self._reader is None:
            return
        if "card" in sentence:
            self._reader.head.present(Bits(0x1234567, 26))
        else:
            self._reader.head.set_tampered(tampered="Open" in sentence)

    def confirm(self, question: str) -> bool:
        self.asked.append(question)
        return self._eyes


class Keys:
    """What the bridge keeps for the reader."""

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        self.kept = key
        self._path = path

    def key(self) -> bytes | None:
        return self.kept

    def give(self) -> str:
        commission(str(self._path), BAUD, 1, KEY, clock=SystemClock())
        self.kept = KEY
        return "the reader has its key and proved it."


def gone_through(path: Path, keys: Keys, hands: Hands, patience_s: float = 20.0) -> list[Step]:
    bench = Bench(str(path), BAUD, 1, partial(open_line, str(path)), keys.key, keys.give, patience_s)
    return list(walk(bench, hands, clock=SystemClock()))


def outcomes(steps: list[Step]) -> dict[str, Outcome]:
    return {step.name: step.outcome for step in steps}


def test_a_new_reader_with_somebody_at_the_wall(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1)]) as (_, (reader,)):
        hands = Hands(reader)
        steps = gone_through(tmp_path / "A", Keys(tmp_path / "A"), hands)
        assert reader.key == KEY
    names = ["found", "who", "wiring", "key", "proof", "card", "light", "tamper"]
    assert outcomes(steps) == dict.fromkeys(names, OK)
    said = "\n".join(step.sentence for step in steps)
    assert "serial number 1" in said
    assert "20 of 20 questions were answered" in said
    assert "A card of 26 bits was read." in said
    assert "light and buzzer" in hands.asked[0]
    assert f"{0x1234567:b}" not in said


def test_a_reader_that_has_its_key_with_nobody_there(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1, key=KEY)]):
        steps = gone_through(tmp_path / "A", Keys(tmp_path / "A", KEY), Hands(), patience_s=0.3)
    assert outcomes(steps) == {
        **dict.fromkeys(("found", "who", "wiring", "key", "proof"), OK),
        **dict.fromkeys(("card", "light", "tamper"), NOT_SEEN),
    }
    assert steps[5].sentence == "No card was read; nobody was asked to try."


def test_eyes_that_see_nothing(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1, key=KEY)]) as (_, (reader,)):
        steps = gone_through(tmp_path / "A", Keys(tmp_path / "A", KEY), Hands(reader, eyes=False))
    assert outcomes(steps)["light"] is FAILED


def test_hands_that_do_nothing(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1, key=KEY)]):
        hands = Hands()
        hands.attended = True
        steps = gone_through(tmp_path / "A", Keys(tmp_path / "A", KEY), hands, patience_s=0.3)
    assert (outcomes(steps)["card"], outcomes(steps)["tamper"]) == (FAILED, FAILED)


def unprotected(asked: Packet) -> Packet:
    can = Capabilities((Capability(Function.INPUTS, 1, 1),))
    return Packet(asked.address, asked.sequence, can.CODE, can.to_bytes(), reply=True)


def shy(asked: Packet) -> Packet:
    return Packet(asked.address, asked.sequence, Nak.CODE, Nak(3).to_bytes(), reply=True)


class Twisted(Listening):
    """A reader whose answers to one command are replaced."""

    twist: tuple[int, Callable[[Packet], Packet]] | None = None

    def receive(self, packet: Packet, now_s: float) -> bytes | None:
        answer = super().receive(packet, now_s)
        if answer is not None and self.twist is not None and packet.code == self.twist[0]:
            return self.twist[1](packet).to_bytes()
        return answer


@pytest.mark.parametrize(
    ("code", "twist", "last", "sentence"),
    [
        (0x61, shy, "who", "does not say who it is (it does not know the question)"),
        (0x62, unprotected, "key", "cannot protect its line"),
        (0x62, shy, "key", ""),
    ],
)
def test_a_reader_that_cannot_be_used(
    tmp_path: Path, code: int, twist: Callable[[Packet], Packet], last: str, sentence: str
) -> None:
    with bench_line(tmp_path / "A", [Reader(1)], kind=Twisted) as (_, (reader,)):
        assert isinstance(reader, Twisted)
        reader.twist = (code, twist)
        steps = gone_through(tmp_path / "A", Keys(tmp_path / "A"), Hands())
    assert (steps[-1].name, steps[-1].outcome) == (last, FAILED)
    assert sentence in " ".join(step.sentence for step in steps)


def test_nobody_there_or_two_at_once(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(2)]):
        (step,) = gone_through(tmp_path / "A", Keys(tmp_path / "A"), Hands())
        assert (step.outcome, "Nobody answers" in step.sentence) == (FAILED, True)
    with bench_line(tmp_path / "A", [Reader(1), Reader(1)]):
        (step,) = gone_through(tmp_path / "A", Keys(tmp_path / "A"), Hands())
        assert (step.outcome, "unreadably" in step.sentence) == (FAILED, True)


def test_a_bad_cable_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1, key=KEY)]) as (line, (reader,)):
        hands = Hands(reader)
        steps = []
        bench = Bench(
            str(tmp_path / "A"), BAUD, 1, partial(open_line, str(tmp_path / "A")), lambda: KEY, lambda: "", 20.0
        )
        for step in walk(bench, hands, clock=SystemClock()):
            steps.append(step)
            line.set_faults(LineFaults(drop=0.05) if step.name == "who" else LineFaults())
    assert outcomes(steps)["wiring"] is FAILED
    assert "Check the cable" in steps[2].sentence
    assert outcomes(steps)["card"] is OK


def test_a_reader_with_another_key_proves_nothing(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1, key=b"other key 123456")]):
        steps = gone_through(tmp_path / "A", Keys(tmp_path / "A", KEY), Hands())
    assert (steps[-1].name, steps[-1].outcome) == ("proof", FAILED)
    assert "does not have the key" in steps[-1].sentence


def test_a_reader_that_takes_no_key(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1, key=b"other key 123456")]):
        steps = gone_through(tmp_path / "A", Keys(tmp_path / "A"), Hands())
    assert (steps[-1].name, steps[-1].outcome) == ("key", FAILED)
    assert "already has a key" in steps[-1].sentence
    assert issubclass(CommissioningError, Exception)


def test_a_reader_that_refuses_its_light(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1, key=KEY)]) as (_, (reader,)):
        steps = []
        bench = Bench(
            str(tmp_path / "A"), BAUD, 1, partial(open_line, str(tmp_path / "A")), lambda: KEY, lambda: "", 0.3
        )
        for step in walk(bench, Hands(), clock=SystemClock()):
            steps.append(step)
            if step.name == "card":
                reader.set_faults(ReaderFaults(nak=9))
    assert outcomes(steps)["light"] is FAILED
    assert "The reader refused its" in next(step.sentence for step in steps if step.name == "light")

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import serial

from firmware_bridge.simulator.line import Heard, Line, LineFaults, PathTakenError, Transmission


class Parrot:
    """A device that says everything again, and remembers at which speed it heard it."""

    def __init__(self) -> None:
        self.bauds: list[int] = []

    def receive(self, heard: Heard) -> Sequence[Transmission]:
        self.bauds.append(heard.baud)
        return (Transmission(heard.data, heard.ended_s),)


def port_of(line: Line, baud: int = 115200, timeout: float = 5) -> serial.Serial:
    return serial.Serial(str(line.path), baud, timeout=timeout, exclusive=True)


def test_a_question_and_its_answer_take_the_time_of_their_bytes(tmp_path: Path) -> None:
    with Line(tmp_path / "A", 9600, [Parrot()]) as line, port_of(line, 9600) as port:
        began = time.perf_counter()
        port.write(b"x" * 48)
        assert port.read(48) == b"x" * 48
        took = time.perf_counter() - began
    assert took >= 0.1, "96 bytes at 9600 baud cannot be faster"


def test_any_byte_passes_unchanged(tmp_path: Path) -> None:
    everything = bytes(range(256))
    with Line(tmp_path / "A", 115200, [Parrot()]) as line, port_of(line) as port:
        port.write(everything)
        assert port.read(256) == everything


def test_the_line_outlives_a_bridge_that_closes_and_opens_it(tmp_path: Path) -> None:
    with Line(tmp_path / "A", 115200, [Parrot()]) as line:
        for word in (b"first", b"second"):
            with port_of(line) as port:
                port.write(word)
                assert port.read(len(word)) == word


def test_a_bridge_that_opens_at_another_speed_is_heard_at_that_speed(tmp_path: Path) -> None:
    parrot = Parrot()
    with Line(tmp_path / "A", 115200, [parrot]) as line, port_of(line, 38400) as port:
        port.write(b"?")
        port.read(1)
    assert parrot.bauds == [38400]


def test_a_cut_line_is_silent_and_comes_back(tmp_path: Path) -> None:
    with Line(tmp_path / "A", 115200, [Parrot()]) as line, port_of(line, timeout=0.2) as port:
        line.set_faults(LineFaults(cut=True))
        port.write(b"lost")
        assert port.read(4) == b""
        line.set_faults(LineFaults())
        port.write(b"back")
        assert port.read(4) == b"back"
        assert line.faults == LineFaults()


def test_a_device_may_speak_unasked(tmp_path: Path) -> None:
    with Line(tmp_path / "A", 115200, half_duplex=False) as line, port_of(line) as port:
        line.transmit(b"hello\r")
        assert port.read(6) == b"hello\r"


def test_a_device_may_live_behind_a_descriptor(tmp_path: Path) -> None:
    class Behind:
        """Hands everything to a pipe; what comes out of it is the answer."""

        def __init__(self) -> None:
            self.out, self.into = os.pipe()

        def receive(self, heard: Heard) -> Sequence[Transmission]:
            os.write(self.into, heard.data.upper())
            return ()

        def fileno(self) -> int:
            return self.out

        def readable(self, now_s: float) -> Sequence[Transmission]:
            return (Transmission(os.read(self.out, 100), now_s),)

    behind = Behind()
    with Line(tmp_path / "A", 115200, [behind]) as line, port_of(line) as port:
        port.write(b"hello")
        assert port.read(5) == b"HELLO"
    os.close(behind.out)
    os.close(behind.into)


def test_an_idle_line_uses_no_processor_time(tmp_path: Path) -> None:
    with Line(tmp_path / "A", 115200, [Parrot()]):
        before = time.process_time()
        time.sleep(0.3)
        assert time.process_time() - before < 0.1


def test_a_path_in_use_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with (
        Line(tmp_path / "A", 9600),
        pytest.raises(PathTakenError, match="another simulator that is running"),
        Line(tmp_path / "A", 9600),
    ):
        pass


def test_a_file_at_the_path_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "A").write_text("my thesis")
    with pytest.raises(PathTakenError, match="exists and is not a simulated line"), Line(tmp_path / "A", 9600):
        pass
    assert (tmp_path / "A").read_text() == "my thesis"


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(PathTakenError, match="No such file"), Line(tmp_path / "nowhere" / "A", 9600):
        pass


def test_the_link_left_by_a_killed_simulator_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "A").symlink_to("/dev/pts/999999")
    with Line(tmp_path / "A", 115200, [Parrot()]) as line, port_of(line) as port:
        port.write(b"x")
        assert port.read(1) == b"x"
    assert list(tmp_path.iterdir()) == []


def test_a_speed_that_no_line_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a speed"):
        Line(tmp_path / "A", 12345)


def test_stopping_a_line_that_never_started_is_harmless(tmp_path: Path) -> None:
    Line(tmp_path / "A", 9600).stop()

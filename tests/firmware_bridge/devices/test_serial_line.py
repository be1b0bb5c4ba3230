"""Opening a serial port: what is wrong is said in a sentence that an installer understands."""

import errno
import os
import pty
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from firmware_bridge.config import Echo, LineOptions, LinePath
from firmware_bridge.devices.serial_line import LineUnavailableError, open_line


@pytest.fixture
def ends() -> Iterator[tuple[int, str]]:
    """The far end of a line, and the path of the near one."""
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    yield master, path
    for fd in (master, slave):
        try:
            os.close(fd)
        except OSError:
            continue


def test_bytes_pass_both_ways(ends: tuple[int, str]) -> None:
    master, path = ends
    with open_line(path, 9600) as line:
        line.write(b"\x53\x00")
        assert os.read(master, 10) == b"\x53\x00"
        assert not line.readable_within(0.0)

        os.write(master, b"\x53\x80")
        assert line.readable_within(5.0)
        assert line.read() == b"\x53\x80"


def test_the_speed_is_set_and_nothing_is_translated(ends: tuple[int, str]) -> None:
    master, path = ends
    with open_line(path, 38400) as line:
        assert termios.tcgetattr(line.fileno())[5] == termios.B38400
        os.write(master, b"\r\n\x11\x13\xff")
        assert line.readable_within(5.0)
        assert line.read() == b"\r\n\x11\x13\xff"


def test_a_missing_port(tmp_path: Path) -> None:
    with pytest.raises(LineUnavailableError, match=r"is not there\. Plug the adapter in"):
        open_line(str(tmp_path / "none"), 9600)


def test_a_port_whose_driver_fails_while_it_is_opened_is_one_that_cannot_be_used(
    ends: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = ends

    def fails(*_: object) -> None:
        raise termios.error(errno.EIO, "Input/output error")

    monkeypatch.setattr(termios, "tcsetattr", fails)
    with pytest.raises(LineUnavailableError, match=r"cannot be used as a serial port .*Input/output error"):
        open_line(path, 9600)
    monkeypatch.undo()
    open_line(path, 9600).close()


def test_a_taken_port(ends: tuple[int, str]) -> None:
    _, path = ends
    with open_line(path, 9600), pytest.raises(LineUnavailableError, match="used by another program"):
        open_line(path, 9600)


def test_a_file_is_no_port(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")

    with pytest.raises(LineUnavailableError, match="cannot be used as a serial port"):
        open_line(str(path), 9600)


def test_an_impossible_speed(ends: tuple[int, str]) -> None:
    with pytest.raises(LineUnavailableError, match="cannot work at -1 baud"):
        open_line(ends[1], -1)


def test_a_forbidden_port(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_args: object, **_kwargs: object) -> None:
        raise serial.SerialException(errno.EACCES, "no")

    monkeypatch.setattr(serial, "Serial", forbidden)

    with pytest.raises(LineUnavailableError, match="Add its user to the group"):
        open_line("/dev/ttyUSB0", 9600)


def test_a_port_that_the_service_manager_keeps_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unlike a group that is missing, which is EACCES."""

    def kept_away(*_args: object, **_kwargs: object) -> None:
        raise serial.SerialException(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(serial, "Serial", kept_away)

    with pytest.raises(LineUnavailableError, match=r"driver was loaded after.*systemctl restart firmware-bridge"):
        open_line("/dev/ttyUSB0", 9600)


def test_a_port_that_goes_away(ends: tuple[int, str]) -> None:
    master, path = ends
    with open_line(path, 9600) as line:
        os.close(master)
        assert line.readable_within(5.0)
        with pytest.raises(LineUnavailableError, match="has gone"):
            line.read()
        with pytest.raises(LineUnavailableError, match="has gone"):
            line.write(b"x")


def test_a_line_that_takes_no_more_loses_bytes_and_does_not_block(ends: tuple[int, str]) -> None:
    _, path = ends
    with open_line(path, 9600) as line:
        for _ in range(100):
            line.write(bytes(4096))


def test_an_echo_that_comes_back_changed_is_counted_and_told_now_and_then(
    ends: tuple[int, str], caplog: pytest.LogCaptureFixture
) -> None:
    master, path = ends
    with open_line(LinePath(path, LineOptions(echo=Echo.YES)), 9600) as line:
        for _ in range(12):
            line.write(b"\x53\x01\x02")
            os.write(master, b"\x53\x01\xff")
            assert line.readable_within(5.0)
            assert line.read() == b"\x53\x01\xff"
        assert line.collisions == 12
        line.write(b"\x53\x01\x02")
        os.write(master, b"\x53\x01\x02\x53\x81")
        assert line.readable_within(5.0)
        assert line.read() == b"\x53\x81"
        assert line.hears_itself
    assert [record.getMessage() for record in caplog.records] == [
        f"On {path} somebody else sends while the bridge does ({count} times since it was opened). "
        "Check addresses and termination."
        for count in (1, 10)
    ]

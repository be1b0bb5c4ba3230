"""Who has a port is named, and what a killed program leaves."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_bridge.devices import serial_line
from firmware_bridge.devices.port_holders import Holder, holders
from firmware_bridge.devices.serial_line import LineUnavailableError, open_line

KEEPS = "import sys, time\nfrom firmware_bridge.devices.serial_line import open_line\n"
KEEPS += "line = open_line(sys.argv[1], 9600)\nprint('open', flush=True)\ntime.sleep(600)\n"
TIOCGEXCL = 0x80045440


@pytest.fixture
def path() -> Iterator[str]:
    master, slave = pty.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


@contextmanager
def program_with(path: str) -> Iterator[subprocess.Popen[str]]:
    """Another bridge that has the port."""
    with subprocess.Popen([sys.executable, "-c", KEEPS, path], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        yield program
        program.kill()


def test_another_program_is_named_and_once_it_is_killed_the_port_is_free(path: str, tmp_path: Path) -> None:
    (tmp_path / "by-id").symlink_to(path)
    with program_with(path) as program:
        wanted = rf"is used by .+ \(process {program.pid}\)\. Stop that program\."
        with pytest.raises(LineUnavailableError, match=wanted):
            open_line(str(tmp_path / "by-id"), 9600)
        program.kill()
        program.wait()
    with open_line(path, 9600) as line:
        line.write(b"x")


def test_a_port_that_only_this_process_has_is_nobody_elses(path: str) -> None:
    with open_line(path, 9600):
        assert holders(path) == ()
    assert holders(path + "nowhere") == ()


def test_what_the_system_does_not_tell_is_left_out(path: str, tmp_path: Path) -> None:
    port = Path(path).stat()
    where = f"{os.major(port.st_dev):02x}:{os.minor(port.st_dev):02x}:{port.st_ino}"
    (tmp_path / "locks").write_text(
        f"1: FLOCK  ADVISORY  WRITE 4711 {where} 0 EOF\n"
        f"1: -> FLOCK  ADVISORY  WRITE 4712 {where} 0 EOF\n"
        "2: POSIX  ADVISORY  WRITE 4713 00:01:2 0 EOF\n"
        f"3: FLOCK  ADVISORY  WRITE 0 {where} 0 EOF\n"
    )
    (tmp_path / "12").mkdir()
    assert holders(path, tmp_path) == (Holder(4711, "a program"),)
    (tmp_path / "4711").mkdir()
    (tmp_path / "4711" / "comm").write_text("minicom\n")
    assert str(holders(path, tmp_path)[0]) == "minicom (process 4711)"


def exclusive(fd: int) -> bool:
    return bool(struct.unpack("=i", fcntl.ioctl(fd, TIOCGEXCL, bytes(4)))[0])


def test_a_port_of_the_machine_is_closed_to_programs_that_do_not_ask_for_the_lock(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_line(path, 9600) as line:
        assert not exclusive(line.fileno()), "the mark would outlive a killed bridge on a pseudo-terminal"
    monkeypatch.setattr(serial_line, "_PSEUDO", "/dev/never/")
    watching = os.open(path, os.O_RDWR | os.O_NOCTTY)
    with open_line(path, 9600):
        assert exclusive(watching)
    assert not exclusive(watching)
    os.close(watching)
    assert termios.TIOCEXCL


def test_a_program_that_has_a_port_open_without_asking_for_the_lock_is_found(tmp_path: Path) -> None:
    (tmp_path / "4711" / "fd").mkdir(parents=True)
    (tmp_path / "4711" / "fd" / "3").symlink_to(os.devnull)
    (tmp_path / "4711" / "fd" / "4").symlink_to(tmp_path / "gone")
    (tmp_path / "4712" / "fd").mkdir(parents=True)
    (tmp_path / "4712" / "fd" / "3").symlink_to("/dev/zero")
    assert [holder.pid for holder in holders(os.devnull, tmp_path)] == [4711]

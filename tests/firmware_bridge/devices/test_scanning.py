"""Readers are found over real paced bytes, at whatever speed and address, and never hear of a key."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from firmware_bridge.clock import SystemClock
from firmware_bridge.devices.describing import Protection, protection_of
from firmware_bridge.devices.scanning import Found, Noise, Progress, Search, scan
from firmware_bridge.devices.serial_line import LineUnavailableError, open_line
from firmware_bridge.protocol.osdp.frames import BROADCAST
from firmware_bridge.simulator.line import LineFaults
from firmware_bridge.simulator.peripheral import ReaderFaults
from tests.firmware_bridge.devices.bench_line import Reader, bench_line
from tests.firmware_bridge.devices.foreign_line import foreign_reader

CLOCK = SystemClock()
ID, CAP = 0x61, 0x62
SHORT_S = 0.15


def look(path: Path, *bauds: int, addresses: range = range(1, 4), reply_s: float = SHORT_S) -> list[Found | Noise]:
    steps = scan(partial(open_line, str(path)), Search(bauds, addresses, reply_s), clock=CLOCK)
    return [step for step in steps if not isinstance(step, Progress)]


def found_on(path: Path, *bauds: int, addresses: range = range(1, 4), reply_s: float = SHORT_S) -> list[Found]:
    return [step for step in look(path, *bauds, addresses=addresses, reply_s=reply_s) if isinstance(step, Found)]


def test_readers_at_two_speeds_are_found_and_described(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1), Reader(3, 9600, b"K" * 16)]) as (_, readers):
        found = {one.address: one for one in found_on(tmp_path / "A", 9600, 115200)}
        assert {address: one.baud for address, one in found.items()} == {1: 115200, 3: 9600}
        for number, address in enumerate((1, 3), 1):
            identity = found[address].identity
            assert identity is not None
            assert identity.serial == number
            assert (found[address].crc, found[address].checksum) == (True, True)
        assert protection_of(found[1].capabilities) is Protection.DEFAULT_KEY
        assert protection_of(found[3].capabilities) is Protection.OWN_KEY
        heard = [packet for reader in readers for packet in reader.heard]
        assert {packet.code for packet in heard} == {ID, CAP}
        assert not any(packet.security for packet in heard)
        assert all(packet.code == ID for packet in heard if packet.address == BROADCAST)


def test_a_speed_at_which_somebody_stirs_is_searched_first(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(0, 38400)]):
        steps = list(scan(partial(open_line, str(tmp_path / "A")), Search((9600, 38400), (0,), SHORT_S), clock=CLOCK))
    assert [step.baud for step in steps] == [38400, 38400, 9600]
    assert [step.done for step in steps if isinstance(step, Progress)] == [0, 1]


def test_two_readers_with_one_address_answer_unreadably(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(2), Reader(2), Reader(3)]):
        first, second = found_on(tmp_path / "A", 115200)
    assert (first.address, first.readable, first.identity) == (2, False, None)
    assert (second.address, second.readable) == (3, True)


def test_a_reader_that_knows_only_check_sums_and_one_that_knows_only_crc(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1, only_crc=False), Reader(2, only_crc=True)]):
        first, second = found_on(tmp_path / "A", 115200)
    assert (first.crc, first.checksum) == (False, True)
    assert (second.crc, second.checksum) == (True, False)
    assert first.capabilities is not None


def test_a_reader_that_answers_late_is_found_in_the_end(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1)]) as (_, (reader,)):
        reader.set_faults(ReaderFaults(slow_s=0.25))
        for addresses in (range(1, 4), range(2)):  # the last one as well
            (found,) = found_on(tmp_path / "A", 115200, addresses=addresses, reply_s=0.15)
            assert (found.address, found.readable) == (1, True)
            assert found.identity is not None


def test_a_reader_that_is_busy_or_will_not_say_who_it_is(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", [Reader(1), Reader(2)]) as (_, (busy, shy)):
        busy.set_faults(ReaderFaults(busy=4))
        shy.set_faults(ReaderFaults(nak=6))
        first, second = found_on(tmp_path / "A", 115200)
    assert first.identity is not None
    assert second.identity is None
    assert second.refusal is not None
    assert second.refusal.error == 6


@pytest.mark.parametrize("faults", [LineFaults(echo=True), LineFaults(byte_wise=True)], ids=["echo", "byte by byte"])
def test_adapters_as_they_are(tmp_path: Path, faults: LineFaults) -> None:
    with bench_line(tmp_path / "A", [Reader(1)]) as (line, _):
        line.set_faults(faults)
        assert [one.address for one in found_on(tmp_path / "A", 115200)] == [1]


def test_a_noisy_line_ends_the_search_of_its_speed(tmp_path: Path) -> None:
    with bench_line(tmp_path / "A", []) as (line, _):
        line.set_faults(LineFaults(noise_every_s=0.005))
        assert Noise(115200) in look(tmp_path / "A", 115200, addresses=range(20), reply_s=0.03)


def test_an_empty_line_is_done_within_the_time_that_was_announced(tmp_path: Path) -> None:
    search = Search((115200,), range(3), SHORT_S)
    with bench_line(tmp_path / "A", []):
        begun_s = CLOCK.monotonic_s()
        assert found_on(tmp_path / "A", 115200) == []
        assert CLOCK.monotonic_s() - begun_s > 0.9 * 9 * SHORT_S
    assert search.at_most_s() == pytest.approx(9 * SHORT_S, rel=0.1)
    assert Search().at_most_s() < 6 * 60


def test_a_foreign_reader_is_found() -> None:
    with foreign_reader(None) as reader:
        (found,) = found_on(Path(reader.path), 115200, addresses=range(3))
    assert (found.address, found.readable) == (1, True)
    assert found.identity is not None


def test_a_port_that_another_program_has_is_refused(tmp_path: Path) -> None:
    with (
        bench_line(tmp_path / "A", []),
        open_line(str(tmp_path / "A"), 115200),
        pytest.raises(LineUnavailableError, match="used by another program"),
    ):
        look(tmp_path / "A", 115200)

from __future__ import annotations

from datetime import timedelta
from typing import cast

from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import ClockJudged, StorageJudged
from firmware_bridge.runtime.notify import Notifier
from firmware_bridge.runtime.watch import Watch
from firmware_bridge.runtime.wiring import Wiring
from firmware_bridge.uplink.service_time import ServiceTime
from tests.building.clock import MONDAY, SetClock


class Looked:
    """A watch over nothing, and what it said."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.judged: list[bool] = []
        self.recorded: list[str] = []
        self.revived = 0
        self.ports_alive = True
        self.ports_hang: tuple[str, ...] = ()
        self.signs_of_life = 0
        self.storing = True
        self.storage: list[bool] = []
        self.watch = Watch(
            cast("Wiring", self),
            clock_trusted=True,
            newest_known=MONDAY,
            notifier=cast("Notifier", self),
            storing=lambda: self.storing,
        )

    def revive(self) -> None:
        self.revived += 1

    def all_alive(self) -> bool:
        return self.ports_alive

    def hanging(self) -> tuple[str, ...]:
        return self.ports_hang

    def alive(self) -> None:
        self.signs_of_life += 1

    def status(self, _: str) -> None:
        pass

    def after(self, mono_s: float, wall_s: float) -> None:
        self.clock.mono_s += mono_s
        self.clock.at += timedelta(seconds=wall_s)
        self.watch.look(self.clock.moment(), self._judge, self._record)

    def _judge(self, judged: ClockJudged | StorageJudged) -> None:
        if isinstance(judged, StorageJudged):
            self.storage.append(judged.works)
        else:
            self.judged.append(judged.trusted)

    def _record(self, record: RecordEvent) -> None:
        self.recorded.append(record.code)


def test_a_clock_that_goes_on_stays_trusted() -> None:
    looked = Looked()
    for wall_s in (1, 2, 3600, -4, 10):
        looked.after(1, wall_s)
    assert (looked.judged, looked.recorded, looked.watch.clock_trusted) == ([], [], True)


def test_a_clock_that_was_set_back_is_not_believed_any_more_and_that_is_said_once() -> None:
    looked = Looked()
    for wall_s in (1, -600, 1, 1):
        looked.after(1, wall_s)
    assert (looked.judged, looked.recorded, looked.watch.clock_trusted) == ([False], ["CLOCK_SKEW"], False)


def test_a_port_whose_thread_cannot_be_revived_ends_the_signs_of_life() -> None:
    looked = Looked()
    looked.after(1, 1)
    looked.ports_alive = False
    looked.after(1, 1)
    looked.after(1, 1)
    assert (looked.revived, looked.signs_of_life) == (3, 1)
    looked.ports_alive = True
    looked.after(1, 1)
    assert looked.signs_of_life == 2


def test_a_port_whose_thread_hangs_ends_the_signs_of_life_and_is_told_once() -> None:
    looked = Looked()
    looked.after(1, 1)
    looked.ports_hang = ("A",)
    looked.after(1, 1)
    looked.after(1, 1)
    assert (looked.recorded, looked.signs_of_life) == (["CONTROLLER_FAULT"], 1)
    looked.ports_hang = ()
    looked.after(1, 1)
    assert looked.signs_of_life == 2


def test_it_looks_about_once_a_second() -> None:
    looked = Looked()
    for _ in range(40):
        looked.after(0.1, 0.1)
    assert 3 <= looked.revived <= 5


def compared(looked: Looked, *, off_s: float, took_s: float = 0.1) -> object:
    """Hold the clock beside a service whose time is ``off_s`` behind it."""
    asked = looked.clock.moment()
    looked.clock.go_on(took_s)
    heard = looked.clock.moment()
    service = asked.at + timedelta(seconds=took_s / 2 - off_s)
    return looked.watch.compare(ServiceTime(asked, heard, service), looked._judge, looked._record)


def test_the_services_time_proves_the_clock_and_is_kept_now_and_then() -> None:
    looked = Looked()
    looked.watch.clock_trusted = False
    assert compared(looked, off_s=0.5) is not None
    assert looked.judged == [True]
    assert compared(looked, off_s=0.5) is None
    looked.clock.go_on(61)
    assert compared(looked, off_s=-0.5) is not None
    assert looked.judged == [True]


def test_a_clock_that_is_off_is_believed_no_more() -> None:
    looked = Looked()
    assert compared(looked, off_s=60) is None
    assert compared(looked, off_s=60) is None
    assert looked.judged == [False]
    assert looked.recorded == ["CLOCK_SKEW"]
    looked.clock.go_on(5)
    compared(looked, off_s=0)
    assert looked.judged == [False, True]


def test_an_answer_that_took_long_proves_nothing() -> None:
    looked = Looked()
    looked.watch.clock_trusted = False
    assert compared(looked, off_s=0, took_s=20) is None
    assert looked.judged == []


def test_a_clock_far_ahead_that_was_never_believed_is_believed_once_it_is_right() -> None:
    looked = Looked()
    looked.watch.clock_trusted = False
    year_s = 365 * 86400.0
    looked.after(1, year_s)
    looked.after(1, 1 - year_s)
    assert compared(looked, off_s=0) is not None
    assert looked.judged == [True]


def test_a_service_before_what_is_stored_proves_nothing() -> None:
    looked = Looked()
    looked.watch.clock_trusted = False
    looked.clock.at -= timedelta(days=1)
    assert compared(looked, off_s=0) is None
    assert looked.judged == []


def test_a_disk_that_takes_nothing_is_told_once_and_so_is_its_end() -> None:
    looked = Looked()
    for storing in (True, False, False, True, True):
        looked.storing = storing
        looked.after(1, 1)
    assert looked.storage == [False, True]

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import ClockJudged, StorageJudged
from firmware_bridge.runtime.notify import Notifier
from firmware_bridge.runtime.watch import ClockStanding, Doubt, NotAccepted, ServiceSays, Watch
from firmware_bridge.runtime.wiring import Wiring
from firmware_bridge.store.clock_trust import ClockFinding, Said
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

    def after(self, mono_s: float, wall_s: float) -> ClockFinding | None:
        self.clock.mono_s += mono_s
        self.clock.at += timedelta(seconds=wall_s)
        return self.watch.look(self.clock.moment(), self._judge, self._record)

    def look_after(self, seconds: float) -> ClockFinding | None:
        return self.after(seconds, seconds)

    def stands(self) -> ClockStanding:
        return self.watch.standing(self.clock.moment())

    def accepted(self, *, confirmed: bool = False) -> ClockFinding | NotAccepted:
        return self.watch.accept(self.clock.moment(), "local:ina", self._judge, self._record, confirmed=confirmed)

    def _judge(self, judged: ClockJudged | StorageJudged) -> None:
        if isinstance(judged, StorageJudged):
            self.storage.append(judged.works)
        else:
            self.judged.append(judged.trusted)

    def _record(self, record: RecordEvent) -> None:
        self.recorded.append(record.code)


def test_a_clock_that_goes_on_stays_trusted() -> None:
    looked = Looked()
    for wall_s in (1, 2, 4, -2, 5):
        looked.after(1, wall_s)
    assert (looked.judged, looked.recorded, looked.watch.clock_trusted) == ([], [], True)


def test_a_clock_that_was_set_back_is_not_believed_any_more_and_that_is_said_once() -> None:
    looked = Looked()
    for wall_s in (1, -600, 1, 1):
        looked.after(1, wall_s)
    assert (looked.judged, looked.recorded, looked.watch.clock_trusted) == ([False], ["CLOCK_SKEW"], False)


HOURS_S = 9 * 3600.0


def test_a_clock_that_jumps_ahead_is_not_believed_before_anything_is_decided_by_it() -> None:
    looked = Looked()
    looked.after(1, 1)
    looked.clock.go_on(0.2)
    looked.clock.at += timedelta(seconds=HOURS_S)
    looked.watch.notice(looked.clock.moment(), looked._judge, looked._record)
    assert (looked.judged, looked.recorded) == ([False], ["CLOCK_SKEW"])
    for _ in range(3):
        looked.after(1, 1)
    assert (looked.judged, looked.recorded) == ([False], ["CLOCK_SKEW"])


@pytest.mark.parametrize("by_s", [HOURS_S, -HOURS_S])
def test_a_clock_that_is_back_where_it_should_be_is_believed_again_without_the_service(by_s: float) -> None:
    looked = Looked()
    looked.after(1, 1)
    looked.after(1, by_s)
    looked.after(600, 600)
    assert looked.judged == [False]
    looked.after(1, 2 - by_s)
    assert looked.judged == [False, True]
    looked.after(1, by_s)
    assert looked.judged == [False, True, False], "the next jump counts as well"


def test_a_jump_does_not_keep_the_right_time_from_being_proved_later() -> None:
    looked = Looked()
    looked.after(1, 1)
    looked.after(1, 10 * 365 * 86400.0)
    found = compared(looked, off_s=10 * 365 * 86400.0)
    assert found is not None
    assert found.said is Said.CONTRADICTED
    looked.after(1, 1 - 10 * 365 * 86400.0)
    assert looked.judged == [False], "what the service has contradicted, it has to prove"
    assert compared(looked, off_s=0) is not None
    assert looked.judged == [False, True]


def test_what_waited_in_a_queue_says_nothing_of_the_clock() -> None:
    looked = Looked()
    looked.after(1, 1)
    early = looked.clock.moment()
    looked.after(1, HOURS_S)
    looked.watch.notice(early, looked._judge, looked._record)
    assert looked.judged == [False]


def test_while_the_clock_is_believed_that_is_kept_about_once_a_minute_without_the_service_as_well() -> None:
    looked = Looked()
    kept = [looked.look_after(1) for _ in range(130)]
    assert [n for n, at in enumerate(kept) if at is not None] == [0, 60, 120]
    looked.after(1, HOURS_S)
    assert [looked.look_after(1) for _ in range(130)] == [None] * 130


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


def compared(looked: Looked, *, off_s: float, took_s: float = 0.1) -> ClockFinding | None:
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
    found = compared(looked, off_s=60)
    assert found is not None
    assert found.said is Said.CONTRADICTED, "a restart must not forget it"
    assert compared(looked, off_s=60) is None, "it is kept once"
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


YEAR_S = 365 * 86400.0


def a_year_ahead_and_back() -> Looked:
    """Service and bridge follow a wrong time server for a while, then both are right again."""
    looked = Looked()
    looked.after(1, 1)
    looked.after(1, YEAR_S)
    compared(looked, off_s=0)
    looked.look_after(60)
    assert looked.watch.clock_trusted
    looked.after(1, 1 - YEAR_S)
    assert not looked.watch.clock_trusted
    return looked


def test_the_right_time_before_one_that_was_believed_counts_once_a_person_says_so() -> None:
    looked = a_year_ahead_and_back()
    assert compared(looked, off_s=0) is None, "never by itself"
    stands = looked.stands()
    assert (stands.doubt, stands.service, round(stands.off_s / YEAR_S, 3)) == (Doubt.BEFORE, ServiceSays.AGREES, -1)
    found = looked.accepted()
    assert found == ClockFinding(looked.clock.moment(), Said.ACCEPTED)
    assert (looked.recorded[-1], looked.judged[-1]) == ("CLOCK_ACCEPTED", True)
    assert looked.look_after(1) == ClockFinding(looked.clock.moment(), Said.PROVED)
    assert compared(looked, off_s=0) is None
    assert looked.watch.clock_trusted
    assert looked.accepted() is NotAccepted.BELIEVED


def test_without_the_service_a_person_has_to_confirm_that_the_clock_is_right() -> None:
    looked = a_year_ahead_and_back()
    looked.look_after(11)
    assert looked.stands().service is ServiceSays.SILENT
    assert looked.accepted() is NotAccepted.UNCONFIRMED
    assert not looked.watch.clock_trusted
    assert isinstance(looked.accepted(confirmed=True), ClockFinding)
    assert looked.watch.clock_trusted


def test_nobody_can_confirm_what_the_service_contradicts() -> None:
    looked = a_year_ahead_and_back()
    compared(looked, off_s=60)
    assert looked.stands().doubt is Doubt.SERVICE
    assert looked.accepted(confirmed=True) is NotAccepted.CONTRADICTED
    assert "CLOCK_ACCEPTED" not in looked.recorded


def test_that_the_service_agreed_before_a_jump_says_nothing_of_the_clock_after_it() -> None:
    looked = Looked()
    compared(looked, off_s=0)
    looked.after(1, HOURS_S)
    assert looked.stands().service is ServiceSays.DIFFERS
    looked.look_after(10)
    assert (looked.stands().doubt, looked.stands().off_s) == (Doubt.JUMPED, HOURS_S - 1)


def test_a_start_goes_on_from_when_the_clock_was_last_believed() -> None:
    looked = Looked()
    before = looked.clock.moment()
    looked.clock.go_on(600)
    looked.clock.at += timedelta(hours=9)
    looked.watch = Watch(cast("Wiring", looked), clock_trusted=False, newest_known=MONDAY, believed_at=before)
    looked.after(1, 1)
    assert (looked.judged, looked.stands().doubt) == ([], Doubt.JUMPED)
    looked.after(1, 1 - HOURS_S)
    assert looked.judged == [True]


def test_a_disk_that_takes_nothing_is_told_once_and_so_is_its_end() -> None:
    looked = Looked()
    for storing in (True, False, False, True, True):
        looked.storing = storing
        looked.after(1, 1)
    assert looked.storage == [False, True]

from __future__ import annotations

import threading
from functools import partial

import pytest

from firmware_bridge.runtime import keeper as keeper_module
from firmware_bridge.runtime.keeper import Keeper
from tests.building.clock import SetClock
from tests.building.processes import until


def started() -> Keeper:
    keeper = Keeper()
    keeper.start()
    return keeper


def test_what_is_kept_is_written_in_order() -> None:
    keeper = started()
    written: list[int] = []
    for number in range(50):
        keeper.keep(partial(written.append, number), wait_s=0.0)
    keeper.stop()
    assert written == list(range(50))


def test_a_slow_disk_is_not_waited_for() -> None:
    keeper = started()
    going = threading.Event()

    def write() -> None:
        going.wait(30)

    task = keeper.keep(write, wait_s=0.01)
    assert not task.done.is_set()
    assert task.outcome == "It is not on the disk yet."
    going.set()
    keeper.stop()
    assert task.outcome == ""


def test_what_the_disk_did_not_take_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "RETRY_S", 0.01)
    keeper = started()
    tries: list[int] = []

    def write() -> None:
        tries.append(1)
        if len(tries) < 4:
            raise OSError(28, "No space left on device")

    task = keeper.keep(write, wait_s=30)
    assert "No space left" in task.outcome
    assert keeper.behind
    until(lambda: not task.outcome, "it is written in the end")
    assert len(tries) == 4
    until(lambda: not keeper.behind, "nothing waits any more")
    keeper.stop()


def test_a_disk_that_hangs_holds_up_whoever_waits_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    real = threading.Event.wait

    def wait(event: threading.Event, timeout: float | None = None) -> bool:
        if threading.current_thread() is threading.main_thread():
            waits.append(timeout)
        return real(event, timeout)

    keeper = started()
    going = threading.Event()

    def hangs() -> None:
        going.wait(30)

    with monkeypatch.context() as watched:
        watched.setattr(threading.Event, "wait", wait)
        for _ in range(100):
            keeper.keep(hangs, wait_s=0.02)
        assert sum(seconds or 0 for seconds in waits) <= 0.04
    going.set()
    until(lambda: not keeper._slow, "the disk keeps up again")
    assert keeper.keep(lambda: None, wait_s=30).done.is_set()
    keeper.stop()


@pytest.mark.parametrize("then", ["stop", "write"])
def test_when_there_is_room_again_the_older_thing_is_written_first(then: str) -> None:
    keeper = started()
    written: list[str] = []
    full = True

    def write(what: str) -> None:
        if full:
            raise OSError(28, "No space left on device")
        written.append(what)

    assert keeper.keep(partial(write, "lockdown"), wait_s=30).outcome
    full = False
    if then == "write":
        keeper.keep(partial(write, "used pass"), wait_s=30)
    keeper.stop()
    assert written == (["lockdown", "used pass"] if then == "write" else ["lockdown"])


def test_what_is_handed_over_is_heard_out_unless_the_disk_has_just_been_waited_for_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeper_module, "HANDED_S", 30.0)
    keeper = started()
    hand_over, going = keeper.hand_over, threading.Event()

    def hang() -> None:
        going.wait(60)

    assert hand_over(lambda: None) == ""
    with monkeypatch.context() as impatient:
        impatient.setattr(keeper_module, "HANDED_S", 0.05)
        assert hand_over(hang) == "It is not on the disk yet."
    written: list[int] = []
    assert hand_over(partial(written.append, 1)) == "It is not on the disk yet.", "nobody waits twice"
    assert keeper.behind
    going.set()
    until(lambda: written == [1], "what waited is written in the end")
    assert not keeper.behind
    assert hand_over(partial(written.append, 2)) == ""
    keeper.stop()


def test_a_disk_that_hangs_is_told_also_where_only_the_doors_thread_gave_it_something() -> None:
    clock = SetClock()
    keeper = Keeper(clock)
    keeper.start()
    going = threading.Event()
    began = threading.Event()

    def hang() -> None:
        began.set()
        going.wait(60)

    task = keeper.keep(hang, wait_s=0.0)
    assert began.wait(30)
    assert not keeper.behind
    clock.go_on(keeper_module.HANDED_S + 0.1)
    assert keeper.behind
    going.set()
    assert task.done.wait(30)
    until(lambda: not keeper.behind, "it keeps up again")
    keeper.stop()


@pytest.mark.parametrize("again", ["stop", "later"])
def test_what_is_newer_of_its_kind_is_never_replaced_by_what_is_older(
    again: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "RETRY_S", 0.01)
    keeper = started()
    full = {"orders", "fire"}
    door: list[str] = []
    tried = threading.Event()

    def orders() -> None:
        if "orders" in full:
            tried.set()
            raise OSError(28, "No space left on device")

    def fire(what: str) -> None:
        if "fire" in full:
            raise OSError(28, "No space left on device")
        door.append(what)

    assert keeper.keep(orders, wait_s=30).outcome
    assert keeper.keep(partial(fire, "held"), wait_s=30, kind=("fire", 1)).outcome
    assert keeper.keep(partial(fire, "held as well"), wait_s=30, kind=("fire", 2)).outcome
    full.discard("fire")  # a little room: what is small fits, what is large does not
    assert not keeper.keep(partial(fire, "over"), wait_s=30, kind=("fire", 1)).outcome
    if again == "later":
        until(lambda: "held as well" in door, "what is of another kind is written")
        tried.clear()
        assert tried.wait(30)
    keeper.stop()
    assert sorted(door) == ["held as well", "over"]


def test_what_the_disk_never_takes_keeps_nothing_else_from_being_tried_again() -> None:
    clock = SetClock()
    keeper = Keeper(clock)
    keeper.start()
    full = True
    written: list[int] = []

    def never() -> None:
        raise OSError(27, "File too large")

    def write() -> None:
        if full:
            raise OSError(28, "No space left on device")
        written.append(1)

    assert keeper.keep(never, wait_s=30).outcome
    assert keeper.keep(write, wait_s=30).outcome
    full = False
    clock.go_on(keeper_module.RETRY_S)
    # The queue never falls empty for long enough, so that there is no pause in which to try.
    keeper.keep(lambda: None, wait_s=30)
    assert written == [1]
    keeper.stop()

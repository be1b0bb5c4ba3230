"""The board tells only what is proved, and its numbers add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.model import EmergencyAction
from access_control.core.decision.slots import Effect
from access_control.database.engine import Database
from access_control.emergency.board import Board, Result, make_board, read_board
from access_control.emergency.errors import NoSuchDirectiveError
from access_control.emergency.progress import BridgeNow, DoorNow, Judged, Progress
from access_control.emergency.school import Running
from tests.building.emergencies import AT, DIRECTIVE, MAIN_BRIDGE, SOUTH_BRIDGE, directive, school

JUDGED = st.sampled_from([None, *Judged])


def door_now(judged: Judged | None, **more: object) -> DoorNow:
    said = {"judged": judged, "why": "", "position": "closed", "command": "lock", "proved": True}
    return DoorNow(**(said | more))  # type: ignore[arg-type] # the defaults above have the right types


def bridge(age_s: float = 0.5, **doors: DoorNow) -> BridgeNow:
    named = {int(name.removeprefix("door")): now for name, now in doors.items()}
    return BridgeNow(age_s, fresh=age_s <= 10, holds=True, doors=named)


def board(progress: Progress, after_s: float = 5, running: Running | None = None) -> Board:
    running = running or Running(directive(), "A. Rivera")
    return make_board(AT + timedelta(seconds=after_s), school(directive()), running, progress)


def results(made: Board) -> dict[str, str]:
    return {cell.door.number: cell.result.value for cell in made.cells}


@st.composite
def progresses(draw: st.DrawFn) -> Progress:
    doors = {1: MAIN_BRIDGE, 2: MAIN_BRIDGE, 3: MAIN_BRIDGE, 4: SOUTH_BRIDGE, 5: SOUTH_BRIDGE}
    known = {
        name: BridgeNow(
            age_s=(age := draw(st.one_of(st.none(), st.floats(0, 30)))),
            fresh=age is not None and age <= 10,
            holds=draw(st.booleans()),
            doors={
                door: door_now(draw(JUDGED), position=draw(st.sampled_from(["open", "closed", "unknown"])))
                for door, at in doors.items()
                if at == name and draw(st.booleans())
            },
        )
        for name in (MAIN_BRIDGE, SOUTH_BRIDGE)
        if draw(st.booleans())
    }
    first = draw(st.dictionaries(st.sampled_from(sorted(doors)), st.integers(0, 90_000)))
    return Progress(known, first, frozenset(draw(st.sets(st.sampled_from([MAIN_BRIDGE, SOUTH_BRIDGE])))))


@given(
    progresses(),
    st.floats(0, 100),
    st.sampled_from(EmergencyAction),
    st.booleans(),
    st.frozensets(st.integers(1, 6)),
    st.booleans(),
)
def test_the_counts_always_add_up_and_unknown_is_never_secure(
    progress: Progress,
    after_s: float,
    action: EmergencyAction,
    drill: bool,
    released: frozenset[int],
    ended: bool,
) -> None:
    at = AT + timedelta(seconds=after_s)
    running = Running(directive(action, drill=drill), "A. Rivera", released)
    made = make_board(at, school(), running, progress, at if ended else None)
    counts = made.counts
    assert counts.secured + counts.not_secure + counts.not_monitored + counts.unknown == counts.commanded
    assert counts.commanded + counts.not_commanded == counts.of
    assert counts.of + counts.released == len(made.cells)
    for cell in made.cells:
        if cell.result is Result.SECURED and not ended:
            now = progress.bridges[cell.door.bridge or ""]
            assert now.fresh
            assert now.doors[cell.door.id].judged is Judged.SECURED
    walked = {cell.door.id for cell in made.walk}
    not_walked = {cell.result for cell in made.cells if cell.door.id not in walked}
    assert not_walked <= {Result.SECURED, Result.COMMANDED, Result.RELEASED}


def test_a_lockdown_as_it_comes_in() -> None:
    main = bridge(
        door1=door_now(Judged.SECURED),
        door2=door_now(Judged.NOT_MONITORED, position="not_monitored"),
        door3=door_now(Judged.NOT_SECURE, why="The door is shut but its latch is not thrown. Pull it shut."),
    )
    south = bridge(door4=door_now(Judged.NOT_SECURE, position="open"), door5=door_now(Judged.SECURED))
    made = board(Progress({MAIN_BRIDGE: main, SOUTH_BRIDGE: south}, {1: 283, 5: 640}, frozenset(BOTH)))
    assert [cell.door.number for cell in made.cells] == ["1", "1V", "101", "8", "9", "GYM"]
    assert [cell.word for cell in made.cells] == [
        "283 ms", "not monitored", "latch?", "open", "not connected", "640 ms",
    ]  # fmt: skip
    assert (made.counts.commanded, made.counts.of) == (5, 6)
    assert made.time_to_secure_s == 0.64
    assert made.last is not None
    assert made.last.door.number == "GYM"
    assert [cell.door.number for cell in made.walk] == ["8", "101", "9", "1V"]
    assert made.walk[0].cause == "Lock is thrown, but the door stands open."
    assert made.walk[1].state == "Closed, latch not seen"
    assert made.unconfirmed == ()


BOTH = (MAIN_BRIDGE, SOUTH_BRIDGE)


def test_right_after_the_press_every_door_is_commanded_and_nobody_walks() -> None:
    made = board(Progress({MAIN_BRIDGE: bridge(), SOUTH_BRIDGE: bridge()}, {}, frozenset()), after_s=0.2)
    assert set(results(made).values()) == {"commanded", "not_commanded"}
    assert made.counts.unknown == made.counts.commanded == 5
    assert [cell.door.number for cell in made.walk] == ["9"]
    assert made.unconfirmed == ()


def test_a_door_that_was_locked_before_is_not_secure_before_its_bridge_holds_the_directive() -> None:
    south = BridgeNow(2.0, fresh=True, holds=False, doors={4: door_now(None), 5: door_now(None)})
    made = board(Progress({SOUTH_BRIDGE: south}, {}, frozenset()))
    assert results(made)["8"] == "unknown"
    assert made.counts.secured == 0


def test_a_bridge_that_does_not_confirm_within_a_second_is_named() -> None:
    progress = Progress({MAIN_BRIDGE: bridge()}, {}, frozenset({MAIN_BRIDGE}))
    assert board(progress, 0.9).unconfirmed == ()
    assert board(progress, 1.1).unconfirmed_sentence == (
        "NOT confirmed by South bridge. Use a wall button or a responder card now."
    )


def test_a_silent_bridge_makes_its_doors_unknown_with_what_was_last_known() -> None:
    south = bridge(age_s=61, door4=door_now(Judged.SECURED, position="open"), door5=door_now(Judged.SECURED))
    made = board(Progress({SOUTH_BRIDGE: south}, {5: 148}, frozenset(BOTH)), after_s=70)
    dock = next(cell for cell in made.cells if cell.door.number == "8")
    assert (dock.result, dock.word, dock.state) == (Result.UNKNOWN, "silent", "Unknown for 61 s")
    assert dock.cause == "South bridge is silent. Last known: open."
    assert made.time_to_secure_s is None, "a door that nobody proves any more is not among the secure ones"


def test_a_secure_commands_outside_doors_only() -> None:
    made = board(Progress({}, {}, frozenset()), running=Running(directive(EmergencyAction.SECURE), "A. Rivera"))
    assert [cell.door.number for cell in made.cells] == ["1", "8", "9"]


def test_evacuate_counts_doors_that_unlocked() -> None:
    building = school()
    doors = dict(building.doors) | {2: replace(building.doors[2], evacuate_unlock=True)}
    evacuate = directive(EmergencyAction.EVACUATE)
    now = bridge(door2=door_now(None, command="unlock", under=frozenset({DIRECTIVE})))
    progress = Progress({MAIN_BRIDGE: now}, {}, frozenset(BOTH))
    made = make_board(AT, replace(building, doors=doors), Running(evacuate, "A. Rivera"), progress)
    assert made.effect is Effect.UNLOCK
    assert [(cell.door.number, cell.word) for cell in made.cells] == [("1V", "unlocked")]
    assert made.counts.secured == 1


def test_a_drill_that_moves_no_doors_commands_none() -> None:
    building = school()
    still = replace(building, rules=replace(building.rules, drill_moves_doors=False))
    made = make_board(AT, still, Running(directive(drill=True), "A. Rivera"), None)
    assert made.cells == ()
    assert made.counts.commanded == 0
    assert made.unconfirmed == ()


def test_a_released_door_is_counted_apart() -> None:
    made = board(Progress({}, {}, frozenset()), running=Running(directive(), "A. Rivera", frozenset({1, 2, 3})))
    assert made.counts.released == 3
    assert {cell.door.number for cell in made.walk} == {"8", "9", "GYM"}
    assert made.unconfirmed == ("South bridge",)


def test_an_ended_emergency_keeps_what_was_proved() -> None:
    at = AT + timedelta(minutes=5)
    made = make_board(at, school(), Running(directive(), "A. Rivera"), Progress({}, {1: 283}, frozenset()), at)
    assert results(made)["1"] == "secured"
    assert results(made)["8"] == "unknown"
    assert made.elapsed_s == 300


def test_an_emergency_that_nobody_raised_has_no_board(any_database: Database) -> None:
    with any_database.reading() as session, pytest.raises(NoSuchDirectiveError):
        read_board(session, datetime.fromisoformat("2026-11-23T12:00:00+00:00"), school(), DIRECTIVE)


def test_the_record_of_an_evacuate_says_which_doors_were_proved_unlocked() -> None:
    building = school()
    doors = {id_: replace(door, evacuate_unlock=True) for id_, door in building.doors.items()}
    progress = Progress({}, {}, frozenset(BOTH), done=frozenset({2}))
    at = AT + timedelta(minutes=5)
    evacuate = Running(directive(EmergencyAction.EVACUATE), "A. Rivera")
    made = make_board(at, replace(building, doors=doors), evacuate, progress, at)
    assert {cell.door.number: (cell.result.value, cell.word, cell.state) for cell in made.cells} == {
        "1V": ("secured", "unlocked", "Proved unlocked"),
        "GYM": ("unknown", "never proved", "Never proved unlocked"),
    }
    assert made.time_to_secure_s is None


def test_the_record_counts_doors_without_bridge_or_contact_and_released_ones_as_they_were() -> None:
    at = AT + timedelta(minutes=5)
    running = Running(directive(), "A. Rivera", frozenset({1, 4}))
    progress = Progress({}, {1: 283}, frozenset(BOTH), done=frozenset({1, 3}), not_monitored=frozenset({2}))
    made = make_board(at, school(), running, progress, at)
    assert results(made) == {
        "1": "secured",
        "1V": "not_monitored",
        "101": "secured",
        "8": "released",
        "9": "not_commanded",
        "GYM": "unknown",
    }
    assert [cell.word for cell in made.cells] == [
        "283 ms", "not monitored", "secured", "released", "not connected", "never proved",
    ]  # fmt: skip
    assert (made.counts.commanded, made.counts.of, made.counts.released) == (4, 5, 1)

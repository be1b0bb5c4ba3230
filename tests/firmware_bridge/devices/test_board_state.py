from __future__ import annotations

import pytest

from access_control.core.decision.model import LONGEST_PULSE_S, Board
from firmware_bridge.devices.board_state import (
    ANSWER_S,
    LONG_PROBE_S,
    POLL_S,
    PROBE_S,
    QUIET_POLL_S,
    READ_BACK_S,
    REFUSED_S,
    SILENT_AFTER,
    STRAY_GRACE_S,
    BoardState,
)
from tests.firmware_bridge.devices.modbus_rack import drive

BOARD = Board(1, "Board", "B", 1, 4, 2)


def test_no_lease_is_longer_than_the_longest_whatever_is_asked() -> None:
    state = BoardState(BOARD)
    state.ask(drive(1, 0, lease_s=1e9), 100.0, 0)
    waiting = state.next_command()
    assert waiting is not None
    state.delivered(waiting, 100.0)
    assert state.lapsed(100.0 + LONGEST_PULSE_S) == [0]


def test_what_is_overtaken_by_its_opposite_is_handed_back() -> None:
    state = BoardState(BOARD)
    unlock, lock = drive(1, 0), drive(1, 0, on=False)
    assert state.ask(unlock, 100.0, 0) is None
    assert state.ask(unlock, 100.1, 1) is None  # its lease is renewed
    assert state.ask(lock, 100.2, 2) is unlock
    assert state.ask(drive(1, 1), 100.3, 3) is None  # another output
    waiting = state.next_command()
    assert waiting is not None
    assert waiting.command is lock


def test_patience_follows_the_pace_of_the_board() -> None:
    state = BoardState(BOARD)
    assert state.patience_s() == ANSWER_S
    state.answered(1.0)
    state.took(0.01)
    quick_s = state.patience_s()
    assert quick_s < ANSWER_S
    state.took(0.2)
    assert state.patience_s() > 0.5
    for _ in range(60):
        state.took(0.01)
    assert state.patience_s() == quick_s
    state.took(30.0)
    assert state.patience_s() <= 1.0


def test_a_lost_board_takes_little_of_its_neighbours_time_and_is_back_within_two_seconds() -> None:
    state, now, listened_s, pauses = BoardState(BOARD), 1.0, 0.0, []
    for _ in range(100):
        patience_s = state.patience_s()
        listened_s += patience_s
        assert patience_s <= LONG_PROBE_S
        state.missed(now)
        pauses.append(state.poll_due_s() - now)
        now = state.poll_due_s()
    assert max(pauses) + LONG_PROBE_S <= 2.0
    assert listened_s / now < 0.07
    assert state.patience_s() in (PROBE_S, LONG_PROBE_S)


def test_a_lost_board_is_nothing_to_do_before_its_next_probe_whatever_waits_or_has_lapsed() -> None:
    state = BoardState(BOARD)
    state.answered(1.0)
    state.ask(drive(1, 1, lease_s=0.5), 1.0, 0)
    waiting = state.next_command()
    assert waiting is not None
    state.delivered(waiting, 1.0)
    for number in range(SILENT_AFTER):
        state.missed(1.1 + number / 10)
    state.ask(drive(1, 0, on=False, lease_s=0.0), 2.0, 1)
    state.missed(5.0)
    assert state.due_s() == state.poll_due_s() > 5.0


def test_an_unlock_that_waits_for_a_lost_board_is_told_as_late_in_time() -> None:
    state = BoardState(BOARD)
    for number in range(SILENT_AFTER):
        state.missed(1.0 + number / 10)
    unlock = drive(1, 0, lease_s=5.0, expires=2.5)
    state.ask(unlock, 2.0, 0)
    state.missed(2.0)
    assert state.due_s() <= 2.5
    assert state.drop_late(2.5) == [unlock]


def test_a_lease_begins_as_it_is_sent_so_that_what_was_obeyed_and_never_answered_ends() -> None:
    state = BoardState(BOARD)
    state.answered(1.0)
    state.ask(drive(1, 0, lease_s=5.0, expires=2.0), 1.0, 0)
    waiting = state.next_command()
    assert waiting is not None
    state.sending(waiting)
    state.missed(1.1)
    assert len(state.drop_late(2.0)) == 1
    assert state.lapsed(5.9) == []
    assert state.lapsed(6.0) == [0]
    assert state.due_s() <= 6.0


def test_what_is_refused_leaves_the_lease_as_it_was() -> None:
    state = BoardState(BOARD)
    state.answered(1.0)
    for index, before in ((0, None), (1, 31.0)):
        if before is not None:
            state.leases[index] = before
        state.ask(drive(1, index, lease_s=100.0), 1.0, index)
        waiting = state.next_command()
        assert waiting is not None
        state.sending(waiting)
        state.refused(waiting)
        assert state.leases.get(index) == before


def test_where_many_are_lost_each_is_asked_less_often() -> None:
    state, now, pauses = BoardState(BOARD), 1.0, []
    for _ in range(10):
        state.missed(now, crowded=True)
        pauses.append(state.poll_due_s() - now)
        now = state.poll_due_s()
    assert max(pauses) == pytest.approx(3.0)


def test_outputs_are_read_back_at_once_again_when_strays_count_and_then_now_and_again() -> None:
    state = BoardState(BOARD)
    state.answered(1.0)
    assert state.read_back_due(1.0)
    state.read_back(1.0)
    assert not state.read_back_due(0.9 + STRAY_GRACE_S)
    assert state.strays([True, False, False, False], 0.9 + STRAY_GRACE_S) == []
    assert state.read_back_due(1.0 + STRAY_GRACE_S)
    state.read_back(1.0 + STRAY_GRACE_S)
    assert state.strays([True, False, False, False], 1.0 + STRAY_GRACE_S) == [0]
    assert not state.read_back_due(0.9 + STRAY_GRACE_S + READ_BACK_S)
    assert state.read_back_due(1.0 + STRAY_GRACE_S + READ_BACK_S)


def test_three_answers_must_be_missing_before_a_board_is_lost() -> None:
    state = BoardState(BOARD)
    assert state.answered(1.0)
    assert [state.missed(1.1), state.missed(1.2), state.missed(1.3), state.missed(1.4)] == [False, False, True, False]
    assert state.answered(2.0)
    assert not state.answered(2.1)


def test_a_board_that_cannot_be_read_back_is_told_off_again_where_nothing_is_leased_or_waits() -> None:
    state = BoardState(BOARD)
    state.answered(1.0)
    assert state.repeats(1.0 + STRAY_GRACE_S / 2) == []
    state.ask(drive(1, 1), 1.0, 0)
    waiting = state.next_command()
    assert waiting is not None
    state.delivered(waiting, 1.0)
    state.ask(drive(1, 2), 1.0, 1)
    now = 1.0 + STRAY_GRACE_S
    assert state.repeats(now) == [0, 3]
    assert state.repeats(now + READ_BACK_S / 2) == []
    assert state.repeats(now + READ_BACK_S) == [0, 3]


@pytest.mark.parametrize(("inputs", "pause_s"), [(2, POLL_S), (0, QUIET_POLL_S)])
def test_only_inputs_are_worth_asking_for_often(inputs: int, pause_s: float) -> None:
    state = BoardState(Board(1, "Board", "B", 1, 4, inputs))
    state.answered(1.0)
    state.polled(1.0)
    assert state.poll_due_s() == 1.0 + pause_s


def test_a_board_that_refuses_for_a_while_is_asked_on_as_often_and_then_seldom() -> None:
    state = BoardState(BOARD)
    state.answered(1.0)
    assert not state.poll_refused(1.0)
    assert state.poll_due_s() == 1.0 + POLL_S
    state.polled(2.0)
    assert not state.poll_refused(3.0)  # another time, not the same
    assert not state.poll_refused(3.0 + REFUSED_S / 2)
    assert state.poll_refused(3.0 + REFUSED_S)
    assert state.poll_due_s() == 3.0 + REFUSED_S + QUIET_POLL_S
    state.closed()
    state.answered(9.0)
    assert not state.poll_refused(9.0)

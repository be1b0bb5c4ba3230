"""What counts as a line that is never quiet, and who is named."""

import pytest

from firmware_bridge.protocol.osdp.jabber import Jabber

CHARACTER_S = 0.001


def listening(share: float, seconds: float, *, answers: float = 0.0) -> Jabber:
    """An ear that has heard bytes for that share of the time; ``answers`` is the share of answers among them."""
    ear = Jabber(CHARACTER_S)
    for tenth in range(round(seconds * 10)):
        count = round(100 * share)
        ear.heard(count, tenth / 10)
        ear.answered(round(count * answers))
    return ear


def test_a_line_that_is_full_of_bytes_for_a_second_is_never_quiet() -> None:
    assert listening(1.0, 1.2).never_quiet(1.2)
    assert not listening(1.0, 0.8).never_quiet(0.8)


@pytest.mark.parametrize(("share", "answers"), [(0.7, 0.0), (1.0, 0.5), (0.0, 0.0)])
def test_garbled_answers_and_good_ones_are_no_jabber(share: float, answers: float) -> None:
    assert not listening(share, 5.0, answers=answers).never_quiet(5.0)


def test_it_is_suspected_long_before_it_is_certain() -> None:
    assert not listening(0.5, 1.2).suspected(1.2)
    assert listening(1.0, 0.1).suspected(0.1)
    assert listening(1.0, 0.6).suspected(0.6)


def test_it_ends_a_quarter_of_a_second_after_the_last_byte() -> None:
    assert listening(1.0, 1.2).ended_s() == pytest.approx(1.1 + 0.25)


def test_who_is_named_in_several_packets_is_named() -> None:
    ear = Jabber(CHARACTER_S)
    ear.named(3)
    ear.named(5)
    assert ear.culprit() is None
    for _ in range(3):
        ear.named(5)
    assert ear.culprit() == 5
    ear.clear()
    assert ear.culprit() is None


def test_a_name_from_quieter_times_is_forgotten() -> None:
    ear = Jabber(CHARACTER_S)
    for tenth in range(6):
        ear.named(5)
        ear.heard(1, tenth / 10)
    assert ear.culprit() is None


def spoilt(share: float, *, asked: int, answered: int) -> Jabber:
    """An ear after half a second in which that share of the line was noise."""
    ear = Jabber(CHARACTER_S)
    for hundredth in range(50):
        ear.heard(round(10 * share), hundredth / 100)
    for _ in range(asked):
        ear.asked()
    for _ in range(answered):
        ear.answered(0)
    return ear


@pytest.mark.parametrize(("share", "asked", "answered"), [(0.0, 8, 0), (0.5, 8, 2), (0.5, 0, 0)])
def test_nobody_is_kept_waiting_where_there_is_no_noise_or_answers_come_through(
    share: float, asked: int, answered: int
) -> None:
    assert not spoilt(share, asked=asked, answered=answered).listens(0.51)


def test_noise_that_spoils_the_answers_is_listened_to_and_is_a_jabber_if_it_goes_on_by_itself() -> None:
    ear = spoilt(0.5, asked=8, answered=1)
    assert ear.suspected(0.51)
    assert ear.listens(0.51)
    for hundredth in range(52, 111):
        ear.heard(5, hundredth / 100)
        assert not ear.never_quiet(hundredth / 100)
        assert ear.listens(hundredth / 100)
    ear.heard(5, 1.12)
    assert ear.never_quiet(1.12)


def test_noise_that_ends_when_nobody_is_asked_is_none() -> None:
    ear = spoilt(0.5, asked=8, answered=0)
    assert ear.listens(0.51)
    assert ear.listens_until_s() == pytest.approx(0.49 + 0.25)
    assert not ear.listens(0.76)
    assert ear.listens_until_s() is None
    assert not ear.never_quiet(2.0)

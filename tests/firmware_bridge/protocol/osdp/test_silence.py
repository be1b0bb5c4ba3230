"""How long a peripheral is waited for, when it is looked for again, and when it counts as gone."""

import pytest

from firmware_bridge.protocol.osdp.setup import LinkTiming
from firmware_bridge.protocol.osdp.silence import Silence

TIMING = LinkTiming()


def test_silence_counts_from_the_first_question_that_nobody_answered() -> None:
    silence = Silence(TIMING, 0.2)
    silence.asked(10.0, probing=False)
    silence.begins()
    silence.asked(10.3, probing=False)
    silence.begins()
    assert not silence.too_long(10.54)
    assert silence.too_long(10.56)

    silence.broken()
    assert not silence.too_long(99.0)


def test_a_line_that_garbles_is_not_taken_for_a_dead_reader_for_longer() -> None:
    silence = Silence(TIMING, 0.2)
    silence.asked(10.0, probing=False)
    silence.begins()
    silence.garbled()
    assert not silence.too_long(11.99)
    assert silence.too_long(12.01)

    silence.broken()
    silence.asked(20.0, probing=False)
    silence.begins()
    assert silence.too_long(20.56)


def test_probes_come_slower_and_slower_until_something_stirs() -> None:
    silence = Silence(TIMING, 0.2)
    pauses = [silence.next_probe_after_s() for _ in range(7)]
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    silence.stirred()
    assert silence.back_off_s == 0.05


@pytest.mark.parametrize(("silent", "patient"), [(1, [0, 8, 16]), (2, [0, 16]), (8, [0])])
def test_a_probe_is_short_and_every_eighth_on_the_line_is_patient(silent: int, patient: list[int]) -> None:
    silence = Silence(TIMING, 0.2)
    silence.shared(silent)
    waits = []
    for _ in range(20):
        silence.asked(0.0, probing=True)
        waits.append(silence.reply_s(probing=True))
    assert waits == [0.2 if number in patient else 0.03 for number in range(20)]
    assert silence.reply_s(probing=False) == 0.2


@pytest.mark.parametrize(
    ("silent", "usual_s", "probe_s"),
    [(1, 0.0001, 0.03), (1, 0.018, 0.036), (2, 0.0001, 0.0102), (8, 0.004, 0.018), (8, 0.016, 0.042)],
)
def test_of_several_one_that_used_to_answer_soon_is_waited_for_a_shorter_time(
    silent: int, usual_s: float, probe_s: float
) -> None:
    silence = Silence(TIMING, 0.2)
    silence.shared(silent)
    for _ in range(40):
        silence.patience.answered(usual_s)
    silence.patience.missed()
    silence.patience.missed()

    assert silence.probe_s == pytest.approx(probe_s, abs=1e-5)


def test_one_that_answers_late_gets_its_whole_time_next() -> None:
    silence = Silence(TIMING, 0.2)
    for _ in range(3):
        silence.asked(0.0, probing=True)
    silence.slow()
    silence.asked(0.0, probing=True)
    assert silence.reply_s(probing=True) == pytest.approx(0.2)


def test_pauses_after_sessions_that_come_to_nothing_double_until_that_has_ended_for_a_minute() -> None:
    silence = Silence(TIMING, 0.2)
    assert [silence.next_pause_s(10.0 * time) for time in range(6)] == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert silence.next_pause_s(110.0) == 1.0

"""Two characters of silence before a question, and no more than a moment for bytes that never pause."""

from firmware_bridge.protocol.osdp.pause import GAP_WAIT_S, Pause

CHARACTER_S = 0.001


def test_a_question_waits_for_two_characters_of_silence_after_what_was_heard_and_sent() -> None:
    pause = Pause(CHARACTER_S)
    assert pause.opens_s() == 0.0
    pause.heard(10.0)
    assert pause.opens_s() == 10.0 + 2 * CHARACTER_S
    pause.sent(10.5)
    assert pause.opens_s() == 10.5 + 2 * CHARACTER_S


def test_bytes_that_never_pause_keep_the_line_for_a_moment_only() -> None:
    pause = Pause(CHARACTER_S)
    for number in range(200):
        pause.heard(10.0 + number * CHARACTER_S)
    assert pause.free_s > 10.19
    assert pause.opens_s() == 10.0 + GAP_WAIT_S


def test_an_answer_that_was_long_has_its_silence_too() -> None:
    pause = Pause(CHARACTER_S)
    pause.sent(9.98)
    for number in range(200):
        pause.heard(10.0 + number * CHARACTER_S)
    pause.ours(10.199)
    assert pause.opens_s() == pause.free_s > 10.2

"""How long BUSY is believed: five seconds in all, and true answers fill that again only as time passes."""

from firmware_bridge.protocol.osdp.busy import Busyness


def test_busy_alone_is_believed_for_five_seconds() -> None:
    busyness = Busyness(5.0)
    assert busyness.in_clear(10.0)
    assert busyness.in_clear(14.9)
    assert not busyness.in_clear(15.01)
    assert not busyness.in_clear(60.0)


def test_a_true_answer_in_between_does_not_make_it_anew() -> None:
    busyness = Busyness(5.0)
    assert busyness.in_clear(10.0)
    assert busyness.in_clear(14.5)
    busyness.over(14.6)
    assert busyness.in_clear(14.7)
    assert busyness.in_clear(15.0)
    assert not busyness.in_clear(15.3)


def test_time_in_which_it_answers_makes_up_for_time_in_which_it_was_busy() -> None:
    busyness = Busyness(5.0)
    for second in range(0, 100, 4):
        assert busyness.in_clear(second)
        assert busyness.in_clear(second + 1.9)
        busyness.over(second + 2.0)


def test_busy_under_protection_counts_by_itself_and_from_the_last_other_answer() -> None:
    busyness = Busyness(5.0)
    busyness.in_clear(10.0)
    assert not busyness.in_clear(16.0)
    assert not busyness.too_long_protected(16.0)
    assert not busyness.too_long_protected(20.9)
    assert busyness.too_long_protected(21.0)
    busyness.over(21.1)
    assert not busyness.too_long_protected(21.2)

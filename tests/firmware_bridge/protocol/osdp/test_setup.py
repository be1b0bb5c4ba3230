"""What a panel is told about a reader, and how long it learns to wait for it."""

import pytest

from firmware_bridge.protocol.osdp.setup import Patience, ReaderSetup


@pytest.mark.parametrize("address", [-1, 127])
def test_an_address_that_no_reader_has_is_refused(address: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 126"):
        ReaderSetup(1, address)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="15 bytes"):
        ReaderSetup(1, 1, b"k" * 15)


def test_a_key_never_shows_in_a_log() -> None:
    assert "kkkk" not in repr(ReaderSetup(1, 1, b"k" * 16))


def test_nobody_knows_a_new_reader_so_it_gets_all_its_time() -> None:
    patience = Patience(0.03, 0.2)

    assert patience.reply_s == 0.2
    assert patience.usual_s == 0.0


def test_a_quick_reader_is_soon_waited_for_only_shortly() -> None:
    patience = Patience(0.03, 0.2)
    for _ in range(20):
        patience.answered(0.002)

    assert patience.reply_s == 0.03
    assert patience.usual_s == pytest.approx(0.002)


def test_a_slow_reader_keeps_its_time() -> None:
    patience = Patience(0.03, 0.2)
    for _ in range(20):
        patience.answered(0.15)

    assert 0.15 < patience.reply_s <= 0.2


def test_each_silence_makes_it_more_patient_up_to_the_longest() -> None:
    patience = Patience(0.03, 0.2)
    patience.answered(-0.001)
    patience.missed()
    once = patience.reply_s
    for _ in range(20):
        patience.missed()

    assert once == pytest.approx(0.045)
    assert patience.reply_s == 0.2

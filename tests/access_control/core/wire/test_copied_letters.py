import pytest

from access_control.core.wire.copied_letters import read_letters, write_letters

BODY = bytes(range(17))
TEXT = write_letters(BODY)


def test_letters_stand_in_groups_of_four_and_are_read_back() -> None:
    assert TEXT == "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIO-B4IM-DBZE"
    assert read_letters(TEXT, 17) == BODY
    assert read_letters(f" {TEXT.replace('-', '').lower()}\n", 17) == BODY


@pytest.mark.parametrize("place", range(0, len(TEXT), 7))
def test_a_slip_of_the_pen_is_noticed(place: int) -> None:
    wrong = "7" if TEXT[place] != "7" else "A"
    assert read_letters(TEXT[:place] + wrong + TEXT[place + 1 :], 17) is None


@pytest.mark.parametrize("text", ["", TEXT[:-1], TEXT + "A", "é" * 32, "1" * 32, "=" * 32])
def test_what_is_no_such_text_is_none(text: str) -> None:
    assert read_letters(text, 17) is None


def test_letters_of_another_length_are_another_thing() -> None:
    assert read_letters(TEXT, 22) is None

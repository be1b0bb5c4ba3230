import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.wire.errors import Refused
from access_control.core.wire.release_codes import (
    code_digest,
    code_from,
    read_release_codes,
    write_release_codes,
)

KEY = bytes(range(32))


@given(st.binary(min_size=12, max_size=12))
def test_a_code_is_twelve_letters_and_is_known_however_it_is_typed(random: bytes) -> None:
    text = code_from(random)
    assert re.fullmatch(r"([A-Z2-7]{4}-){2}[A-Z2-7]{4}", text)
    assert code_digest(KEY, text) == code_digest(KEY, f" {text.lower().replace('-', '')} ")
    assert code_digest(KEY, text) != code_digest(bytes(32), text)


def test_a_code_is_made_of_enough_chance() -> None:
    with pytest.raises(ValueError, match="12 bytes, not 5"):
        code_from(b"short")


@given(st.sets(st.binary(min_size=16, max_size=16), max_size=10))
def test_digests_are_spelled_in_one_way(digests: set[bytes]) -> None:
    assert read_release_codes(write_release_codes(sorted(digests, reverse=True))) == digests


@pytest.mark.parametrize("text", ["AAA", "AAAA", "A" * 43 + "=" + "!"])
def test_what_is_no_list_of_digests_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_release_codes(text)

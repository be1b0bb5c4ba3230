import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.wire.enrolment_code import code_for, read_code, write_code
from access_control.core.wire.errors import Refused

IDENTITY = bytes(range(32))


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
def test_what_was_written_is_read(secret: bytes, identity: bytes) -> None:
    code = read_code(write_code(code_for(secret, identity)))
    assert code.secret == secret
    assert code.fits(identity)


def test_it_can_be_typed_by_hand() -> None:
    text = write_code(code_for(bytes(16), IDENTITY))
    assert text.startswith("SAC1-")
    assert len(text) == 4 + 14 * 5
    assert read_code(f"  {text.lower().replace('-', ' ')}\n") == read_code(text)


def test_another_school_does_not_fit() -> None:
    assert not code_for(bytes(16), IDENTITY).fits(bytes(32))


@given(st.integers(5, 73), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_slip_of_the_pen_is_noticed(place: int, letter: str) -> None:
    text = write_code(code_for(bytes(range(16)), IDENTITY))
    if text[place] in {letter, "-"}:
        return
    with pytest.raises(Refused, match="Copy it again"):
        read_code(text[:place] + letter + text[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "SAC1", "SAC1-", "hello", "SAC1-" + "A" * 55, "SAC1-" + "é" * 56, "SAC1-" + "1" * 56]
)
def test_anything_else_is_no_code(text: str) -> None:
    with pytest.raises(Refused, match="not an enrolment code"):
        read_code(text)


def test_the_secret_is_shown_nowhere_but_in_the_text() -> None:
    secret = os.urandom(16)
    code = code_for(secret, IDENTITY)
    assert repr(secret) not in repr(code)
    assert secret.hex() not in repr(code)
    assert code.digest() != secret
    with pytest.raises(ValueError, match="16 bytes"):
        code_for(b"short", IDENTITY)

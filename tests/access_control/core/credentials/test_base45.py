from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.credentials import base45


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"), (b"", "")],
)
def test_the_examples_of_rfc_9285(data: bytes, text: str) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@given(st.binary(max_size=200))
def test_every_byte_string_comes_back(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@pytest.mark.parametrize("text", ["GGW", ":::", "A", "BB8A", "bb8", "::", "é00"])
def test_text_that_no_bytes_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="character"):
        base45.decode(text)

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.guarded import guard, unguard

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]


@given(st.binary(max_size=200))
def test_content_comes_back(content: bytes) -> None:
    assert unguard(guard(content)) == content


@given(st.binary(max_size=50), st.data())
def test_every_damaged_byte_is_noticed(content: bytes, data: st.DataObject) -> None:
    whole = bytearray(guard(content))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused):
        unguard(bytes(whole))


@pytest.mark.parametrize("data", [b"", b"\n", b"AC-KEPT ", guard(b"abc")[:-1], guard(b"abc") + b"x"])
def test_something_else_is_refused(data: bytes, refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_FRAME):
        unguard(data)

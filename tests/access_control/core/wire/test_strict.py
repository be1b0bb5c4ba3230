from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.strict import Name, Number, Record, Uuid, read_record, write_record

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]


class Cup(Record, frozen=True):
    id: Uuid
    name: Name
    size: Number
    handle: bool | None


ID = "0193a000-0000-7000-8000-000000000001"
GOOD = b'{"id":"0193a000-0000-7000-8000-000000000001","name":"Tea","size":3,"handle":null}'


def test_a_record_has_one_spelling() -> None:
    assert write_record(Cup(ID, "Tea", 3, None)) == GOOD
    assert read_record(GOOD, Cup, "cup", limit=100) == Cup(ID, "Tea", 3, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"\xff\xfe",
        b'"\xff"',
        GOOD + b" ",
        b" " + GOOD,
        GOOD[:-1],
        GOOD.replace(b',"handle":null', b""),
        GOOD.replace(b'"handle":null', b'"handle":null,"lid":true'),
        GOOD.replace(b'"size":3', b'"size":"3"'),
        GOOD.replace(b'"size":3', b'"size":3.0'),
        GOOD.replace(b'"size":3', b'"size":-3'),
        GOOD.replace(b'"size":3', b'"size":99999999999999999999999'),
        GOOD.replace(b'"size":3', b'"size":2,"size":3'),
        GOOD.replace(b'"Tea"', b'"T\\u0065a"'),
        GOOD.replace(b"0193a", b"0193A"),
        GOOD.replace(b'0001"', b'0001\\n"'),
        b'{"name":"Tea","id":"0193a000-0000-7000-8000-000000000001","size":3,"handle":null}',
        b"[" * 100,
    ],
)
def test_anything_else_is_refused(data: bytes, refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_CONTENT):
        read_record(data, Cup, "cup", limit=200)


def test_size_is_judged_before_anything_is_read(refuses: Refusing) -> None:
    with refuses(RefusalCode.TOO_LARGE):
        read_record(b"x" * 201, Cup, "cup", limit=200)


def test_the_sentence_names_the_field() -> None:
    with pytest.raises(Refused, match=r"missing required field `handle`"):
        read_record(GOOD.replace(b',"handle":null', b""), Cup, "cup", limit=200)


def test_depth_cannot_exhaust_the_reader(refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_CONTENT):
        read_record(b'{"x":' * 100_000, Cup, "cup", limit=1_000_000)


@given(data=st.binary(max_size=300))
def test_random_bytes_are_only_ever_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        read_record(data, Cup, "cup", limit=300)

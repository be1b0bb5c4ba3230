"""The exchange between two bridges: whatever pieces it comes in, and whatever else comes instead."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.neighbours import (
    HELD,
    HERE,
    MOST_HEAD,
    MOST_TOLD,
    Tell,
    TellReader,
    read_told,
    write_tell,
    write_told,
)
from access_control.core.wire.signing import SigningKey

SITE = "0193a000-0000-7000-8000-000000000001"
NONCE = bytes(range(16))
tells = st.builds(Tell, st.binary(min_size=16, max_size=16), st.binary(max_size=MOST_TOLD))


@given(tells, st.lists(st.integers(1, 300), max_size=60))
def test_a_message_is_read_whatever_pieces_it_comes_in(tell: Tell, cuts: list[int]) -> None:
    data, reader, found = write_tell(tell), TellReader(), None
    for cut in [*cuts, len(data)]:
        assert found is None
        piece, data = data[:cut], data[cut:]
        found = reader.feed(piece)
        if not data:
            break
    assert found == tell


@given(st.lists(st.binary(max_size=200), max_size=30))
def test_whatever_comes_is_a_message_or_refused_and_little_is_held(pieces: list[bytes]) -> None:
    reader = TellReader()
    for piece in pieces:
        try:
            if reader.feed(piece) is not None:
                return
        except Refused:
            return
        assert len(reader._data) <= MOST_HEAD + MOST_TOLD


@given(tells, st.data())
def test_a_message_with_one_byte_changed_is_never_read_as_longer_or_another_kind(
    tell: Tell, data: st.DataObject
) -> None:
    raw = bytearray(write_tell(tell))
    place = data.draw(st.integers(0, raw.index(b"\n")))
    raw[place] = data.draw(st.integers(0, 255))
    try:
        found = TellReader().feed(bytes(raw))
    except Refused:
        return
    assert found is None or len(found.sealed) <= MOST_TOLD


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GET / HTTP/1.1\r\n", RefusalCode.BAD_FRAME),
        (b"\x16\x03\x01", RefusalCode.BAD_FRAME),
        (b"AC-TELL 1 " + b"0" * MOST_HEAD, RefusalCode.BAD_FRAME),
        (b"AC-TELL 1 " + b"0" * 32 + b" 01\n", RefusalCode.BAD_FRAME),
        (b"AC-TELL 1 " + b"0" * 32 + b" -1\n", RefusalCode.BAD_FRAME),
        (b"AC-TELL 1 " + b"0" * 31 + b" 1\n", RefusalCode.BAD_FRAME),
        (b"AC-TELL 9 " + b"0" * 32 + b" 1\n", RefusalCode.UNKNOWN_VERSION),
        (b"AC-TELL 1 " + b"0" * 32 + b" 2049\n", RefusalCode.TOO_LARGE),
        (b"AC-TELL 1 " + b"0" * 32 + b" 1\nab", RefusalCode.TRAILING_GARBAGE),
    ],
)
def test_each_fault_is_named_at_once(data: bytes, code: RefusalCode) -> None:
    with pytest.raises(Refused) as refused:
        TellReader().feed(data)
    assert refused.value.code is code


def test_what_is_too_long_is_not_sent() -> None:
    with pytest.raises(Refused, match="2048 bytes"):
        write_tell(Tell(NONCE, bytes(MOST_TOLD + 1)))


def test_an_answer_is_worth_something_for_its_own_question_only(
    neighbour_key: SigningKey, bridge_key: SigningKey
) -> None:
    tell = Tell(NONCE, b"a sealed directive")
    answer = write_told(tell, HELD, neighbour_key, site=SITE)
    bridge, key = neighbour_key.key_id, neighbour_key.public_bytes()
    assert read_told(answer, tell, site=SITE, bridge=bridge, key=key) == HELD
    for other in (replace(tell, nonce=bytes(16)), replace(tell, sealed=b"another")):
        with pytest.raises(Refused) as refused:
            read_told(answer, other, site=SITE, bridge=bridge, key=key)
        assert refused.value.code is RefusalCode.BAD_SIGNATURE
    for forged, code in (
        (answer.replace(HELD.encode(), HERE.encode()), RefusalCode.BAD_SIGNATURE),
        (write_told(tell, HELD, bridge_key, site=SITE), RefusalCode.WRONG_RECIPIENT),
        (write_told(tell, HELD, SigningKey(bridge, bridge_key.private), site=SITE), RefusalCode.BAD_SIGNATURE),
        (write_told(tell, HELD, neighbour_key, site=bridge), RefusalCode.BAD_SIGNATURE),
        (answer + b"x", RefusalCode.BAD_FRAME),
        (answer.replace(b"TOLD 1", b"TOLD 7"), RefusalCode.UNKNOWN_VERSION),
        (b"", RefusalCode.BAD_FRAME),
    ):
        with pytest.raises(Refused) as refused:
            read_told(forged, tell, site=SITE, bridge=bridge, key=key)
        assert refused.value.code is code

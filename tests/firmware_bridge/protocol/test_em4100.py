from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import Credential
from access_control.core.credentials.formats import FORMATS, decode
from firmware_bridge.protocol.em4100 import DROP_S, REPEAT_S, TAG_BITS, Checksum, Framing, Repeats, TagFrames, frame

ROUNDS = 2000 if int(os.environ.get("LONG", "0")) else 150
TAG = bytes.fromhex("04006A1C2B")
PUBLISHED = [
    ("04006A1C2B", "0230343030364131433242353903", "0006954027"),
    ("0F00123456", "0230463030313233343536374603", "0001193046"),
    ("01A2B3C4D5", "0230314132423343344435303103", "2729690325"),
    ("2E00AF0EC9", "0232453030414630454339343603", "0011472585"),
]


@pytest.mark.parametrize(("tag", "bytes_sent", "printed"), PUBLISHED)
def test_the_published_frames_and_the_number_on_the_tag(tag: str, bytes_sent: str, printed: str) -> None:
    sent = bytes.fromhex(bytes_sent)
    assert frame(bytes.fromhex(tag), Framing.RDM6300) == sent
    assert TagFrames().feed(sent, 1.0) == [bytes.fromhex(tag)]
    read = decode(FORMATS["EM4100"], Bits(int(tag, 16), TAG_BITS))
    assert read == Credential("EM4100", int(tag[:2], 16), int(printed))


def test_an_id_12_puts_a_line_end_before_the_last_byte() -> None:
    sent = bytes.fromhex("02303430303641314332423539 0D0A 03")
    assert frame(TAG, Framing.ID12) == sent
    assert TagFrames().feed(sent, 1.0) == [TAG]
    assert TagFrames().feed(sent[:13] + b"\n\r\x03", 1.0) == []


def test_a_frame_in_binary_says_its_length() -> None:
    sent = bytes.fromhex("020A0206008E6D5DB003")
    assert TagFrames().feed(sent, 1.0) == [bytes.fromhex("06008E6D5D")]
    assert frame(bytes.fromhex("06008E6D5D"), Framing.BINARY) == sent
    another_kind = bytes.fromhex("020A0106008E6D5DB303")
    for wrong in (another_kind, sent[:-1] + b"\x04", sent[:8] + b"\xb1\x03"):
        frames = TagFrames()
        assert frames.feed(wrong, 1.0) == []
        assert frames.rejected


def test_digits_may_be_small_letters() -> None:
    assert TagFrames().feed(frame(TAG, Framing.RDM6300).lower(), 1.0) == [TAG]


def test_a_checksum_is_of_one_kind_and_never_of_both() -> None:
    added = b"\x022E00AF0EC9B4\x03"
    tag = bytes.fromhex("2E00AF0EC9")
    assert frame(tag, Framing.RDM6300, Checksum.SUM) == added
    assert TagFrames(Checksum.SUM).feed(added, 1.0) == [tag]
    frames = TagFrames()
    assert frames.feed(added, 1.0) == []
    assert frames.rejected == 1
    assert TagFrames(Checksum.SUM).feed(frame(tag, Framing.RDM6300), 1.0) == []


def test_it_finds_the_next_frame_after_half_a_one() -> None:
    whole = frame(TAG, Framing.RDM6300)
    for cut in range(len(whole)):
        assert TagFrames().feed(whole[:cut] + whole, 1.0) == [TAG], cut
        assert TagFrames().feed(whole[cut + 1 :] + whole, 1.0)[-1:] == [TAG], cut


def test_half_a_frame_is_dropped_after_a_while_and_not_before() -> None:
    whole = frame(TAG, Framing.RDM6300)
    frames = TagFrames()
    assert frames.feed(whole[:7], 1.0) == []
    assert frames.feed(whole[7:], 0.99 + DROP_S) == [TAG]
    assert frames.feed(whole[:7], 2.0) == []
    assert frames.feed(whole[7:], 2.01 + DROP_S) == []


def test_a_tag_that_stays_is_one_presentation() -> None:
    repeats = Repeats()
    assert repeats.fresh(TAG, 1.0)
    assert not any(repeats.fresh(TAG, 1.0 + i * 0.065) for i in range(100))
    last_s = 1.0 + 99 * 0.065
    assert repeats.fresh(b"other", last_s)
    assert not repeats.fresh(TAG, last_s + REPEAT_S - 0.01)
    assert repeats.fresh(TAG, last_s + 2 * REPEAT_S)


def test_a_storm_of_tags_is_remembered_in_bounded_memory() -> None:
    repeats = Repeats()
    assert all(repeats.fresh(i.to_bytes(5), 1.0) for i in range(1000))
    assert len(repeats._seen_s) <= 64


@settings(deadline=None, max_examples=ROUNDS)
@given(st.lists(st.tuples(st.binary(max_size=40), st.floats(0, 0.3)), max_size=20), st.sampled_from(Framing))
def test_no_bytes_break_it_and_a_good_frame_after_a_silence_is_read(
    pieces: list[tuple[bytes, float]], framing: Framing
) -> None:
    frames, now = TagFrames(), 1.0
    for piece, wait_s in pieces:
        now += wait_s
        frames.feed(piece, now)
        assert len(frames._held) < 16
    assert frames.feed(frame(TAG, framing), now + 2 * DROP_S) == [TAG]

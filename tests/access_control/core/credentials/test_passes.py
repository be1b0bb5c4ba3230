from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.credentials import base45
from access_control.core.credentials.passes import (
    INVITATION_PREFIX,
    PREFIX,
    PassFlags,
    VisitorPass,
    looks_like_invitation,
    mint,
    parse,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
PASS = VisitorPass(
    key_id=3, pass_id=0x0123456789ABCDEF, site_code=0xC0FFEE, group=7, not_before=1_800_000_000, not_after=1_800_003_600
)
GOLDEN = (Path(__file__).parent / "golden_pass_v1.txt").read_text().rstrip("\n")


def test_a_released_pass_never_changes() -> None:
    assert mint(PASS, KEY) == GOLDEN


def test_a_pass_says_what_was_minted_and_is_genuine() -> None:
    signed = parse(GOLDEN)

    assert signed is not None
    assert signed.content == PASS
    assert signed.genuine(PUBLIC)


def test_a_pass_fits_a_label() -> None:
    token = base45.decode(GOLDEN.removeprefix(PREFIX))

    assert len(token) <= 100
    assert set(GOLDEN) <= set(base45.ALPHABET)


def test_another_sites_key_does_not_prove_it() -> None:
    signed = parse(GOLDEN)

    assert signed is not None
    assert not signed.genuine(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert not signed.genuine(b"not a key")


def test_no_byte_of_a_pass_can_be_altered() -> None:
    token = base45.decode(GOLDEN.removeprefix(PREFIX))
    for at in range(len(token)):
        altered = bytes([*token[:at], token[at] ^ 1, *token[at + 1 :]])
        signed = parse(PREFIX + base45.encode(altered))
        assert signed is None or not signed.genuine(PUBLIC), f"byte {at}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOLDEN[:-1],
        GOLDEN + "0",
        GOLDEN.lower(),
        GOLDEN.replace(PREFIX, INVITATION_PREFIX),
        PREFIX + ":" * (len(GOLDEN) - len(PREFIX)),
        " " + GOLDEN[:-1],
        "x" * 1_000_000,
    ],
)
def test_anything_but_a_whole_pass_is_no_pass(text: str) -> None:
    assert parse(text) is None


def _resigned(at: int, value: int) -> str:
    token = bytearray(base45.decode(GOLDEN.removeprefix(PREFIX)))
    token[at] = value
    body = bytes(token[:-64])
    return PREFIX + base45.encode(body + KEY.sign(b"school-access-control/visitor-pass\x00" + body))


def test_a_newer_version_or_an_unknown_flag_is_no_pass_even_when_signed() -> None:
    assert parse(_resigned(0, 1)) is not None
    assert parse(_resigned(0, 2)) is None
    assert parse(_resigned(27, 2)) is None


def test_a_pass_that_ends_before_it_begins_is_no_pass() -> None:
    assert parse(_resigned(23, 0)) is None


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert parse(text) is None
    assert parse(PREFIX + text) is None


@pytest.mark.parametrize(
    "wrong",
    [
        replace(PASS, version=2),
        replace(PASS, pass_id=1 << 64),
        replace(PASS, site_code=-1),
        replace(PASS, not_after=PASS.not_before),
        replace(PASS, flags=PassFlags(0x80)),
    ],
)
def test_a_pass_that_cannot_be_written_is_refused(wrong: VisitorPass) -> None:
    with pytest.raises(ValueError, match="pass"):
        mint(wrong, KEY)


def test_flags_travel() -> None:
    signed = parse(mint(replace(PASS, flags=PassFlags.REUSABLE), KEY))

    assert signed is not None
    assert signed.content.flags is PassFlags.REUSABLE


def test_an_invitation_is_known_by_its_beginning() -> None:
    assert looks_like_invitation(INVITATION_PREFIX + "7K2M9Q4T")
    assert not looks_like_invitation(GOLDEN)
    assert not looks_like_invitation("")

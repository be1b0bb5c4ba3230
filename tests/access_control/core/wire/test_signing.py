from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.signing import (
    DOMAIN,
    LIMITS,
    Kind,
    SigningKey,
    open_sealed,
    reread,
    seal,
    unseal,
)

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
SITE, BRIDGE = "riverside", "bridge-1"
KEY = SigningKey("doc-1", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
KEYS = {"doc-1": KEY.public_bytes()}
SEALED = seal(Kind.ORDERS, b"lock the doors\n", KEY, site=SITE, to=BRIDGE)


def open_here(data: bytes) -> bytes:
    return open_sealed(data, KEYS, kind=Kind.ORDERS, site=SITE, to=BRIDGE)


def test_the_payload_comes_out_as_it_went_in() -> None:
    assert open_here(SEALED) == b"lock the doors\n"


def test_the_frame_is_what_the_protocol_page_says() -> None:
    first, header, payload = SEALED.split(b"\n", 2)
    assert first.startswith(b"AC-SEALED doc-1 ")
    assert header == b'{"version":1,"kind":"orders","site":"riverside","to":"bridge-1","bytes":15}'
    assert payload == b"lock the doors\n"


def test_the_signature_covers_domain_header_and_payload() -> None:
    assert DOMAIN == b"school access control, sealed document\n"
    covered = SEALED[SEALED.index(b"\n") + 1 :]
    bare = KEY.private.sign(covered)  # what somebody could get signed who asks for a signature on other bytes
    forged = SEALED.replace(SEALED.split()[2], seal_text(bare), 1)
    with pytest.raises(Refused, match="signature does not fit"):
        open_here(forged)


def seal_text(signature: bytes) -> bytes:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(signature).rstrip(b"=")


@pytest.mark.parametrize("flip", [1, 0x20, 0x80, 0xFF])
def test_no_byte_can_be_changed(flip: int) -> None:
    for place in range(len(SEALED)):
        damaged = bytearray(SEALED)
        damaged[place] ^= flip
        with pytest.raises(Refused):
            open_here(bytes(damaged))


def test_no_byte_can_be_left_out_or_put_in() -> None:
    for place in range(len(SEALED)):
        with pytest.raises(Refused):
            open_here(SEALED[:place] + SEALED[place + 1 :])
        with pytest.raises(Refused):
            open_here(SEALED[:place] + b"0" + SEALED[place:])


def test_every_cut_is_refused() -> None:
    for length in range(len(SEALED)):
        with pytest.raises(Refused) as caught:
            open_here(SEALED[:length])
        assert caught.value.code is RefusalCode.TRUNCATED


def test_bytes_behind_the_end_are_refused(refuses: Refusing) -> None:
    with refuses(RefusalCode.TRAILING_GARBAGE):
        open_here(SEALED + SEALED)


@pytest.mark.parametrize(
    "data",
    [
        b"garbage on a line\n\nand more",
        b"\n\n\n",
        b"x" * 2000,
        SEALED.replace(b"AC-SEALED", b"AC-OPENED"),
        SEALED.replace(b"doc-1 ", b"doc 1 "),
        b"AC-SEALED doc-1 " + b"A" * 85 + b"B\n{}\n",
        b"AC-SEALED doc-1 " + b"A" * 86 + b"\n" + b" " * 600 + b"\n",
        b"garbage",
    ],
)
def test_something_else_is_no_sealed_document(data: bytes, refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_FRAME):
        open_here(data)


def test_a_second_spelling_of_the_signature_is_refused(refuses: Refusing) -> None:
    signature = SEALED.split()[2]
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spare = bytes([alphabet[alphabet.index(signature[-1]) + 1]])
    with refuses(RefusalCode.BAD_FRAME):
        open_here(SEALED.replace(signature, signature[:-1] + spare))


def test_another_kind_is_refused(refuses: Refusing) -> None:
    with refuses(RefusalCode.WRONG_KIND):
        open_sealed(SEALED, KEYS, kind=Kind.POLICY, site=SITE, to=BRIDGE)


def test_another_site_is_refused(refuses: Refusing) -> None:
    with refuses(RefusalCode.WRONG_SITE):
        open_sealed(SEALED, KEYS, kind=Kind.ORDERS, site="hillside", to=BRIDGE)


def test_another_recipient_is_refused(refuses: Refusing) -> None:
    with refuses(RefusalCode.WRONG_RECIPIENT):
        open_sealed(SEALED, KEYS, kind=Kind.ORDERS, site=SITE, to="bridge-2")


def test_a_key_that_nobody_issued_is_refused(refuses: Refusing) -> None:
    with refuses(RefusalCode.UNKNOWN_KEY):
        open_sealed(SEALED, {"doc-2": KEYS["doc-1"]}, kind=Kind.ORDERS, site=SITE, to=BRIDGE)


def test_another_key_under_the_same_name_is_refused(refuses: Refusing) -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key().public_bytes_raw()
    with refuses(RefusalCode.BAD_SIGNATURE):
        open_sealed(SEALED, {"doc-1": other}, kind=Kind.ORDERS, site=SITE, to=BRIDGE)


def test_a_key_that_is_none_counts_as_a_bad_signature(refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_SIGNATURE):
        open_sealed(SEALED, {"doc-1": b"short"}, kind=Kind.ORDERS, site=SITE, to=BRIDGE)


def test_an_unknown_version_is_refused(refuses: Refusing) -> None:
    with refuses(RefusalCode.UNKNOWN_VERSION):
        open_here(SEALED.replace(b'"version":1', b'"version":2'))


def test_size_is_judged_first(refuses: Refusing) -> None:
    with refuses(RefusalCode.TOO_LARGE):
        open_sealed(SEALED + b" " * LIMITS[Kind.RELEASE], KEYS, kind=Kind.RELEASE, site=SITE, to=BRIDGE)
    with refuses(RefusalCode.TOO_LARGE):
        seal(Kind.DIRECTIVE, b"x" * LIMITS[Kind.DIRECTIVE], KEY, site=SITE, to="site")


def test_what_could_not_be_opened_is_not_sealed(refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_FRAME):
        seal(Kind.ORDERS, b"", SigningKey("a b", KEY.private), site=SITE, to=BRIDGE)


def test_whoever_judges_the_recipient_learns_it_and_the_signer() -> None:
    opened = unseal(SEALED, KEYS, kind=Kind.ORDERS, site=SITE, to=None)
    assert (opened.key_id, opened.to) == ("doc-1", BRIDGE)


def test_a_kept_document_is_read_again_without_its_key(refuses: Refusing) -> None:
    assert reread(SEALED, kind=Kind.ORDERS) == b"lock the doors\n"
    with refuses(RefusalCode.WRONG_KIND):
        reread(SEALED, kind=Kind.ACTION)
    with refuses(RefusalCode.TRUNCATED):
        reread(SEALED[:-1], kind=Kind.ORDERS)


@given(data=st.binary(max_size=700))
def test_random_bytes_are_only_ever_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        open_here(data)


@given(st.binary(max_size=700), st.sampled_from(list(Kind)), st.text(min_size=1, max_size=40))
def test_any_payload_comes_back(payload: bytes, kind: Kind, to: str) -> None:
    sealed = seal(kind, payload, KEY, site=SITE, to=to)
    assert open_sealed(sealed, KEYS, kind=kind, site=SITE, to=to) == payload

from __future__ import annotations

import pytest

from access_control.core.credentials.canonical import Credential, digest, pin_digest

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("credential", "key"),
    [
        (Credential("H10301", 123, 4567), "H10301:123:4567"),
        (Credential("H10302", None, 12345678901), "H10302::12345678901"),
        (Credential("RAW32", None, 0x04A1B2C3), "RAW32::04A1B2C3"),
        (Credential("RAW26", None, 1), "RAW26::0000001"),
    ],
)
def test_the_canonical_text_of_a_credential(credential: Credential, key: str) -> None:
    assert credential.key == key


def test_the_same_number_in_another_facility_or_format_or_school_has_another_digest() -> None:
    cards = [Credential("H10301", 1, 5), Credential("H10301", 2, 5), Credential("H10306", 1, 5)]

    digests = {digest(KEY, card) for card in cards} | {digest(bytes(32), cards[0])}

    assert len(digests) == 4
    assert {len(each) for each in digests} == {16}


def test_digests_are_pinned_because_documents_carry_them() -> None:
    assert digest(KEY, Credential("H10301", 123, 4567)).hex() == "fe9701821fdb0a5be1c8f429a82cbbb2"
    assert pin_digest(KEY, 42, "1234").hex() == "7c452cfff8b89046874573195829bd3f"


def test_two_people_with_one_pin_have_different_digests() -> None:
    assert pin_digest(KEY, 1, "1234") != pin_digest(KEY, 2, "1234")

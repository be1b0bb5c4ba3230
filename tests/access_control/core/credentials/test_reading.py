from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import Credential
from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.credentials.reading import SWAPPED, BadRead, BadReadKind, read_card

CARD = Bits(0x2F623AE, 26)


def test_a_card_in_an_accepted_format_is_read() -> None:
    assert read_card(CARD, ("H10301",)) == Credential("H10301", 123, 4567)


def test_the_first_accepted_format_of_a_length_wins() -> None:
    bits = Bits(0x30393C481, 37)

    assert read_card(bits, ("H10304", "H10302")) == Credential("H10304", 12345, 123456)
    assert read_card(bits, ("H10302", "H10304")) == Credential("H10302", None, 6472458816)


def test_a_foreign_facility_code_is_told_apart_from_a_bad_read() -> None:
    assert read_card(CARD, ("H10301",), frozenset({7})) == BadRead(BadReadKind.FACILITY_CODE)
    assert read_card(CARD, ("H10301",), frozenset({123})) == Credential("H10301", 123, 4567)


def test_formats_without_a_facility_code_are_not_asked_for_one() -> None:
    bits = encode(FORMATS["H10302"], None, 5)

    assert read_card(bits, ("H10302",), frozenset({7})) == Credential("H10302", None, 5)


def test_a_later_format_may_have_the_right_facility_code() -> None:
    bits = Bits(0x30393C481, 37)

    assert read_card(bits, ("H10304", "H10302"), frozenset({9})) == Credential("H10302", None, 6472458816)


def test_a_length_nobody_accepts() -> None:
    assert read_card(CARD, ("H10306", "no such format")) == BadRead(
        BadReadKind.LENGTH, "no accepted format has 26 bits"
    )


def test_a_card_is_never_read_in_a_format_the_reader_does_not_accept() -> None:
    assert isinstance(read_card(CARD, ()), BadRead)


def test_swapped_wires_are_named() -> None:
    assert read_card(Bits(0x109DC51, 26), ("H10301",)) == BadRead(BadReadKind.PARITY, SWAPPED)


def test_plain_damage_is_not_blamed_on_the_wires() -> None:
    assert read_card(Bits(0x0F623AE, 26), ("H10301",)) == BadRead(BadReadKind.PARITY)


def test_zeros_and_ones_alone_are_a_broken_reader_even_where_no_parity_speaks() -> None:
    for value in (0, (1 << 32) - 1):
        found = read_card(Bits(value, 32), ("RAW32",))
        assert isinstance(found, BadRead)
        assert found.kind is BadReadKind.READER_FAULT


@given(
    st.integers(0, 96).flatmap(lambda n: st.tuples(st.integers(0, (1 << n) - 1), st.just(n))),
    st.lists(st.sampled_from([*FORMATS, "?"])),
)
def test_whatever_comes_is_a_credential_or_a_bad_read(frame: tuple[int, int], accepted: list[str]) -> None:
    found = read_card(Bits(*frame), tuple(accepted))

    assert isinstance(found, BadRead) or found.format in accepted

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import Credential
from access_control.core.credentials.formats import FORMATS, BadRead, BadReadKind, Format, Span, decode, encode

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors.json").read_text())
GUARDED = sorted(name for name, fmt in FORMATS.items() if fmt.parities)


def frame(text: str) -> Bits:
    return Bits(int(text, 2), len(text))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['format']}-{v['facility_code']}-{v['number']}")
def test_published_frames_read_and_write_as_published(vector: dict[str, Any]) -> None:
    fmt = FORMATS[vector["format"]]
    credential = Credential(fmt.name, vector["facility_code"], vector["number"])

    assert decode(fmt, frame(vector["bits"])) == credential
    assert encode(fmt, vector["facility_code"], vector["number"], vector["issue"]) == frame(vector["bits"])
    assert frame(vector["bits"]).left_justified() == bytes.fromhex(vector["left_justified"])


@pytest.mark.parametrize("value", [0x0F623AE, 0x2E623AE, 0x2F623AF, 0x109DC51])
def test_a_26_bit_frame_with_a_flipped_bit_fails_its_parity(value: int) -> None:
    assert decode(FORMATS["H10301"], Bits(value, 26)) == BadRead(BadReadKind.PARITY)


def test_two_flips_in_one_half_pass_parity_which_is_why_a_card_is_not_a_proof() -> None:
    found = decode(FORMATS["H10301"], Bits(0x2B223AE, 26))

    assert isinstance(found, Credential)
    assert found.facility_code == 89


def test_a_frame_of_another_length_is_refused() -> None:
    found = decode(FORMATS["H10301"], Bits(1, 34))

    assert found == BadRead(BadReadKind.LENGTH, "34 bits came, H10301 has 26")


def test_a_37_bit_frame_fits_two_formats_and_means_two_cards() -> None:
    bits = Bits(0x30393C481, 37)

    assert decode(FORMATS["H10304"], bits) == Credential("H10304", 12345, 123456)
    assert decode(FORMATS["H10302"], bits) == Credential("H10302", None, 6472458816)


def test_a_card_uid_is_taken_as_it_comes() -> None:
    assert decode(FORMATS["RAW32"], Bits(0x04A1B2C3, 32)) == Credential("RAW32", None, 0x04A1B2C3)


def test_an_em4100_tag_has_a_version_and_a_number() -> None:
    assert decode(FORMATS["EM4100"], Bits(0x04006A1C2B, 40)) == Credential("EM4100", 4, 6954027)


@given(st.data())
def test_what_is_written_is_read_back(data: st.DataObject) -> None:
    fmt = FORMATS[data.draw(st.sampled_from(sorted(FORMATS)))]
    facility = data.draw(_values(fmt.facility)) if fmt.facility else None
    number = data.draw(_values(fmt.number))

    assert decode(fmt, encode(fmt, facility, number)) == Credential(fmt.name, facility, number)


@given(st.data())
def test_any_single_flipped_bit_is_caught_by_formats_with_parity(data: st.DataObject) -> None:
    fmt = FORMATS[data.draw(st.sampled_from(GUARDED))]
    good = encode(fmt, data.draw(_values(fmt.facility)) if fmt.facility else None, data.draw(_values(fmt.number)))
    flipped = Bits(good.value ^ 1 << data.draw(st.integers(0, fmt.bits - 1)), fmt.bits)

    assert decode(fmt, flipped) == BadRead(BadReadKind.PARITY)


@pytest.mark.parametrize(
    ("fmt", "facility", "number", "issue"),
    [("H10301", 256, 1, 0), ("H10301", None, 1, 0), ("H10302", 3, 1, 0), ("H10301", 1, -1, 0), ("H10301", 1, 1, 2)],
)
def test_a_value_that_does_not_fit_is_not_written(fmt: str, facility: int | None, number: int, issue: int) -> None:
    with pytest.raises(ValueError, match=r"has no|cannot hold"):
        encode(FORMATS[fmt], facility, number, issue)


def _values(span: Span | None) -> st.SearchStrategy[int]:
    assert span is not None
    return st.integers(0, (1 << span.length) - 1)


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_every_format_is_explained_to_people(fmt: Format) -> None:
    page = (Path(__file__).parents[4] / "docs" / "credentials.md").read_text()

    assert f"`{fmt.name}`" in page

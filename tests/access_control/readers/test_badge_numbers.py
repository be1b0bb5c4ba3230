from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.credentials.formats import FORMATS, Format, decode, encode
from access_control.readers.badge_numbers import FORMAT_WORDS, is_raw, range_words, read_number
from access_control.readers.errors import BadValueError


def test_every_format_can_be_chosen() -> None:
    assert FORMAT_WORDS.keys() == FORMATS.keys()
    assert range_words(FORMATS["H10301"]) == "facility code 0 to 255, number 0 to 65535"
    assert range_words(FORMATS["RAW56"]) == "14 characters, 0 to 9 and A to F"


@given(st.data(), st.sampled_from(sorted(FORMATS)))
def test_what_is_accepted_is_what_a_reader_reads(data: st.DataObject, name: str) -> None:
    fmt: Format = FORMATS[name]
    number = data.draw(st.integers(0, (1 << fmt.number.length) - 1))
    facility = None if fmt.facility is None else data.draw(st.integers(0, (1 << fmt.facility.length) - 1))
    typed = f"{number:0{(fmt.bits + 3) // 4}x}" if is_raw(name) else str(number)
    bits = encode(fmt, facility, number)
    if bits.value in {0, (1 << bits.length) - 1}:
        with pytest.raises(BadValueError):
            read_number(name, "" if facility is None else str(facility), typed)
        return
    found = read_number(name, "" if facility is None else str(facility), typed)
    assert found == decode(fmt, bits)


@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=12), st.text(max_size=12))
def test_nonsense_is_refused_in_a_sentence(name: str, facility: str, number: str) -> None:
    assert _refused_field(name, facility, number) in {None, "facility_code", "number"}


def _refused_field(name: str, facility: str, number: str) -> str | None:
    try:
        read_number(name, facility, number)
    except BadValueError as refused:
        return refused.field
    return None

import pytest

from access_control.core.wire.errors import RefusalCode, Refused

RELEASED = [
    "too_large",
    "truncated",
    "trailing_garbage",
    "bad_frame",
    "unknown_version",
    "wrong_kind",
    "wrong_site",
    "wrong_recipient",
    "unknown_key",
    "bad_signature",
    "bad_content",
    "bad_reference",
    "bad_columns",
    "bad_timetable",
    "bad_wiring",
    "unsafe_door",
    "wrong_digest_key",
    "older",
    "same_revision",
    "expired",
    "not_allowed",
]


def test_released_codes_never_change() -> None:
    assert [code.value for code in RefusalCode][: len(RELEASED)] == RELEASED


def test_a_refusal_carries_code_and_sentence() -> None:
    refusal = Refused("older", "It is old. Get a new one.")
    assert (refusal.code, refusal.sentence, str(refusal)) == (
        RefusalCode.OLDER,
        "It is old. Get a new one.",
        "It is old. Get a new one.",
    )


def test_a_code_must_exist() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        Refused("nonsense", "Never mind.")

"""A reader on the bench that is busy, or refuses: each answer is taken for what it means."""

from pathlib import Path

import pytest

from firmware_bridge.devices import bench as bench_module
from firmware_bridge.devices.commissioning import CommissioningError, Where, commission, key_of, rotate
from firmware_bridge.protocol.osdp.commands import SetKey
from firmware_bridge.protocol.osdp.replies import Busy, Nak
from tests.firmware_bridge.devices.twisted_reader import (
    BAUD,
    CAP,
    CHLNG,
    CLOCK,
    ID,
    KEYSET,
    SCRYPT,
    Answer,
    bench,
    says,
)

NEW_KEY = bytes(range(16))
OLD = b"O" * 16
BUSY = says(Busy())


@pytest.mark.parametrize("code", [ID, CAP, CHLNG, SCRYPT, KEYSET])
def test_a_reader_that_is_busy_for_a_moment_is_waited_for(tmp_path: Path, code: int) -> None:
    with bench(tmp_path, first={code: [BUSY] * 6}) as (path, reader):
        begun_s = CLOCK.monotonic_s()
        commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)

        assert reader.key == NEW_KEY
        assert CLOCK.monotonic_s() - begun_s > 0.3


def test_a_reader_that_is_busy_for_ever_is_said_to_be_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_module, "BUSY_S", 0.4)
    with (
        bench(tmp_path, twist={ID: BUSY}) as (path, _),
        pytest.raises(CommissioningError, match=r"busy.*try again") as problem,
    ):
        commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)
    assert not problem.value.key_may_be_set


@pytest.mark.parametrize("code", [ID, CAP, CHLNG, SCRYPT, KEYSET])
@pytest.mark.parametrize("refusal", [1, 4, 9])
def test_a_refusal_of_the_moment_is_worth_another_attempt(tmp_path: Path, code: int, refusal: int) -> None:
    with bench(tmp_path, first={code: [says(Nak(refusal))]}) as (path, reader):
        commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)
        assert reader.key == NEW_KEY


@pytest.mark.parametrize(
    ("code", "refusal", "sentence"),
    [
        (ID, 3, "does not say who it is"),
        (CAP, 9, "refuses to say what it can do: it cannot do it now"),
        (CHLNG, 3, "no Secure Channel"),
        (CHLNG, 6, "already has a key"),
        (CHLNG, 9, "does not open a protected session: it cannot do it now"),
        (SCRYPT, 6, "does not open a protected session"),
    ],
)
def test_a_refusal_that_stays_is_said_in_words(tmp_path: Path, code: int, refusal: int, sentence: str) -> None:
    with bench(tmp_path, twist={code: says(Nak(refusal))}) as (path, _), pytest.raises(CommissioningError) as problem:
        commission(path, BAUD, 1, NEW_KEY, clock=CLOCK)
    assert sentence in str(problem.value)
    assert not problem.value.key_may_be_set


def test_a_key_that_the_reader_refuses_under_protection_is_known_not_to_be_set(tmp_path: Path) -> None:
    with bench(tmp_path, OLD) as (path, reader):
        reader.obeys_otherwise = {SetKey: Nak(3)}
        with pytest.raises(CommissioningError, match=r"did not take the new key.*unchanged") as problem:
            rotate(Where(path, BAUD, 1), OLD, NEW_KEY, clock=CLOCK)
        assert reader.key == OLD
    assert not problem.value.key_may_be_set


def test_a_reader_that_could_not_just_now_is_never_taken_for_one_with_another_key(tmp_path: Path) -> None:
    unable: Answer = says(Nak(9))
    with bench(tmp_path, OLD, twist={CHLNG: unable}) as (path, _), pytest.raises(CommissioningError):
        key_of(Where(path, BAUD, 1), [NEW_KEY, OLD], clock=CLOCK)

"""Who counts at a marked reader, rule by rule, on a school of one door."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import Credential, digest
from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.decision.building import DeviceKind, Door, DoorClass, Lock, LockKind, Point, Reader
from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import (
    BadgeStatus,
    Board,
    Facts,
    HolderClass,
    Known,
    Orders,
    Policy,
    Read,
    Revision,
)
from access_control.core.decision.releasers import Releaser, Standing, judge_releaser
from access_control.core.wire.policy import Badge, Person, PolicyDraft, decode_policy, encode_policy

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
NOW = int(AT.timestamp())
MONTH = 31 * 86_400
KEY = bytes(range(32))
KNOWN = Facts(clock_trusted=Known.YES, locked_out=Known.NO, pin_paused=Known.NO)
DOUBTED = replace(KNOWN, clock_trusted=Known.NO)
NO_ORDERS = Orders(Revision(1, 1), DirectiveSet())
CARD = Credential("H10301", 12, 100)
BITS = encode(FORMATS["H10301"], 12, 100)
SITE, BRIDGE = "01980000-0000-7000-8000-000000000001", "01980000-0000-7000-8000-000000000002"


def policy(*, reader: dict[str, Any] | None = None, badge: dict[str, Any] | None = None, **person: Any) -> Policy:
    said = {"pin": "4711", "may_release": True, **person}
    draft = PolicyDraft(
        site=SITE,
        site_code=1,
        bridge=BRIDGE,
        revision=Revision(1, 1),
        made_at=AT,
        horizon=NOW + 400 * 86_400,
        doors=[Door(1, "1", "Office", DoorClass.ROOM, Lock(LockKind.STRIKE, Point(DeviceKind.BOARD, 1, 0)))],
        readers=[replace(Reader(1, "Office", 1, "A", 0, ("H10301",), takes_releases=True), **(reader or {}))],
        boards=[Board(1, "Board", "B", 1, 8, 8)],
        people=[Person(7, said.pop("holder_class", HolderClass.STAFF), **said)],
        badges=[Badge(CARD, 7, **(badge or {}))],
    )
    return decode_policy(encode_policy(draft, KEY), KEY)


def judge(made: Policy, pin: str | None = "4711", facts: Facts = KNOWN, orders: Orders = NO_ORDERS) -> Releaser:
    return judge_releaser(made, orders, Read(1, bits=BITS, pin=pin), facts, AT)


def test_card_and_pin_of_somebody_who_may() -> None:
    assert judge(policy()) == (Standing.GOOD, 7)
    assert judge(policy(), None) == (Standing.PIN_WANTED, 7)
    assert judge(policy(), "4712") == (Standing.PIN_WRONG, 7)
    assert judge(policy(), "") == (Standing.PIN_WRONG, 7)


@pytest.mark.parametrize(
    "made",
    [
        policy(reader={"takes_releases": False}),
        policy(reader={"enabled": False}),
        policy(reader={"facility_codes": frozenset({99})}),
        policy(may_release=False),
        policy(pin=None),
        policy(active=False),
        policy(valid_until=NOW),
        policy(valid_from=NOW + 1),
        policy(badge={"status": BadgeStatus.SUSPENDED}),
        policy(badge={"valid_until": NOW}),
    ],
)
def test_whatever_is_missing_makes_nobody_even_with_the_right_pin(made: Policy) -> None:
    assert judge(made).standing is Standing.NOBODY


def test_a_revoked_badge_and_an_unknown_reader_make_nobody() -> None:
    revoked = replace(NO_ORDERS, revoked={digest(KEY, CARD): BadgeStatus.LOST})
    assert judge(policy(), orders=revoked) == (Standing.NOBODY, 7)
    assert judge_releaser(policy(), NO_ORDERS, Read(2, bits=BITS, pin="4711"), KNOWN, AT) == (Standing.NOBODY, None)
    assert judge_releaser(policy(), NO_ORDERS, Read(1, text="7", pin="4711"), KNOWN, AT) == (Standing.NOBODY, None)


@pytest.mark.parametrize("fact", ["locked_out", "pin_paused"])
@pytest.mark.parametrize("known", [Known.YES, Known.UNKNOWN])
@pytest.mark.parametrize("holder_class", [HolderClass.STAFF, HolderClass.RESPONDER])
def test_a_pause_holds_up_everybody_and_not_knowing_is_one(fact: str, known: Known, holder_class: HolderClass) -> None:
    facts = replace(KNOWN, **{fact: known})
    assert judge(policy(holder_class=holder_class), facts=facts) == (Standing.PAUSED, 7)


@pytest.mark.parametrize("holder_class", [HolderClass.STAFF, HolderClass.RESPONDER])
@pytest.mark.parametrize(
    ("window", "counts"),
    [
        ({}, True),
        ({"valid_until": NOW + MONTH + 1}, True),
        ({"valid_until": NOW + MONTH}, False),
        ({"valid_from": NOW}, True),
        ({"valid_from": NOW + 1}, False),
    ],
)
def test_an_untrusted_clock_leaves_only_what_is_beyond_doubt(
    window: dict[str, Any], counts: bool, holder_class: HolderClass
) -> None:
    standing = Standing.GOOD if counts else Standing.NOBODY
    assert judge(policy(holder_class=holder_class, **window), facts=DOUBTED).standing is standing
    assert judge(policy(holder_class=holder_class, badge=window), facts=DOUBTED).standing is standing


def test_a_time_without_a_zone_makes_nobody() -> None:
    read = Read(1, bits=BITS, pin="4711")
    assert judge_releaser(policy(), NO_ORDERS, read, KNOWN, AT.replace(tzinfo=None)).standing is Standing.NOBODY


def test_documents_that_contradict_themselves_make_nobody() -> None:
    made = policy()
    nowhere = replace(made, doors={}), replace(made, holders=replace(made.holders, pins=dict[int, Any]({0: None})))
    assert [judge(one).standing for one in nowhere] == [Standing.NOBODY] * 2


@given(
    pin=st.none() | st.text(max_size=20),
    value=st.integers(0, 2**26 - 1),
    facts=st.builds(Facts, *[st.sampled_from(Known)] * 7),
    after_s=st.integers(-(10**9), 10**9),
)
def test_only_the_right_pin_to_the_right_card_counts(pin: str | None, value: int, facts: Facts, after_s: int) -> None:
    read = Read(1, bits=Bits(value, 26), pin=pin)
    found = judge_releaser(SCHOOL, NO_ORDERS, read, facts, AT + timedelta(seconds=after_s))
    assert (found.standing is Standing.GOOD) <= (pin == "4711" and read.bits == BITS)


SCHOOL = policy()

"""decide() as a whole: its documented order, that it never raises, and that explaining changes nothing."""

import os
import re
from array import array
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access_control.core.credentials.bits import Bits
from access_control.core.decision.case import Rule
from access_control.core.decision.decide import CARD_ORDER, PASS_ORDER, decide
from access_control.core.decision.emergency import DEFAULT_EMERGENCY_RULES, Directive, DirectiveSet
from access_control.core.decision.model import (
    BadgeStatus,
    Credentials,
    Decision,
    EmergencyAction,
    Facts,
    HolderClass,
    Holders,
    Known,
    Orders,
    Policy,
    Read,
    Revision,
)
from access_control.core.decision.reasons import Reason
from tests.corpus.loading import CERTAIN, Case, building, load

LONG = int(os.environ.get("LONG", "0"))
MONDAY_TEN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
QUIET = Orders(Revision(1, 1), DirectiveSet())
EMPTY = Policy(
    site="",
    site_code=0,
    bridge="",
    revision=Revision(0, 0),
    made_at=MONDAY_TEN,
    horizon=2**40,
    digest_key=b"",
    doors={},
    readers={},
    boards={},
    grants={},
    denials={},
    level_sets=(),
    holders=Holders(array("q"), (), array("q"), b"", b"", array("q"), array("q")),
    credentials=Credentials({}, array("q"), (), array("q"), array("q")),
    emergency_rules=DEFAULT_EMERGENCY_RULES,
)


def case_named(name: str) -> Case:
    return next(case for case in load() if case.name == name)


ADAMS = case_named("reads: a card of ours opens").read
VISITOR = case_named("passes: a fresh pass opens the front door").read


def listed(text: str) -> list[list[str]]:
    """The lists in a text that begin with *goes through*, each as its items."""
    lists = re.findall(r"goes through these(?: rules)?: (.+?)\.\n", text, re.DOTALL)
    return [[" ".join(item.split()) for item in found.split(",")] for found in lists]


def tables_of_rules(page: str) -> list[list[str]]:
    """The first column of each table on docs/decisions.md whose heading is *rule*."""
    found: list[list[str]] = []
    for table in page.split("| rule | asks | refuses with |\n")[1:]:
        found.append([])
        for line in table.splitlines()[1:]:
            if not line.startswith("|"):
                break
            found[-1].append(line.split("|")[1].strip())
    return found


def names(rules: tuple[Rule, ...]) -> list[str]:
    return [rule.name for rule in rules]


def test_the_docstring_has_the_order_of_the_rules() -> None:
    assert listed(decide.__doc__ or "") == [names(CARD_ORDER), names(PASS_ORDER)]


def test_the_page_has_the_order_of_the_rules(root: Path) -> None:
    assert tables_of_rules((root / "docs/decisions.md").read_text()) == [names(CARD_ORDER), names(PASS_ORDER)]


def test_an_empty_policy_refuses_everything() -> None:
    for read in (ADAMS, VISITOR, Read(0), Read(1, text="")):
        decision = decide(EMPTY, QUIET, read, CERTAIN, MONDAY_TEN)
        assert (decision.granted, decision.reason) == (False, Reason.DENIED_UNKNOWN_READER)


def test_an_instant_without_a_time_zone_is_refused(small_school: Policy) -> None:
    naive = MONDAY_TEN.replace(tzinfo=None)
    assert decide(small_school, QUIET, ADAMS, CERTAIN, naive).reason is Reason.DENIED_POLICY


def test_time_zones_do_not_matter(small_school: Policy) -> None:
    elsewhere = MONDAY_TEN.astimezone(ZoneInfo("America/Chicago"))
    assert decide(small_school, QUIET, ADAMS, CERTAIN, elsewhere).granted


def test_a_verdict_carries_who_and_where_and_never_the_number(small_school: Policy) -> None:
    decision = decide(small_school, QUIET, ADAMS, CERTAIN, MONDAY_TEN, explain=True)
    assert (decision.door, decision.holder_ref, decision.holder_class) == (1, 1, HolderClass.STAFF)
    assert decision.credential in small_school.credentials.rows
    assert "1001" not in repr(decision.trace)


def test_a_refused_pass_is_named_only_once_it_is_known_to_be_genuine() -> None:
    forged = case_named("passes: an altered pass")
    used = case_named("passes: a pass that has been used")
    assert decide(forged.policy, forged.orders, forged.read, forged.facts, forged.at).pass_id is None
    assert decide(used.policy, used.orders, used.read, used.facts, used.at).pass_id == 1001


@pytest.mark.parametrize("case", load(), ids=str)
def test_explaining_changes_nothing_but_the_trace(case: Case) -> None:
    plain = decide(case.policy, case.orders, case.read, case.facts, case.at)
    told = decide(case.policy, case.orders, case.read, case.facts, case.at, explain=True)
    assert plain.trace == ()
    assert told._replace(trace=()) == plain
    assert all(step.passed for step in told.trace[:-1])
    assert told.trace[-1].passed == told.granted
    assert all(step.saw for step in told.trace)


def test_the_trace_of_a_grant_names_every_rule_in_order(small_school: Policy) -> None:
    told = decide(small_school, QUIET, ADAMS, CERTAIN, MONDAY_TEN, explain=True)
    assert [step.rule for step in told.trace] == names(CARD_ORDER)


def test_documents_that_contradict_themselves_refuse_and_the_trace_names_the_rule(small_school: Policy) -> None:
    front = small_school.readers[1]
    broken = replace(small_school, readers={1: replace(front, door=99)})
    decision = decide(broken, QUIET, ADAMS, CERTAIN, MONDAY_TEN, explain=True)
    assert decision.reason is Reason.DENIED_POLICY
    assert decision.trace[-1].rule == "door known"


def test_a_broken_column_refuses_and_the_trace_survives(small_school: Policy) -> None:
    credentials = replace(small_school.credentials, status=())
    decision = decide(replace(small_school, credentials=credentials), QUIET, ADAMS, CERTAIN, MONDAY_TEN, explain=True)
    assert decision.reason is Reason.DENIED_POLICY
    assert (decision.trace[-1].rule, decision.trace[-1].saw) == ("badge status", "nothing that could be told")


def test_a_door_without_timers_refuses(small_school: Policy) -> None:
    doors = {**small_school.doors, 1: replace(small_school.doors[1], timing=cast("Any", None))}
    assert decide(replace(small_school, doors=doors), QUIET, ADAMS, CERTAIN, MONDAY_TEN).reason is Reason.DENIED_POLICY


def test_things_that_are_no_documents_at_all_refuse() -> None:
    nothing = cast("Any", None)
    assert decide(nothing, nothing, nothing, nothing, nothing).reason is Reason.DENIED_POLICY


SMALL = building().policy
NUMBERS = st.integers(-3, 12)
COLUMN = st.lists(st.integers(-3, 20) | st.just(2**62), max_size=12).map(lambda values: array("q", values))
READERS = st.builds(
    replace,
    st.sampled_from(list(SMALL.readers.values())),
    door=NUMBERS,
    formats=st.lists(st.sampled_from(["H10301", "C1k35s", "RAW32", "no such format"]), max_size=3).map(tuple),
    takes_passes=st.booleans(),
    enabled=st.booleans(),
)
POLICIES = st.builds(
    replace,
    st.just(SMALL),
    readers=st.dictionaries(NUMBERS, READERS, max_size=4) | st.just(SMALL.readers),
    doors=st.dictionaries(NUMBERS, st.sampled_from(list(SMALL.doors.values())), max_size=4) | st.just(SMALL.doors),
    level_sets=st.lists(st.lists(NUMBERS, max_size=3).map(tuple), max_size=3).map(tuple) | st.just(SMALL.level_sets),
    holders=st.builds(
        replace,
        st.just(SMALL.holders),
        refs=COLUMN | st.just(SMALL.holders.refs),
        classes=st.lists(st.sampled_from(HolderClass), max_size=12).map(tuple) | st.just(SMALL.holders.classes),
        level_sets=COLUMN | st.just(SMALL.holders.level_sets),
        active=st.binary(max_size=12) | st.just(SMALL.holders.active),
        pins=st.dictionaries(NUMBERS, st.binary(max_size=16)),
    ),
    credentials=st.builds(
        replace,
        st.just(SMALL.credentials),
        rows=st.fixed_dictionaries(dict.fromkeys(SMALL.credentials.rows, NUMBERS)) | st.just(SMALL.credentials.rows),
        holders=COLUMN | st.just(SMALL.credentials.holders),
        status=st.lists(st.sampled_from(BadgeStatus), max_size=12).map(tuple) | st.just(SMALL.credentials.status),
    ),
    digest_key=st.binary(max_size=64) | st.just(SMALL.digest_key),
    pass_keys=st.dictionaries(NUMBERS, st.binary(max_size=40)) | st.just(SMALL.pass_keys),
    pass_groups=st.dictionaries(NUMBERS, st.frozensets(NUMBERS)) | st.just(SMALL.pass_groups),
    horizon=st.integers(-(2**62), 2**62),
)
READS = st.builds(
    Read,
    reader=NUMBERS,
    bits=st.none()
    | st.sampled_from([case.read.bits for case in load()])
    | st.integers(0, 64).flatmap(lambda n: st.integers(0, 2**n - 1).map(lambda value: Bits(value, n))),
    text=st.none() | st.text() | st.sampled_from([case.read.text for case in load()]),
    pin=st.none() | st.text(max_size=20),
)
FACTS = st.builds(Facts, *[st.sampled_from(Known)] * 6)
INSTANTS = st.datetimes(timezones=st.none() | st.just(UTC)) | st.timedeltas(
    timedelta(days=-5), timedelta(days=500)
).map(lambda later: MONDAY_TEN + later)


@settings(max_examples=5000 if LONG else 400, deadline=None)
@given(POLICIES, READS, FACTS, INSTANTS)
def test_nothing_makes_it_raise_and_explaining_never_changes_the_verdict(
    policy: Policy, read: Read, facts: Facts, at: datetime
) -> None:
    plain = decide(policy, QUIET, read, facts, at)
    assert decide(policy, QUIET, read, facts, at, explain=True)._replace(trace=()) == plain
    assert plain.granted == (plain.reason in {reason for reason in Reason if "GRANTED" in reason})
    assert (plain.unlock_s > 0) == plain.granted


CASES = st.sampled_from(load())


@settings(max_examples=2000 if LONG else 200, deadline=None)
@given(CASES, st.sampled_from(EmergencyAction), st.booleans())
def test_one_more_emergency_never_opens_anything(case: Case, action: EmergencyAction, drill: bool) -> None:
    raised = Directive("one more", action, "site", frozenset(), "service", "operator:1", drill, MONDAY_TEN)
    orders = replace(case.orders, directives=case.orders.directives.with_directive(raised))
    before = decide(case.policy, case.orders, case.read, case.facts, case.at)
    after = decide(case.policy, orders, case.read, case.facts, case.at)
    assert before.granted or not after.granted
    if before.holder_class is HolderClass.RESPONDER:
        assert after.granted == before.granted


@settings(max_examples=2000 if LONG else 200, deadline=None)
@given(CASES, st.sampled_from(BadgeStatus))
def test_a_badge_revoked_by_orders_is_dead_whatever_policy_says(case: Case, status: BadgeStatus) -> None:
    before = decide(case.policy, case.orders, case.read, case.facts, case.at)
    if before.credential is not None:
        orders = replace(case.orders, revoked={before.credential: status})
        assert not decide(case.policy, orders, case.read, case.facts, case.at).granted


@settings(max_examples=2000 if LONG else 200, deadline=None)
@given(CASES, st.sampled_from(list(Facts.__dataclass_fields__)))
def test_not_knowing_the_clock_or_a_pass_is_the_worse_answer(case: Case, fact: str) -> None:
    """For these facts *unknown* is as bad as the answer that refuses."""
    worse = {"clock_trusted": Known.NO, "pass_used": Known.YES}
    if fact in worse:
        unknown = replace(case.facts, **{fact: Known.UNKNOWN})
        bad = replace(case.facts, **{fact: worse[fact]})
        assert verdict(case, unknown) == verdict(case, bad)


def verdict(case: Case, facts: Facts) -> Decision:
    return decide(case.policy, case.orders, case.read, facts, case.at)

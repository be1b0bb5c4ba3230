"""An emergency ends by a person only, with a reason, after a wait, and once."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access_control.audit.models import AuditRecord
from access_control.core.decision.emergency import Release
from access_control.core.decision.model import DoorClass, EmergencyAction
from access_control.core.wire.directives import Authority, open_release, seal_directive, seal_release
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.signing import SigningKey
from access_control.database.engine import Database
from access_control.database.errors import DatabaseBusyError
from access_control.emergency import releasing
from access_control.emergency.board import read_board
from access_control.emergency.errors import EmergencyError, MayNotError, NoSuchDirectiveError, ReleaseRefusedError
from access_control.emergency.models import DoorAnswer, PendingRelease
from access_control.emergency.releasing import (
    Asked,
    Wanted,
    ask_release,
    cancel_release,
    finish_due,
    missing_for,
    not_carried_out,
    releases_of,
    waiting_releases,
)
from access_control.emergency.school import School, read_school
from access_control.people.models import Operator
from access_control.people.permissions import Place, Role
from access_control.readers import orders
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, Door
from access_control.readers.records import DirectiveRow, EventRow, ReleaseRow
from tests.building.emergencies import AT, DIRECTIVE, MAIN_BRIDGE, SITE, SOUTH_BRIDGE, actor, directive, fresh_id

WHY = "Police gave the all clear."


@pytest.fixture
def locked_down(school_database: Database, keys: SchoolKeys) -> Database:
    """A school under a lockdown since ``AT``."""
    with school_database.writing() as session:
        sealed = seal_directive(directive(), keys.document, site=SITE)
        orders.add_directive(session, keys, AT, directive(), [sealed], by_name="A. Rivera")
    return school_database


def now_school(session: Session) -> School:
    school = read_school(session)
    assert school is not None
    return school


def ask(
    database: Database, keys: SchoolKeys, *, part: str = "all", why: str = WHY, alone: bool = False, id_: str = "",
    at: datetime = AT, who: object = None,
) -> Asked:  # fmt: skip
    with database.writing() as session:
        wanted = Wanted(id_ or fresh_id(), DIRECTIVE, part, why, alone)
        by = who or actor()
        return ask_release(session, keys, at, now_school(session), wanted, by)  # type: ignore[arg-type] # an Actor


def in_force(database: Database) -> frozenset[int]:
    """The doors that are still under the lockdown."""
    with database.reading() as session:
        school = now_school(session)
        return frozenset().union(*(school.in_scope(one.directive) - one.released for one in school.running))


def test_a_release_ends_it_for_all_doors_and_says_why(locked_down: Database, keys: SchoolKeys) -> None:
    asked = ask(locked_down, keys, at=AT + timedelta(minutes=5))
    assert asked.due_at is None
    assert in_force(locked_down) == frozenset()
    with locked_down.reading() as session:
        row = session.get_one(DirectiveRow, DIRECTIVE)
        assert row.ended_at == AT + timedelta(minutes=5)
        (release,) = releases_of(session, DIRECTIVE)
        assert (release.by_name, release.why, release.doors, release.second) == ("A. Rivera", WHY, None, None)
        assert "emergency.released" in session.scalars(select(AuditRecord.action)).all()


def test_the_same_release_twice_releases_once(locked_down: Database, keys: SchoolKeys) -> None:
    id_ = fresh_id()
    first = ask(locked_down, keys, part="building:1", id_=id_)
    assert ask(locked_down, keys, part="all", id_=id_) == first
    with locked_down.reading() as session:
        assert session.scalar(select(func.count()).select_from(ReleaseRow)) == 1
    assert in_force(locked_down) == {4, 5, 6}


def test_a_staged_release_leaves_the_rest(locked_down: Database, keys: SchoolKeys) -> None:
    ask(locked_down, keys, part="building:1")
    assert in_force(locked_down) == {4, 5, 6}
    ask(locked_down, keys, part="door:4,door:5")
    assert in_force(locked_down) == {6}
    ask(locked_down, keys, part="building:2")
    assert in_force(locked_down) == frozenset()
    with locked_down.reading() as session:
        assert session.get_one(DirectiveRow, DIRECTIVE).ended_at is not None


def test_who_decides_alone_waits_and_can_cancel(locked_down: Database, keys: SchoolKeys) -> None:
    asked = ask(locked_down, keys, alone=True)
    assert asked.due_at == AT + timedelta(seconds=10)
    early, due = AT + timedelta(seconds=9.9), AT + timedelta(seconds=10)
    assert finish_due(locked_down, keys, early) == 0
    with locked_down.writing() as session:
        assert [pending.id for pending in waiting_releases(session, DIRECTIVE)] == [asked.id]
        assert cancel_release(session, early, now_school(session), asked.id, actor())
        assert not cancel_release(session, early, now_school(session), asked.id, actor())
    assert finish_due(locked_down, keys, due) == 0
    assert in_force(locked_down) == frozenset(range(1, 7))
    with pytest.raises(ReleaseRefusedError):
        ask(locked_down, keys, alone=True, id_=asked.id)


def test_the_server_finishes_a_release_that_waits_once(locked_down: Database, keys: SchoolKeys) -> None:
    asked = ask(locked_down, keys, alone=True)
    due = AT + timedelta(seconds=10)
    for done in (1, 0):
        assert finish_due(locked_down, keys, due) == done
    assert in_force(locked_down) == frozenset()
    assert ask(locked_down, keys, alone=True, id_=asked.id).due_at is None
    with locked_down.writing() as session:
        assert not cancel_release(session, due, now_school(session), asked.id, actor())


def close_account(_session: Session, account: Operator) -> None:
    account.active = False


def take_the_right_away(session: Session, account: Operator) -> None:
    session.delete(account.grants[0])


@pytest.mark.parametrize("meanwhile", [close_account, take_the_right_away])
def test_who_may_not_release_any_more_when_the_wait_is_over_releases_nothing(
    locked_down: Database, keys: SchoolKeys, meanwhile: Callable[[Session, Operator], None]
) -> None:
    ask(locked_down, keys, alone=True)
    with locked_down.writing() as session:
        meanwhile(session, session.get_one(Operator, actor().id))
    assert finish_due(locked_down, keys, AT + timedelta(seconds=10)) == 0
    assert in_force(locked_down) == frozenset(range(1, 7))
    with locked_down.reading() as session:
        assert waiting_releases(session) == []
        failed = not_carried_out(session, DIRECTIVE)
        assert failed is not None
        assert failed.cancelled_why == "A. Rivera may not release this any more."
        assert "emergency.release_cancelled" in session.scalars(select(AuditRecord.action)).all()


def test_only_who_could_have_asked_for_a_release_takes_it_back(locked_down: Database, keys: SchoolKeys) -> None:
    asked = ask(locked_down, keys, part="building:1", alone=True)
    with locked_down.writing() as session, pytest.raises(MayNotError):
        cancel_release(session, AT, now_school(session), asked.id, actor(place=Place(SITE, 2)))
    with locked_down.writing() as session:
        assert cancel_release(session, AT, now_school(session), asked.id, actor(place=Place(SITE, 1)))


@pytest.mark.parametrize("why", ["", "   ", "too short", " all   clear "])
def test_a_reason_has_ten_characters(locked_down: Database, keys: SchoolKeys, why: str) -> None:
    with pytest.raises(ReleaseRefusedError) as refused:
        ask(locked_down, keys, why=why)
    assert refused.value.field == "why"
    assert in_force(locked_down) == frozenset(range(1, 7))


def test_what_is_missing_is_named() -> None:
    assert missing_for("short", password_given=False) == (
        "Still needed: a reason of at least 10 characters and your password."
    )
    assert missing_for(WHY, password_given=False) == "Still needed: your password."
    assert missing_for(WHY, password_given=True) == ""


ENDLESS = pytest.param("door:" + "1" * 5000, id="a long door")


@pytest.mark.parametrize(
    "part", ["building:9", "door:99", "door:x", "", "zone:1", "door:\u0661", "door:1,door:x", ENDLESS]
)
def test_a_part_that_is_not_in_it_releases_nothing(locked_down: Database, keys: SchoolKeys, part: str) -> None:
    with pytest.raises(EmergencyError):
        ask(locked_down, keys, part=part)
    assert in_force(locked_down) == frozenset(range(1, 7))


def test_who_may_release_where_is_judged_by_the_grant(locked_down: Database, keys: SchoolKeys) -> None:
    south = actor(place=Place(SITE, 2))
    with pytest.raises(MayNotError):
        ask(locked_down, keys, who=actor(Role.FRONT_DESK))
    with pytest.raises(MayNotError):
        ask(locked_down, keys, who=south)
    ask(locked_down, keys, part="building:2", who=south)
    assert in_force(locked_down) == {1, 2, 3}


def test_who_has_one_building_releases_it_when_it_is_all_that_is_left(locked_down: Database, keys: SchoolKeys) -> None:
    ask(locked_down, keys, part="building:2")
    north = actor(place=Place(SITE, 1))
    ask(locked_down, keys, part="building:1", who=north)
    assert in_force(locked_down) == frozenset()
    with locked_down.reading() as session:
        assert session.get_one(DirectiveRow, DIRECTIVE).ended_at is None, "only who may end all of it ends it"
    with pytest.raises(ReleaseRefusedError, match="released already"):
        ask(locked_down, keys, part="building:1", who=north)
    ask(locked_down, keys)
    with locked_down.reading() as session:
        assert session.get_one(DirectiveRow, DIRECTIVE).ended_at is not None


def many_doors(database: Database) -> frozenset[int]:
    """Give building 2 more doors than one document can name, because of gaps between their numbers; all it has then."""
    numbers = range(100_000, 100_000 + 330 * 7, 7)
    with database.writing() as session:
        for number in numbers:
            session.add(
                Door(
                    id=number, building_id=2, bridge_id=SOUTH_BRIDGE, number=str(number), name="Locker",
                    door_class=DoorClass.ROOM, lock_output=f"board 1.{number}",
                )
            )  # fmt: skip
    return frozenset(numbers) | {4, 5, 6}


def test_a_release_of_more_doors_than_one_document_names_goes_out_in_parts(
    locked_down: Database, keys: SchoolKeys
) -> None:
    doors = many_doors(locked_down)
    assert ask(locked_down, keys, part="building:2", alone=True).doors == doors
    assert finish_due(locked_down, keys, AT + timedelta(seconds=10)) == 1
    assert in_force(locked_down) == {1, 2, 3}
    with locked_down.reading() as session:
        parts = releases_of(session, DIRECTIVE)
        assert len(parts) > 1
        authority = Authority(service=keys.document_public())
        signed = [open_release(b64decode(part.sealed), authority, site=SITE) for part in parts]
        assert frozenset().union(*(one.doors or () for one in signed)) == doors
        assert len({one.id for one in signed}) == len(parts), "a bridge knows a release by its id"


def test_a_release_that_cannot_be_signed_is_refused_and_not_kept(
    locked_down: Database, keys: SchoolKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "seal_release", cannot_sign)
    with pytest.raises(ReleaseRefusedError, match="cannot be signed"):
        ask(locked_down, keys, alone=True)
    with locked_down.reading() as session:
        assert waiting_releases(session) == []


def cannot_sign(*_args: object, **_named: object) -> bytes:
    raise Refused(RefusalCode.TOO_LARGE, "This is too large.")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Refused(RefusalCode.TOO_LARGE, "This is too large."), "This is too large."),
        (RuntimeError("nobody thought of this"), "The log of the service says more."),
    ],
)
def test_one_release_that_cannot_be_carried_out_keeps_no_other_waiting(
    locked_down: Database, keys: SchoolKeys, monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
) -> None:
    bad = ask(locked_down, keys, part="building:1", alone=True)
    good = ask(locked_down, keys, part="building:2", alone=True)
    sign = seal_release

    def sign_others(release: Release, key: SigningKey, *, site: str) -> bytes:
        if release.id == bad.id:
            raise error
        return sign(release, key, site=site)

    monkeypatch.setattr(releasing, "seal_release", sign_others)
    assert finish_due(locked_down, keys, AT + timedelta(seconds=10)) == 1
    assert in_force(locked_down) == {1, 2, 3}
    with locked_down.reading() as session:
        assert waiting_releases(session) == []
        assert [one.id for one in releases_of(session, DIRECTIVE)] == [good.id]
        assert session.get_one(PendingRelease, bad.id).cancelled_why == why


def test_a_release_stays_due_while_the_database_is_busy(
    locked_down: Database, keys: SchoolKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, due = ask(locked_down, keys, alone=True), AT + timedelta(seconds=10)
    with monkeypatch.context() as patched:
        patched.setattr(orders, "add_release", busy)
        assert finish_due(locked_down, keys, due) == 0
    with locked_down.reading() as session:
        assert [one.id for one in waiting_releases(session)] == [asked.id]
    assert finish_due(locked_down, keys, due) == 1


def busy(*_args: object, **_named: object) -> bool:
    raise DatabaseBusyError


def test_what_was_never_raised_cannot_be_released(school_database: Database, keys: SchoolKeys) -> None:
    with pytest.raises(NoSuchDirectiveError):
        ask(school_database, keys)


def test_the_answers_are_kept_with_the_record(locked_down: Database, keys: SchoolKeys) -> None:
    at = AT + timedelta(milliseconds=283)
    with locked_down.writing() as session:
        session.add(
            EventRow(
                bridge_id=MAIN_BRIDGE, stream=MAIN_BRIDGE, seq=1, id=fresh_id(), at=at, received_at=at,
                code="DOOR_SECURED", severity="info", door_id=1, drill=False, flagged=False,
                detail={"directive": DIRECTIVE, "ms": 200},
            )
        )  # fmt: skip
    ask(locked_down, keys)
    with locked_down.reading() as session:
        answer = session.get_one(DoorAnswer, (DIRECTIVE, 1))
        assert answer.confirmed_ms == 283


def test_an_emergency_that_a_bridge_raised_is_taken_over_and_released_here(
    school_database: Database, keys: SchoolKeys
) -> None:
    own = SigningKey(MAIN_BRIDGE, Ed25519PrivateKey.generate())
    raised = directive(origin=f"bridge:{MAIN_BRIDGE}", by="panic button")
    with school_database.writing() as session:
        session.get_one(Bridge, MAIN_BRIDGE).public_key = own.public_bytes()
        session.flush()
        sealed = seal_directive(raised, own, site=SITE)
        assert orders.hear_from_bridge(session, keys, AT, MAIN_BRIDGE, [sealed], []) == []
    with school_database.reading() as session:
        (running,) = now_school(session).running
        assert (running.directive, running.by_name) == (raised, "Main bridge")
        assert read_board(session, AT, now_school(session), DIRECTIVE).counts.commanded == 5
    ask(school_database, keys)
    assert in_force(school_database) == frozenset()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["read again", "day passes", "drill", "staged", "cancelled", "finish", "secure"]), max_size=6
    )
)
def test_nothing_but_a_release_of_all_its_doors_ends_it(database: Database, keys: SchoolKeys, deeds: list[str]) -> None:
    """Absence, time, a cancelled or a staged release, other emergencies and restarts leave the rest locked down."""
    from tests.access_control.emergency.conftest import furnish

    with database.reading() as session:
        empty = read_school(session) is None
    if empty:
        furnish(database, keys)
    id_, at, left = fresh_id(), AT, set(range(1, 7))
    mine = directive(id=id_)

    def raise_one(action: EmergencyAction, other: str, *, drill: bool) -> None:
        made = directive(action, id=other, drill=drill)
        sealed = seal_directive(made, keys.document, site=SITE)
        with database.writing() as session:
            orders.add_directive(session, keys, at, made, [sealed], by_name="A. Rivera")

    raise_one(mine.action, id_, drill=False)
    for deed in deeds:
        at += timedelta(days=1)
        match deed:
            case "drill" | "secure":
                raise_one(EmergencyAction.SECURE, fresh_id(), drill=deed == "drill")
            case "staged" if len(left) > 1:
                door = left.pop()
                with database.writing() as session:
                    wanted = Wanted(fresh_id(), id_, f"door:{door}", WHY, alone=False)
                    ask_release(session, keys, at, now_school(session), wanted, actor())
            case "cancelled":
                with database.writing() as session:
                    wanted = Wanted(fresh_id(), id_, "all", WHY, alone=True)
                    ask_release(session, keys, at, now_school(session), wanted, actor())
                    cancel_release(session, at, now_school(session), wanted.id, actor())
            case "finish":
                finish_due(database, keys, at + timedelta(days=9))
            case _:
                pass
        with database.reading() as session:
            running = next(one for one in now_school(session).running if one.directive.id == id_)
            assert now_school(session).in_scope(running.directive) - running.released == left

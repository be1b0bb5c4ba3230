"""The audit: a chain that shows every change, grows in one line, and outlives the erasure of names."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from access_control.audit.models import AuditRecord, AuditText
from access_control.audit.record import erase_person, record, verify
from access_control.database.engine import Database

AT = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def add(session: Session, count: int = 1, text: str | None = None, person: str | None = None) -> None:
    for number in range(count):
        record(
            session,
            AT + timedelta(seconds=number),
            actor="operator:1",
            action="badge.revoked",
            subject=f"badge:{number}",
            facts={"why": "lost", "n": number, "doors": [3, 1], "share": 0.1, "nothing": None, "é": True},
            text=text,
            person=person,
        )


def test_a_chain_is_whole(any_database: Database) -> None:
    with any_database.writing() as session:
        add(session, 5, "Ada Ames", "person:7")
    with any_database.writing() as session:
        add(session)
    with any_database.reading() as session:
        verdict = verify(session)
    assert verdict.whole
    assert verdict.records == 6
    assert verdict.digest.hex() in verdict.sentence


def test_an_empty_chain_is_whole(any_database: Database) -> None:
    with any_database.reading() as session:
        assert verify(session).whole


def test_a_deed_that_was_given_up_leaves_no_record(any_database: Database) -> None:
    def do_and_fail() -> None:
        with any_database.writing() as session:
            add(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        do_and_fail()
    with any_database.reading() as session:
        assert verify(session).records == 0


def change(**values: object) -> Callable[[Session], object]:
    return lambda session: session.execute(update(AuditRecord).where(AuditRecord.seq == 3).values(**values))


TAMPERING: dict[str, Callable[[Session], object]] = {
    "who": change(actor="operator:2"),
    "what": change(action="badge.issued"),
    "on what": change(subject="badge:9"),
    "when": change(at=AT + timedelta(microseconds=1)),
    "how": change(facts={"why": "found"}),
    "its text": change(text_digest=b"x" * 32),
    "that there was a text": change(text_digest=None),
    "its digest": change(digest=b"x" * 32),
    "what it follows": change(previous=b"x" * 32),
    "the words beside it": lambda s: s.execute(update(AuditText).where(AuditText.seq == 3).values(text="Bob")),
    "the salt": lambda s: s.execute(update(AuditText).where(AuditText.seq == 3).values(salt=b"x" * 16)),
    "removed": lambda s: (
        s.execute(delete(AuditText).where(AuditText.seq == 3)),
        s.execute(delete(AuditRecord).where(AuditRecord.seq == 3)),
    ),
    "the first removed": lambda s: (
        s.execute(delete(AuditText).where(AuditText.seq == 1)),
        s.execute(delete(AuditRecord).where(AuditRecord.seq == 1)),
    ),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_what_was_changed_is_found(any_database: Database, what: str) -> None:
    with any_database.writing() as session:
        add(session, 5, "Ada Ames")
    with any_database.writing() as session:
        TAMPERING[what](session)
    with any_database.reading() as session:
        verdict = verify(session)
    assert not verdict.whole
    assert verdict.records == (0 if what == "the first removed" else 2)
    assert "evidence" in verdict.sentence


def test_a_record_put_in_between_is_found(database: Database) -> None:
    with database.writing() as session:
        add(session, 3)
        session.commit()
        last = session.get_one(AuditRecord, 3)
        copied = {c.name: getattr(last, c.name) for c in AuditRecord.__table__.columns}
        session.add(AuditRecord(**{**copied, "seq": 4}))
    with database.reading() as session:
        assert verify(session).records == 3
        assert not verify(session).whole


def test_an_end_cut_off_is_found_by_who_kept_a_digest(any_database: Database) -> None:
    with any_database.writing() as session:
        add(session, 5)
    with any_database.reading() as session:
        before = verify(session)
    kept = f"{before.records}:{before.digest.hex()}"
    with any_database.writing() as session:
        assert verify(session, kept).whole
        session.execute(delete(AuditRecord).where(AuditRecord.seq == 5))
        assert verify(session).whole
        assert not verify(session, kept).whole
        add(session, 1)  # grown again, with other content
    with any_database.reading() as session:
        assert verify(session).whole
        assert not verify(session, kept).whole


def test_names_can_be_erased_and_the_chain_stays_whole(any_database: Database) -> None:
    with any_database.writing() as session:
        add(session, 3, "Ada Ames", "person:7")
        add(session, 2, "Bob Byrd", "person:8")
    with any_database.writing() as session:
        assert erase_person(session, "person:7") == 3
        assert erase_person(session, "person:7") == 0
    with any_database.reading() as session:
        assert verify(session).whole
        assert verify(session).records == 5
        assert set(session.scalars(select(AuditText.text))) == {"Bob Byrd"}


def test_concurrent_writers_do_not_fork_the_chain(any_database: Database) -> None:
    failed: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(10):
                with any_database.writing() as session:
                    add(session, 2, "Ada")
        except Exception as error:  # noqa: BLE001 - handed to the test
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with any_database.reading() as session:
        verdict = verify(session)
    assert verdict.whole
    assert verdict.records == 120


plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
anything = st.characters(exclude_categories=["Cs"])
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
values = st.recursive(
    plain | words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.dictionaries(words, values, max_size=4), text=st.none() | st.text(anything, max_size=20))
def test_whatever_is_recorded_verifies(any_database: Database, facts: dict[str, object], text: str | None) -> None:
    with any_database.writing() as session:
        record(session, AT, actor="cli", action="x", subject="y", facts=facts, text=text)
    with any_database.reading() as session:
        assert verify(session).whole


def test_numbers_as_keys_are_the_same_before_and_after(any_database: Database) -> None:
    with any_database.writing() as session:
        keys: dict[object, str] = {10: "a", 9: "b"}
        record(session, AT, actor="cli", action="x", subject="y", facts={"doors": keys})
    with any_database.reading() as session:
        assert verify(session).whole


def test_a_record_makes_nobody_wait_before_the_commit(pg_database: Database) -> None:
    """Else one who records and then needs a row would wait for another who holds the row and wants to record."""
    with pg_database.writing() as first, pg_database.writing() as second:
        add(first)
        add(second)
        first.execute(select(AuditRecord.seq))
    with pg_database.reading() as session:
        assert verify(session).records == 2


def test_records_before_a_rollback_are_gone_and_those_after_it_stay(any_database: Database) -> None:
    with any_database.writing() as session:
        add(session, 3)
        session.rollback()
        add(session, 1)
    with any_database.reading() as session:
        assert verify(session).records == 1


def test_two_commits_of_one_session_are_one_chain(any_database: Database) -> None:
    with any_database.writing() as session:
        add(session, 2, "Ada")
        session.commit()
        add(session, 2)
    with any_database.reading() as session:
        assert verify(session).whole
        assert verify(session).records == 4


@pytest.mark.parametrize("facts", [{"at": AT}, {"share": float("nan")}, {"names": {"Ada"}}])
def test_a_fact_that_is_no_plain_value_is_refused_where_it_is_recorded(
    database: Database, facts: dict[str, object]
) -> None:
    with database.writing() as session, pytest.raises((TypeError, ValueError)):
        record(session, AT, actor="cli", action="x", subject="y", facts=facts)


def test_a_savepoint_may_be_undone_so_it_takes_no_record(database: Database) -> None:
    with database.writing() as session, session.begin_nested(), pytest.raises(RuntimeError, match="savepoint"):
        add(session)


def test_a_savepoint_that_is_undone_leaves_records_of_before(any_database: Database) -> None:
    with any_database.writing() as session:
        add(session, 2)
        with session.begin_nested() as savepoint:
            session.execute(select(AuditRecord.seq))
            savepoint.rollback()
        with session.begin_nested():
            session.execute(select(AuditRecord.seq))
    with any_database.reading() as session:
        assert verify(session).records == 2

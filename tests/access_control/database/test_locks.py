"""A named lock lasts as long as its transaction."""

from __future__ import annotations

import threading

from access_control.database.engine import Database
from access_control.database.locks import hold


def test_who_holds_a_name_goes_first(any_database: Database) -> None:
    order: list[str] = []
    held = threading.Event()

    def second() -> None:
        held.wait()
        with any_database.writing() as session:
            hold(session, "chain")
            order.append("second")

    waiting = threading.Thread(target=second)
    waiting.start()
    with any_database.writing() as session:
        hold(session, "chain")
        held.set()
        waiting.join(0.2)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_other_names_do_not_wait(pg_database: Database) -> None:
    with pg_database.writing() as one, pg_database.writer.connect() as connection:
        hold(one, "chain")
        with pg_database._writers(bind=connection) as other:
            hold(other, "something else")

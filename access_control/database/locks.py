"""A lock that lasts as long as a transaction, for what must happen one after the other without a row to lock."""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def hold(session: Session, name: str) -> None:
    """Wait until no other transaction holds ``name``, and hold it until this one ends.

    On SQLite a writing transaction is the only one anyway. In a long transaction call it late: others wait.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        session.execute(select(func.pg_advisory_xact_lock(number)))

"""PostgreSQL: how its connections are set up, and what its errors mean."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Engine, create_engine

_LOCK_MS: Final = 5000
_CONNECTION: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "application_name": "access-control",
}
_BUSY: Final = (
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.TooManyConnections,
)


def engines(url: URL) -> tuple[Engine, Engine]:
    """One engine whose transactions only read, each from one snapshot, and one that writes, over one pool.

    Nothing connects yet.
    """
    writer = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=20,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={**_CONNECTION, "options": f"-c lock_timeout={_LOCK_MS} -c timezone=UTC"},
    )
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return reader, writer


def server_words(url: URL) -> str:
    """How to reach the server in libpq's words, password included: for connections outside the pool."""
    words: dict[str, str | int | None] = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
        **{key: value if isinstance(value, str) else value[0] for key, value in url.query.items()},
    }
    return make_conninfo("", **{**_CONNECTION, **{key: value for key, value in words.items() if value is not None}})


def is_busy(error: BaseException | None) -> bool:
    """Whether somebody else holds what we wanted."""
    return isinstance(error, _BUSY)


def is_taken(error: BaseException | None) -> bool:
    """Whether there is a row already that may be there only once."""
    return isinstance(error, errors.UniqueViolation)


def why_down(error: BaseException | None) -> str | None:
    """Why the server cannot be used, if the error says so."""
    if isinstance(error, errors.DiskFull):
        return "its disk is full"
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return str(error).partition("\n")[0].strip() or type(error).__name__
    return None

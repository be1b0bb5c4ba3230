"""Timed work of the service, in a thread of each worker; a lease sees that one of them does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from access_control.jobs.running import JobThread, TimedWork
from access_control.web.services import Services

KEPT: Final = "work"


def start_work(services: Services, jobs: Sequence[TimedWork] | None = None) -> None:
    """Begin with it; it ends with the process."""
    thread = JobThread(services.database, jobs or all_work(services), services.clock)
    services.more[KEPT] = thread
    thread.start()


def all_work(services: Services) -> tuple[TimedWork, ...]:
    """Everything that is done by the clock."""
    del services
    return ()

"""Timed work of the service, in threads of each worker; a lease sees that one of them does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from access_control.jobs.running import JobThreads, TimedWork
from access_control.jobs.work import all_work
from access_control.web.services import Services

KEPT: Final = "work"


def start_work(services: Services, jobs: Sequence[TimedWork] | None = None) -> None:
    """Begin with it; it ends with the process."""
    threads = JobThreads(services.database, jobs or all_work(services.keys), services.clock)
    services.more[KEPT] = threads
    threads.start()

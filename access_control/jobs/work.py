"""All timed work of the service."""

from __future__ import annotations

from access_control.jobs.emergencies import KEEP_ANSWERS, finish_releases
from access_control.jobs.people import FORGET_SIGN_INS
from access_control.jobs.policies import publish_policies, shorten_orders
from access_control.jobs.running import TimedWork
from access_control.jobs.visitors import close_visits
from access_control.readers.keys import SchoolKeys


def all_work(keys: SchoolKeys) -> tuple[TimedWork, ...]:
    """Everything that is done by the clock; what people wait for comes first."""
    return (
        finish_releases(keys),
        publish_policies(keys),
        shorten_orders(keys),
        close_visits(keys),
        FORGET_SIGN_INS,
        KEEP_ANSWERS,
    )

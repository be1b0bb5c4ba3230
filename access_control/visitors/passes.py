"""Passes of visits: minted after screening, dead at once when the visit ends. A pass's text is never stored."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.credentials.passes import VisitorPass, mint
from access_control.core.decision.model import PassRevocation
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import DoorGroup
from access_control.readers.orders import revoke_pass
from access_control.readers.settings import settings_of
from access_control.readers.site import the_site
from access_control.visitors.models import Pass, Visit, VisitState

SHORTEST: Final = timedelta(minutes=15)
"""A pass is good for at least so long, also when the end of the visit is nearer."""


def vestibule_group(session: Session) -> DoorGroup | None:
    """The doors that a visitor's pass opens: the first group with any; ``None`` while there is none."""
    return next((group for group in session.scalars(select(DoorGroup).order_by(DoorGroup.id)) if group.doors), None)


def mint_pass(session: Session, at: datetime, visit: Visit) -> Pass | None:
    """Make a pass for one entry through the vestibule, good from now to the end of the visit.

    Returns:
        What is kept of it; ``None`` when no door of the school takes passes.
    """
    group = vestibule_group(session)
    if group is None:
        return None
    longest = at + timedelta(hours=settings_of(the_site(session)).pass_hours)
    end = max(visit.until_at or longest, at + SHORTEST)
    made = Pass(
        pass_id=secrets.token_hex(8),
        visit=visit,
        bridge_id=group.bridge_id,
        group_id=group.id,
        minted_at=at,
        not_before=at,
        not_after=min(end, longest),
    )
    session.add(made)
    session.flush()
    return made


def pass_text(session: Session, keys: SchoolKeys, kept: Pass) -> str:
    """The text of a pass's QR code, signed anew from what is kept of it."""
    content = VisitorPass(
        key_id=keys.pass_number,
        pass_id=int(kept.pass_id, 16),
        site_code=the_site(session).code,
        group=kept.group_id,
        not_before=int(kept.not_before.timestamp()),
        not_after=int(kept.not_after.timestamp()),
    )
    return mint(content, keys.pass_key())


def good_pass(visit: Visit, at: datetime) -> Pass | None:
    """The pass of a visit that still opens a door; ``None`` when there is none."""
    if visit.state is not VisitState.ON_SITE:
        return None
    good = [one for one in visit.passes if one.revoked_at is None and one.used_at is None and at < one.not_after]
    return good[-1] if good else None


def living_passes(visit: Visit) -> list[Pass]:
    """The passes of a visit that nobody has killed yet, used or not."""
    return [one for one in visit.passes if one.revoked_at is None]


def revoke_passes(session: Session, keys: SchoolKeys, at: datetime, visit: Visit, why: PassRevocation) -> int:
    """Kill every pass of a visit through Orders, used or not.

    Returns:
        How many there were.
    """
    living = living_passes(visit)
    lock_bridges(session, {one.bridge_id for one in living})
    for one in living:
        one.revoked_at = at
        revoke_pass(session, keys, at, pass_id=one.pass_id, why=why, bridge_id=one.bridge_id, expires_at=one.not_after)
    return len(living)

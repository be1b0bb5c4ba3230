"""Whether visitors are checked in: nobody in a lockdown, and only expected visitors while the school is secured."""

from __future__ import annotations

from sqlalchemy.orm import Session

from access_control.core.decision.model import EmergencyAction
from access_control.readers.orders import active_directives
from access_control.readers.site import scopes
from access_control.visitors.passes import vestibule_group


def is_closed(session: Session, *, expected: bool) -> bool:
    """Whether check-in is closed just now, for ``expected`` visitors or for those who just come.

    A directive for another building does not close the desk. Drills count: the desk takes part in them.
    """
    closing = {EmergencyAction.LOCKDOWN} if expected else {EmergencyAction.LOCKDOWN, EmergencyAction.SECURE}
    running = [row for row in active_directives(session) if row.action in closing]
    if not running:
        return False
    group = vestibule_group(session)
    if group is None:
        return True
    means = scopes(session)
    return any({*row.doors, *means.get(row.scope, ())} & {*group.doors} or row.scope == "site" for row in running)

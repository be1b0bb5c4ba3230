"""Directives and releases as rows. What is stored already stays as it is."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from access_control.core.decision.emergency import Directive, Release
from access_control.readers.keys import SchoolKeys
from access_control.readers.records import DirectiveRow, ReleaseRow


def add_directive(
    session: Session, keys: SchoolKeys, at: datetime, directive: Directive, sealed: Sequence[bytes], *, by_name: str
) -> bool:
    """Store a directive; whether it is new."""
    if session.get(DirectiveRow, directive.id) is not None:
        return False
    session.add(
        DirectiveRow(
            id=directive.id,
            action=directive.action,
            scope=directive.scope,
            doors=sorted(directive.doors),
            origin=directive.origin,
            by=directive.by,
            by_name=by_name,
            drill=directive.drill,
            started_at=directive.started_at,
            sealed=[b64encode(part).decode() for part in sealed],
            confirmed=[],
        )
    )
    session.flush()
    return True


def add_release(
    session: Session, keys: SchoolKeys, at: datetime, release: Release, sealed: bytes, *, by_name: str
) -> bool:
    """Store a release; whether it is new."""
    row = session.get(DirectiveRow, release.directive)
    if row is None or session.get(ReleaseRow, release.id) is not None:
        return False
    session.add(
        ReleaseRow(
            id=release.id,
            directive_id=release.directive,
            doors=None if release.doors is None else sorted(release.doors),
            origin="service",
            by=release.by,
            by_name=by_name,
            second=release.second,
            why=release.why,
            at=release.at,
            sealed=b64encode(sealed).decode(),
        )
    )
    if release.doors is None:
        row.ended_at = release.at
    session.flush()
    return True

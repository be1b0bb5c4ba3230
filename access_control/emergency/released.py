"""Who ended an emergency, in words: an operator, a bridge, or the two people who did so at one of its readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.wire.release_persons import read_person
from access_control.people.models import Cardholder
from access_control.readers.records import ReleaseRow


def released_by(session: Session, releases: Sequence[ReleaseRow], *, names: bool) -> Mapping[str, str]:
    """For each release's id who made it; cardholders are named only for those who may see people (``names``).

    Their names are looked up each time and never kept with the release, so that they go when the person is erased.
    """
    refs = {ref for release in releases for ref in _pair(release)}
    people: dict[int, str] = {}
    if names and refs:
        people = {one.ref: one.full_name for one in session.scalars(select(Cardholder).where(Cardholder.ref.in_(refs)))}
    return {release.id: _words(release, people) for release in releases}


def _pair(release: ReleaseRow) -> tuple[int, ...]:
    found = read_person(release.by), read_person(release.second)
    return tuple(ref for ref in found if ref is not None)


def _words(release: ReleaseRow, people: Mapping[int, str]) -> str:
    pair = _pair(release)
    if len(pair) != 2:
        return release.by_name or release.by
    if not people:
        return f"Two people ({release.by_name})"
    first, second = (people.get(ref, "somebody who is not in the records any more") for ref in pair)
    return f"{first} and {second} ({release.by_name})"

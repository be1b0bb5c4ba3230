"""Step 6 of the check: a badge is marked lost, is dead at every bridge within two seconds, and the page says where."""

from __future__ import annotations

import os
from typing import Final

from sqlalchemy import select

from access_control.core.decision.model import BadgeStatus
from access_control.demo.check_cards import Cards
from access_control.demo.evidence import Evidence, StepFailedError, ms
from access_control.demo.plan import BRIDGE_NAMES, numbers
from access_control.demo.population import called
from access_control.readers.models import Badge
from access_control.readers.records import Revocation, RevocationAt

WITHIN_S: Final = 2.0
SLOW: Final = "DEMO_CHECK_SLOWNESS"
"""How many times slower this machine may be than one that has nothing else to do; tests share theirs."""
PATIENCE_S: Final = 10.0
(ROOM, STUDIO) = numbers("101", "203")
LOSER: Final = "Liam Castellano"


class Lost:
    """A badge from active to lost and back."""

    def __init__(self, evidence: Evidence) -> None:
        """Nothing happens before a step is asked for."""
        self._evidence = evidence
        self._cards = Cards(evidence)

    def works_before(self) -> str:
        """In the other building, so that both bridges matter."""
        return self._cards.admitted(LOSER, STUDIO, "ACCESS_GRANTED")

    def is_dead_everywhere(self) -> str:
        """Marked on the badge's page; both bridges prove Orders that carry it."""
        asked = self._evidence.now_s()
        self._mark(BadgeStatus.LOST)
        self._evidence.wait("The confirmation of both bridges", lambda: self._confirmed() or None, PATIENCE_S)
        took = self._evidence.now_s() - asked
        if took > WITHIN_S * float(os.environ.get(SLOW, "1")):
            raise StepFailedError(f"The badge was dead everywhere only after {ms(took)}.")
        return f"after {ms(took)}"

    def the_page_says_where(self) -> str:
        """Each bridge by its name."""
        self._evidence.page(self._evidence.admin, f"/badges/{self._badge().id}", *BRIDGE_NAMES.values())
        return ", ".join(BRIDGE_NAMES.values())

    def is_refused(self) -> str:
        """In both buildings."""
        self._cards.refused(LOSER, ROOM, "DENIED_LOST")
        self._cards.refused(LOSER, STUDIO, "DENIED_LOST")
        return "in both buildings"

    def is_found(self) -> str:
        """Active again, and let in again."""
        self._mark(BadgeStatus.ACTIVE)
        self._evidence.rest(WITHIN_S + 1)
        return self._cards.admitted(LOSER, STUDIO, "ACCESS_GRANTED")

    def _badge(self) -> Badge:
        with self._evidence.demo.school.database.reading() as session:
            return session.scalars(select(Badge).where(Badge.canonical == called(LOSER).badge.key)).one()

    def _mark(self, status: BadgeStatus) -> None:
        badge = self._badge()
        self._evidence.admin.get(f"/badges/{badge.id}")
        page = self._evidence.admin.post(f"/badges/{badge.id}/status", status=status, version=badge.version)
        if page.status != 200:
            raise StepFailedError(f"Marking a badge {status} was answered with {page.status}: {page.text()[:300]}")

    def _confirmed(self) -> bool:
        with self._evidence.demo.school.database.reading() as session:
            newest = session.scalar(
                select(Revocation.id).where(Revocation.badge_id == self._badge_id()).order_by(Revocation.at.desc())
            )
            places = list(session.scalars(select(RevocationAt).where(RevocationAt.revocation_id == newest)))
        return len(places) == len(BRIDGE_NAMES) and all(place.confirmed_at is not None for place in places)

    def _badge_id(self) -> str:
        return self._badge().id

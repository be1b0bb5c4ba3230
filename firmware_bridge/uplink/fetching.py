"""Fetches documents when the service has newer ones.

Each kind has its own thread, so that Orders never wait for a large Policy.
"""

from __future__ import annotations

from typing import Final

from access_control.core.wire.revisions import newer
from access_control.core.wire.signing import LIMITS, Kind
from access_control.core.wire.uplink import PREFIX, DocumentName, read_revision, write_revision
from firmware_bridge.uplink.activity import Activity, Bench
from firmware_bridge.uplink.client import Ask
from firmware_bridge.uplink.session import refusal_in

WITHIN_S: Final = 120.0
REFUSED_AGAIN_S: Final = 600.0  # a document that was refused is not fetched again sooner
NOT_STORED_AGAIN_S: Final = 15.0


class Fetcher(Activity):
    """Gets one document to its newest revision."""

    def __init__(self, name: DocumentName, bench: Bench) -> None:
        """``name`` as in the address."""
        super().__init__(f"fetch-{name}", bench)
        self.name: DocumentName = name
        self._offered: str | None = None
        self._refused: tuple[str, str | None] | None = None
        self._again_s = 0.0

    def offer(self, revision: str) -> None:
        """The service has this revision, ``epoch/n``; never blocks."""
        self._offered = revision
        if self._is_due(revision):
            self.wake()

    def in_force(self) -> str | None:
        """The revision that this bridge has."""
        documents = self._bench.documents
        match self.name:
            case "keys":
                return write_revision(documents.statement.revision if documents.statement else None)
            case "policy":
                return write_revision(documents.policy.revision if documents.policy else None)
            case "orders":
                return write_revision(documents.kept.revision)

    def work(self) -> float | None:
        """Fetch and apply what is newer."""
        offered = self._offered
        if offered is None or not self._is_due(offered):
            return None
        have = self.in_force()
        path = f"{PREFIX}documents/{self.name}" + (f"?have={have}" if have else "")
        limit = LIMITS[Kind(self.name)]
        reply = self._bench.session.ask(self._line, Ask("GET", path, limit=limit, within_s=WITHIN_S))
        if reply.status == 304:
            self._offered = None
            return None
        if reply.status != 200:
            raise refusal_in(reply)
        answer = self._bench.apply(reply.body)
        if not answer["ok"]:
            soon = answer.get("code") in {"not_stored", "busy"}
            self._refused = self._attempt(offered)
            self._again_s = self._bench.clock.monotonic_s() + (NOT_STORED_AGAIN_S if soon else REFUSED_AGAIN_S)
            return None
        if self.in_force() == have:
            self._offered = None  # what is served is not newer after all; the next Status will tell
        return 0.0 if self._offered not in {None, offered} else None

    def _is_due(self, revision: str) -> bool:
        have, offered = read_revision(self.in_force()), read_revision(revision)
        if offered is None or not newer(offered, have):
            return False
        if self._refused != self._attempt(revision):
            return True
        return self._bench.clock.monotonic_s() >= self._again_s

    def _attempt(self, revision: str) -> tuple[str, str | None]:
        """What a verdict holds for: with other keys it may be another."""
        statement = self._bench.documents.statement
        return revision, write_revision(statement.revision if statement else None)

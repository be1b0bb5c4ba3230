"""Tells the service of the emergencies that this bridge raised or ended by itself, or heard from a neighbour.

A neighbour that raised one may never come back to tell of it, and only the service can end it everywhere.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection
from typing import Final

from access_control.core.decision.model import Policy
from access_control.core.wire.directives import decode_directive
from access_control.core.wire.kept import Kept
from access_control.core.wire.signing import Kind, reread, signer_of
from access_control.core.wire.uplink import MOST_SEALED, EmergenciesAnswer, EmergenciesRequest
from firmware_bridge.uplink.activity import Activity, Bench

AGAIN_S: Final = 300.0
"""So often everything that still stands is told again: a service that was restored may have forgotten it."""


def own_emergencies(kept: Kept, bridge: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Directives and releases that this bridge signed, by their SHA-256."""
    directives, releases = kept.sealed_directives, kept.sealed_releases
    return (
        {key: sealed for key, sealed in directives.items() if signer_of(sealed) == bridge},
        {key: sealed for key, sealed in releases.items() if signer_of(sealed) == bridge},
    )


def foreign_emergencies(
    kept: Kept, bridge: str, service: Collection[str], policy: Policy | None = None
) -> dict[str, bytes]:
    """Directives of others that still stand here and that the service has to know of, by their SHA-256.

    Those of other bridges; and of its own, those that rule no door here, because it would tell such a bridge nothing of
    their end.

    Args:
        kept: What the bridge keeps.
        bridge: Its UUID.
        service: The school's key ids.
        policy: What is in force.
    """
    standing = {directive.id for directive, _ in kept.directives.standing}
    ruling = kept.directives.in_force_among(policy.doors, policy.scopes) if policy is not None else {}
    found = {}
    for key, sealed in kept.sealed_directives.items():
        signer = signer_of(sealed)
        if signer == bridge or not standing:
            continue
        id_ = decode_directive(reread(sealed, kind=Kind.DIRECTIVE)).id
        if id_ in standing and (signer not in service or (policy is not None and id_ not in ruling)):
            found[key] = sealed
    return found


class Raiser(Activity):
    """Sends directives and releases of this bridge's own, each until the service answered, and now and then again."""

    def __init__(self, bench: Bench) -> None:
        """All of them are told once after a start; the service knows repetitions."""
        super().__init__("emergencies", bench)
        self._told: set[str] = set()
        self._all_s = -1e9
        self.refused: tuple[str, ...] = ()

    def work(self) -> float | None:
        """Tell what was not told yet."""
        now_s = self._bench.clock.monotonic_s()
        if now_s - self._all_s >= AGAIN_S:
            self._told.clear()
            self._all_s = now_s
        kept = self._bench.documents.kept
        directives, releases = own_emergencies(kept, self._bench.documents.trust.bridge)
        statement = self._bench.documents.statement
        service = statement.document_keys if statement is not None else {}
        documents = self._bench.documents
        directives |= foreign_emergencies(kept, documents.trust.bridge, service, documents.policy)
        new = [key for key in directives if key not in self._told][:MOST_SEALED]
        ends = [key for key in releases if key not in self._told][:MOST_SEALED]
        if not new and not ends:
            return AGAIN_S - (now_s - self._all_s)
        said = EmergenciesRequest(
            [b64encode(directives[key]).decode("ascii") for key in new],
            [b64encode(releases[key]).decode("ascii") for key in ends],
        )
        answer = self._bench.session.tell(self._line, "directives", said, EmergenciesAnswer)
        self.refused = tuple(answer.refused)
        self._told.update(new, ends)
        return 0.0

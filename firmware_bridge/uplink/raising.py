"""Tells the service of the emergencies that this bridge raised or ended by itself."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from access_control.core.wire.kept import Kept
from access_control.core.wire.uplink import MOST_SEALED, EmergenciesAnswer, EmergenciesRequest
from firmware_bridge.uplink.activity import Activity, Bench

AGAIN_S: Final = 300.0
"""So often everything that still stands is told again: a service that was restored may have forgotten it."""


def signer_of(sealed: bytes) -> str:
    """The key id in a sealed document's first line; whether it is true was judged when it was taken."""
    parts = sealed.split(b"\n", 1)[0].split(b" ")
    return parts[1].decode("ascii", "replace") if len(parts) > 1 else ""


def own_emergencies(kept: Kept, bridge: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Directives and releases that this bridge signed, by their SHA-256."""
    directives, releases = kept.sealed_directives, kept.sealed_releases
    return (
        {key: sealed for key, sealed in directives.items() if signer_of(sealed) == bridge},
        {key: sealed for key, sealed in releases.items() if signer_of(sealed) == bridge},
    )


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

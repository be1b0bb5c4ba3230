"""Which directives a bridge passes on, and to whom.

Its own always and at once, because nobody else may have them: the service pushes them as well once it knows, and
hearing one twice changes nothing. Those of the service and of other bridges only while the service does not answer: as
long as it does, it hands them out itself. Each until the neighbour has acknowledged it or it is released everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import Policy
from access_control.core.wire.directives import decode_directive
from access_control.core.wire.kept import Kept
from access_control.core.wire.signing import Kind, reread, signer_of
from firmware_bridge.neighbours.calling import Neighbour


class PassingOn:
    """Works out what is to be told; remembers what it decoded, because it is asked often."""

    def __init__(self, bridge: str) -> None:
        """``bridge`` is this one's UUID."""
        self._bridge = bridge
        self._read: dict[str, Directive] = {}

    def directives(self, kept: Kept, *, alone: bool) -> dict[str, bytes]:
        """The sealed directives to tell now, by SHA-256; ``alone`` says that the service does not answer."""
        standing = {directive.id for directive, _ in kept.directives.standing}
        self._read = {key: self._directive(key, sealed) for key, sealed in kept.sealed_directives.items()}
        return {
            key: sealed
            for key, sealed in kept.sealed_directives.items()
            if self._read[key].id in standing and (alone or signer_of(sealed) == self._bridge)
        }

    def _directive(self, key: str, sealed: bytes) -> Directive:
        return self._read.get(key) or decode_directive(reread(sealed, kind=Kind.DIRECTIVE))


def neighbours_in(policy: Policy | None) -> Mapping[str, Neighbour]:
    """The neighbours that the Policy in force gives an address."""
    if policy is None:
        return {}
    return {
        bridge: Neighbour(bridge, policy.neighbour_keys[bridge][0], address)
        for bridge, address in policy.neighbour_addresses.items()
    }

"""The Policies that newer ones took the place of during an emergency, kept until it is over.

A Policy that comes while a directive is in force must not loosen a door under it. The controller sees to that from the
Policy before; after a restart it can only do so if that one is still there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import Policy, Revision
from access_control.core.wire.errors import RefusalCode, Refused
from firmware_bridge.store.shelf import Shelf

MOST: Final = 8
"""So many Policies in one emergency are kept; of more, the oldest, because those are what it began under."""

Held = tuple[Policy, frozenset[str]]
"""A Policy, and the directives that stood when a newer one took its place."""


class HeldPolicies:
    """``policy-held-N.doc``: the directives' ids on a line, then the sealed Policy. The oldest is number 0."""

    def __init__(self, directory: Path, reread: Callable[[bytes], Policy]) -> None:
        """``reread`` makes a Policy of stored bytes or raises ``Refused``."""
        self._shelves = [Shelf(directory, f"policy-held-{place}") for place in range(MOST)]
        self._reread = reread
        self.entries: tuple[Held, ...] = ()
        self.overtaken: tuple[Policy, bytes] | None = None
        """A Policy by which an emergency moved locks when a newer one was in force already; to be held, and not yet."""
        self._replaced: tuple[Revision, bytes] | None = None
        self._next = 0

    def load(self, at: datetime) -> tuple[str, ...]:
        """Read all back; a sentence for each copy that could not be used."""
        damage: list[str] = []
        entries: list[Held] = []
        for place, shelf in enumerate(self._shelves):
            found = shelf.get(self._read, at)
            damage += found.damage
            if found.content is not None:
                entries.append(found.content)
            if found.content is not None or found.damage:
                self._next = place + 1
        self.entries = tuple(entries)
        return tuple(f"{words} A newer Policy may apply as it is during this emergency." for words in damage)

    def _read(self, data: bytes) -> Held:
        ids, line_feed, sealed = data.partition(b"\n")
        if not line_feed:
            raise Refused(RefusalCode.BAD_CONTENT, "The stored Policy lacks its first line.")
        return self._reread(sealed), frozenset(ids.decode("ascii", "replace").split())

    def replace(self, policy: Policy | None, sealed: bytes) -> None:
        """A newer Policy has taken this one's place; whatever moves doors may not have heard of that yet."""
        self._replaced = None if policy is None else (policy.revision, sealed)

    def decide(self, policy: Policy | None) -> None:
        """An emergency begins that moved doors by this Policy. Not at the same time as :meth:`replace`."""
        if policy is not None and self._replaced is not None and self._replaced[0] == policy.revision:
            self.overtaken = policy, self._replaced[1]

    def lacks(self, policy: Policy, directives: Collection[str]) -> bool:
        """Whether a Policy must be stored, and remembered with these directives, before a newer one takes its place."""
        if self._is_last(policy):
            return self.entries[-1][1] != frozenset(directives)
        return self._next < MOST

    def store(self, policy: Policy, sealed: bytes, directives: Collection[str]) -> None:
        """Put a Policy on the disk; by one thread at a time, and so is :meth:`tidy`.

        Raises:
            OSError: The disk refused, so a newer one must not be taken yet.
        """
        place = self._next - 1 if self._is_last(policy) else self._next
        if place < MOST:
            self._shelves[place].put(" ".join(sorted(directives)).encode() + b"\n" + sealed)
            self._next = place + 1

    def remember(self, policy: Policy, directives: Collection[str]) -> None:
        """Hold a Policy that is stored; by one thread at a time, and so is :meth:`settle`. Neither touches the disk."""
        kept = self.entries[:-1] if self._is_last(policy) else self.entries
        self.entries = (*kept, (policy, frozenset(directives)))
        if self.overtaken is not None and self.overtaken[0].revision == policy.revision:
            self.overtaken = None

    def _is_last(self, policy: Policy) -> bool:
        return bool(self.entries) and self.entries[-1][0].revision == policy.revision

    def concerns(self, directives: DirectiveSet, policy: Policy | None) -> bool:
        """Whether a directive stands at a door of the Policy in force, or of one that is held."""
        policies = [held for held, _ in self.entries] + ([policy] if policy is not None else [])
        policies += [self.overtaken[0]] if self.overtaken is not None else []
        return any(directives.in_force_among(one.doors, one.scopes) for one in policies)

    def settle(self, directives: DirectiveSet, policy: Policy | None) -> None:
        """Let go when no directive stands at a door any more; one of other buildings moves nothing here."""
        if not self.concerns(directives, policy):
            self.entries, self.overtaken = (), None

    def tidy(self) -> None:
        """Take from the disk what was let go; call it once the release is there. What stays goes at a later start."""
        if self._next and not self.entries and self.overtaken is None:
            self._next = 0
            for shelf in reversed(self._shelves):
                with suppress(OSError):
                    shelf.clear()

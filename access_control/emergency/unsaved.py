"""Emergencies that are on their way to the doors and not in the database yet.

They are kept in memory and in files of their own, so that a crash of the service loses none, and are saved by a thread
that never gives up.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from access_control.core.decision.emergency import Directive, Release
from access_control.core.wire.directives import Authority, open_directive, open_release
from access_control.core.wire.errors import Refused

_SUFFIX: Final = ".started.json"


@dataclass(frozen=True, slots=True)
class Unsaved:
    """One emergency with everything that has to be saved with it.

    Attributes:
        sealed: The signed directive; in several parts when it names very many doors.
        by_name: Who started it, as people say it.
        ended: The drills that it ended: each release and its signed bytes.
    """

    directive: Directive
    sealed: tuple[bytes, ...]
    by_name: str
    ended: tuple[tuple[Release, bytes], ...] = ()


class UnsavedFiles:
    """A folder with one file for each emergency that is not saved yet."""

    def __init__(self, folder: Path | None) -> None:
        """``None`` keeps no files."""
        self._folder = folder

    def put(self, one: Unsaved) -> None:
        """Keep one; safe to call again."""
        if self._folder is None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps(
            {
                "sealed": [b64encode(part).decode() for part in one.sealed],
                "by_name": one.by_name,
                "ended": [b64encode(sealed).decode() for _, sealed in one.ended],
            }
        )
        path = self._folder / f"{one.directive.id}{_SUFFIX}"
        temporary = path.with_suffix(".new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def drop(self, directive: str) -> None:
        """Forget one that is saved."""
        if self._folder is not None:
            (self._folder / f"{directive}{_SUFFIX}").unlink(missing_ok=True)

    def any(self) -> bool:
        """Whether an earlier run left some."""
        return self._folder is not None and self._folder.is_dir() and any(self._folder.glob(f"*{_SUFFIX}"))

    def load(self, authority: Authority, site: str) -> list[Unsaved]:
        """What an earlier run left; a file that nobody signed is left where it is and not believed."""
        if self._folder is None or not self._folder.is_dir():
            return []
        found = (_read(path, authority, site) for path in sorted(self._folder.glob(f"*{_SUFFIX}")))
        return [one for one in found if one is not None]


def _read(path: Path, authority: Authority, site: str) -> Unsaved | None:
    try:
        kept = json.loads(path.read_text())
        sealed = tuple(b64decode(part) for part in kept["sealed"])
        directive = _whole([open_directive(part, authority, site=site) for part in sealed])
        ended = [b64decode(part) for part in kept["ended"]]
        releases = tuple((open_release(part, authority, site=site), part) for part in ended)
        return Unsaved(directive, sealed, str(kept["by_name"]), releases)
    except (OSError, ValueError, KeyError, TypeError, IndexError, Refused):
        return None


def _whole(parts: Sequence[Directive]) -> Directive:
    first = parts[0]
    doors = frozenset[int]().union(*(part.doors for part in parts))
    return Directive(
        id=first.id,
        action=first.action,
        scope=first.scope,
        doors=doors,
        origin=first.origin,
        by=first.by,
        drill=first.drill,
        started_at=first.started_at,
    )

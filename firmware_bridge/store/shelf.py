"""A file that always has a last good copy: the newest content, and the one before it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from access_control.core.wire.errors import Refused
from access_control.core.wire.guarded import guard, unguard
from firmware_bridge.store.files import set_aside, sync_directory

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Found(Generic[_Read]):
    """What a shelf held: the newest readable content, and a sentence for each copy that had to be set aside."""

    content: _Read | None
    damage: tuple[str, ...] = ()


class Shelf:
    """``NAME.doc`` and ``NAME.previous.doc`` in one directory, each behind its own checksum."""

    def __init__(self, directory: Path, name: str) -> None:
        """The directory must exist before anything is put there."""
        self.newest = directory / f"{name}.doc"
        self.previous = directory / f"{name}.previous.doc"

    def put(self, content: bytes) -> None:
        """Keep content; it survives power loss once this returns, and what was newest stays as the previous.

        Raises:
            OSError: The disk refused; what was there stays.
        """
        fresh = self.newest.with_name(self.newest.name + ".new")
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(guard(content))
                file.flush()
                os.fsync(file.fileno())
            # A crash between the two renames leaves the previous copy, which is then the last good one.
            with suppress(FileNotFoundError):
                self.newest.replace(self.previous)
            fresh.replace(self.newest)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        sync_directory(self.newest.parent)

    def clear(self) -> None:
        """Keep nothing any more; the previous copy goes first, so that it never serves again.

        Raises:
            OSError: The disk refused.
        """
        self.previous.unlink(missing_ok=True)
        self.newest.unlink(missing_ok=True)

    def holds(self, content: bytes) -> bool:
        """Whether this is the newest content, byte for byte."""
        for path in (self.newest, self.previous):
            with suppress(OSError):
                return path.read_bytes() == guard(content)
        return False

    def get(self, read: Callable[[bytes], _Read], at: datetime) -> Found[_Read]:
        """The newest content that ``read`` takes; damaged copies are set aside.

        Args:
            read: Makes something of the content, or raises ``Refused``.
            at: Now; it names what is set aside.
        """
        damage: list[str] = []
        for path in (self.newest, self.previous):
            try:
                content = read(unguard(path.read_bytes()))
            except FileNotFoundError:
                continue
            except (Refused, OSError) as error:
                damage.append(f"{path.name} cannot be used ({error}).{_aside(path, at)}")
            else:
                if path is self.previous and damage:
                    damage[-1] += " The one before it serves."
                return Found(content, tuple(damage))
        return Found(None, tuple(damage))


def _aside(path: Path, at: datetime) -> str:
    with suppress(OSError):
        return f" It was set aside as {set_aside(path, at).name}."
    return ""

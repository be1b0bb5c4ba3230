"""One table of a settings file, read piece by piece; every mistake becomes a sentence and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from access_control.core.decision.model import DeviceKind, Point

_POINT = re.compile(r"(reader|board) (\d{1,6})\.(\d{1,3})")
_KEY_BYTES = 16
_NOWHERE = Point(DeviceKind.BOARD, 0, 0)

Choice = TypeVar("Choice", bound=StrEnum)
Made = TypeVar("Made")


class Table:
    """A decoded table; ``where`` is how its place in the file is named in sentences."""

    def __init__(self, where: str, decoded: Mapping[str, object], mistakes: list[str], start: Path) -> None:
        self._where = where
        self._decoded = decoded
        self._mistakes = mistakes
        self._start = start
        self._asked: set[str] = set()

    def complain(self, key: str, what: str) -> None:
        """Note a mistake."""
        self._mistakes.append(f"{self._where}{key}: {what}.")

    def finish(self, made: Made) -> Made:
        """Complain about settings that nobody asked for; gives back what was made of the others."""
        for key in self._decoded:
            if key not in self._asked:
                self.complain(key, f"there is no such setting; there are {', '.join(sorted(self._asked))}")
        return made

    def tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """Named tables, such as ``[lines.A]``."""
        value = self._get(key, {})
        if not isinstance(value, dict):
            self.complain(key, f"it must hold tables, as in [{key}.A]")
            return
        for name, inner in value.items():
            if isinstance(inner, dict):
                yield name, Table(f"{key}.{name}.", inner, self._mistakes, self._start)
            else:
                self.complain(f"{key}.{name}", "it must be a table")

    def rows(self, key: str) -> Iterator[Table]:
        """Rows, such as ``[[readers]]``."""
        value = self._get(key, [])
        if not isinstance(value, list):
            self.complain(key, f"it must hold rows, as in [[{key}]]")
            return
        for i, inner in enumerate(value, 1):
            if isinstance(inner, dict):
                yield Table(f"{key}, row {i}, ", inner, self._mistakes, self._start)
            else:
                self.complain(f"{key}, row {i}", "it must be a table")

    def number(self, key: str, least: int, most: int = 2**31, default: int | None = None) -> int:
        """A whole number."""
        value = self._get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self._missing_or(key, value, f"{value!r} is not a whole number from {least} to {most}")
        return least

    def numbers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers, perhaps empty."""
        value = self._get(key, [])
        if isinstance(value, list) and all(isinstance(item, int) and not isinstance(item, bool) for item in value):
            return tuple(value)
        self.complain(key, f"{value!r} is not a list of whole numbers")
        return ()

    def some_of(self, key: str, words: tuple[str, ...]) -> tuple[str, ...]:
        """Some of several words, perhaps none."""
        value = self._get(key, [])
        if isinstance(value, list) and all(item in words for item in value):
            return tuple(value)
        self.complain(key, f"{value!r} is not a list of some of {', '.join(words)}")
        return ()

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._get(key, default)
        if isinstance(value, bool):
            return value
        self.complain(key, f"{value!r} is neither true nor false")
        return default

    def text(self, key: str) -> str:
        """Some text."""
        value = self._get(key, None)
        if isinstance(value, str) and value:
            return value
        self._missing_or(key, value, f"{value!r} is not text")
        return ""

    def choice(self, key: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """One of several words."""
        value = self._get(key, default)
        words = [word.value for word in kind]
        if isinstance(value, str) and value in words:
            return kind(value)
        self._missing_or(key, value, f"{value!r} is not one of {', '.join(words)}")
        return next(iter(kind))

    def path(self, key: str) -> Path:
        """A path; relative ones start at the file's own directory."""
        return self._start / self.text(key)

    def path_or_none(self, key: str) -> Path | None:
        """A path, or nothing."""
        return self.path(key) if self._has(key) else None

    def key_or_none(self, key: str) -> bytes | None:
        """A key of 16 bytes in hexadecimal, or nothing."""
        if not self._has(key):
            return None
        try:
            value = bytes.fromhex(self.text(key))
        except ValueError:
            value = b""
        if len(value) != _KEY_BYTES:
            self.complain(key, f"it must be {_KEY_BYTES} bytes, written as {_KEY_BYTES * 2} hexadecimal digits")
        return value

    def point(self, key: str) -> Point:
        """An input or output, such as ``board 1.0``."""
        value = self._get(key, None)
        match = _POINT.fullmatch(value) if isinstance(value, str) else None
        if match:
            return Point(DeviceKind(match[1]), int(match[2]), int(match[3]))
        self._missing_or(key, value, f"{value!r} does not name a point; write it like 'board 1.0' or 'reader 2.0'")
        return _NOWHERE

    def point_or_none(self, key: str) -> Point | None:
        """An input or output, or nothing."""
        return self.point(key) if self._has(key) else None

    def _get(self, key: str, default: object) -> object:
        self._asked.add(key)
        return self._decoded.get(key, default)

    def _has(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._decoded

    def _missing_or(self, key: str, value: object, otherwise: str) -> None:
        self.complain(key, "it is missing" if value is None else otherwise)

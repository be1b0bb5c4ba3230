"""Lines of text from a scanner: where one ends, what is left out, how long one may be. Pure; seconds are monotonic."""

from __future__ import annotations

import re
from typing import Final

LONGEST_TEXT: Final = 4096
"""Bytes; a longer line is not a code that anyone printed and is thrown away whole."""
IDLE_S: Final = 0.05
"""A scanner without a line end has finished after this silence."""
BROKEN_OFF_S: Final = 1.0
"""A scanner that has ended a line before will end this one, too; after this silence it has broken off."""

_SYMBOLOGY: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
"""The code that some scanners put in front to say what kind of symbol they read (ISO/IEC 15424)."""
_UNSEEN: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)))


class TextLines:
    """Collects bytes into texts that end at CR, LF or a silence. ``overlong`` counts lines that were thrown away.

    A busy machine fetches bytes late and makes a pause of its own between two that came together. So bytes that are
    there after a short pause go on with the text; only who has looked and found none has seen a silence.
    """

    def __init__(self) -> None:
        self.overlong = 0
        self._held = bytearray()
        self._too_long = False
        self._last_s = 0.0
        self._silence_s = IDLE_S

    def feed(self, data: bytes, mono_s: float) -> list[str]:
        """Add bytes that arrived at ``mono_s``; the texts that are complete now."""
        texts = self._finish() if self._held and mono_s - self._last_s >= BROKEN_OFF_S else []
        self._last_s = mono_s
        for byte in data:
            if byte in b"\r\n":
                self._silence_s = BROKEN_OFF_S
                texts += self._finish()
            elif len(self._held) < LONGEST_TEXT:
                self._held.append(byte)
            elif not self._too_long:
                self._too_long = True
                self.overlong += 1
        return texts

    def idle(self, mono_s: float) -> list[str]:
        """The text that a silence until ``mono_s`` has ended, if there is one."""
        return self._finish() if self._held and mono_s - self._last_s >= self._silence_s else []

    def ends_at_s(self) -> float | None:
        """When the text at hand ends unless more of it arrives; ``None`` when none has begun."""
        return self._last_s + self._silence_s if self._held else None

    def _finish(self) -> list[str]:
        data, too_long = bytes(self._held), self._too_long
        self._held.clear()
        self._too_long = False
        text = data.decode("utf-8", "replace").translate(_UNSEEN)
        prefix = _SYMBOLOGY.match(text)
        text = text[prefix.end() :] if prefix else text
        return [] if too_long or not text.strip() else [text]

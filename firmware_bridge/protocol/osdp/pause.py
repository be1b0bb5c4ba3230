"""When the line is free for a question: two characters of silence before each, and an end to waiting for them. Pure."""

from __future__ import annotations

from typing import Final

_IDLE_CHARACTERS: Final = 2
GAP_WAIT_S: Final = 0.05
"""A gap in what others send is waited for so long; then it is sent all the same."""


class Pause:
    """The silence before the next question on one line.

    Attributes:
        free_s: When it is over unless another byte comes.
    """

    def __init__(self, character_s: float) -> None:
        """``character_s`` is how long a byte takes on the line, which nobody has used yet."""
        self.free_s = 0.0
        self.lasts_s = _IDLE_CHARACTERS * character_s
        self._taken_s = 0.0

    def heard(self, mono_s: float) -> None:
        """Bytes have arrived."""
        if mono_s > self.free_s:
            self._taken_s = mono_s
        self.free_s = mono_s + self.lasts_s

    def sent(self, until_s: float) -> None:
        """A question is on the line until then."""
        self._taken_s = until_s
        self.free_s = until_s + self.lasts_s

    def ours(self, mono_s: float) -> None:
        """No answer is awaited any more: whoever still sends has no claim to the line."""
        self._taken_s = max(self._taken_s, mono_s)

    def opens_s(self) -> float:
        """When a question may be sent, whatever still arrives: bytes that never pause must not keep the line."""
        return min(self.free_s, self._taken_s + GAP_WAIT_S)

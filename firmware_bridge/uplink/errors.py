"""What can go wrong on the way to the service. Doors never hear of it."""

from __future__ import annotations

from access_control.core.wire.uplink import Problem


class UplinkError(Exception):
    """The service could not be asked; the text is one plain sentence."""


class UnreachableError(UplinkError):
    """Nobody answers there, not in time, or the line broke."""


class LineEndedError(UnreachableError):
    """The connection has ended, and not by our own time limit: over another the same may work."""


class NonsenseError(UplinkError):
    """What answers does not speak as a service does: garbage, or far too much of it."""


class WrongKeyError(UplinkError):
    """What answers has another TLS key than the school named; nothing was said to it."""

    def __init__(self, sentence: str, fingerprint: bytes) -> None:
        """``fingerprint`` is the SHA-256 of the public key that was shown."""
        super().__init__(sentence)
        self.fingerprint = fingerprint


class RefusedError(UplinkError):
    """The service said no, and why."""

    def __init__(self, problem: Problem) -> None:
        """Keep all of it."""
        super().__init__(f"{problem.detail} {problem.action}".strip() or f"The service said {problem.status}.")
        self.problem = problem

    @property
    def code(self) -> str:
        """The word for programs."""
        return self.problem.code

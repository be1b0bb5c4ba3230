"""What can go wrong in the demo, as one plain sentence."""

from __future__ import annotations


class StageError(Exception):
    """Something could not be started or done; the text says what, and what to do."""

"""What the exit code of a command says."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
FAILED: Final = 1
BAD_SETTINGS: Final = 2
NOT_ALL_SECURED: Final = 3
"""A lockdown is in force, but not every door proved itself: walk to those that were named."""

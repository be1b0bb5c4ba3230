"""What the exit code of a command says."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
FAILED: Final = 1
BAD_SETTINGS: Final = 2
NOT_ALL_SECURED: Final = 3
"""An emergency is in force, but not every door proved itself: walk to those that were named."""
LOOK: Final = 4
"""Of ``doctor``: doors work, and somebody should see to something."""
NO_DOOR_MOVED: Final = 5
"""An emergency was started, and it locks or unlocks no door of this bridge."""

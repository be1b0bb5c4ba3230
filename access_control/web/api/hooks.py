"""What the packages above :mod:`access_control.readers` make of new events, in the transaction that stores them."""

from __future__ import annotations

from typing import Final

from access_control.readers.events import Hook
from access_control.visitors.pass_events import fold_events

HOOKS: Final[tuple[Hook, ...]] = (fold_events,)

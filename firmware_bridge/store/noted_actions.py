"""Actions are noted before they are carried out, so that none is carried out twice, by whatever restart."""

from __future__ import annotations

from typing import Final

from access_control.core.wire.actions import Action
from firmware_bridge.store.applied import NotStoredError
from firmware_bridge.store.handing_over import HandOver, try_once
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError

_NOT_NOTED: Final = "The action could not be noted, so it is not carried out."


def note_first(action: Action, memory: BridgeMemory, hand_over: HandOver) -> bool:
    """Note that an action is carried out now; whether it is for the first time.

    Raises:
        NotStoredError: The note was not there in time, so it must not be carried out; not either when it is there.
    """
    try:
        first = try_once(hand_over, lambda: memory.begin_action(action.id, int(action.expires.timestamp())))
    except MemoryFullError as error:
        raise NotStoredError(f"{_NOT_NOTED} {error}") from error
    if first is None:
        raise NotStoredError(f"{_NOT_NOTED} The disk does not answer. Ask for a new one once it does.")
    return first

"""Actions are noted before they are carried out, so that none is carried out twice, by whatever restart."""

from __future__ import annotations

from access_control.core.wire.actions import Action
from firmware_bridge.store.applied import NotStoredError
from firmware_bridge.store.handing_over import HandOver
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError


def note_first(action: Action, memory: BridgeMemory, hand_over: HandOver) -> bool:
    """Note that an action is carried out now; whether it is for the first time.

    Raises:
        NotStoredError: The note was not there in time, so it must not be carried out; not either when it is there.
    """
    noted: list[bool | MemoryFullError] = []

    def note() -> None:
        try:
            noted.append(memory.begin_action(action.id, int(action.expires.timestamp())))
        except MemoryFullError as error:
            noted.append(error)

    hand_over(note)
    first = noted[0] if noted else MemoryFullError("The disk does not answer. Ask for a new one once it does.")
    if isinstance(first, MemoryFullError):
        raise NotStoredError(f"The action could not be noted, so it is not carried out. {first}") from first
    return first

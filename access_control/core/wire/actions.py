"""Actions: momentary commands to one bridge, each with an id and an expiry, each carried out at most once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.signing import LIMITS, Kind, SigningKey, open_sealed, seal
from access_control.core.wire.spelling import read_time, write_time
from access_control.core.wire.strict import Number, Record, ShortText, TimeText, Uuid, read_record, write_record


class ActionKind(StrEnum):
    """What an action does, and so what its ``target`` is: a door, a reader, or the bridge itself (no target)."""

    UNLOCK_ONCE = "unlock_once"
    LED_TEST = "led_test"
    SELF_TEST = "self_test"
    COMMISSION_READER = "commission_reader"


# How long an action of each kind may wait for its bridge. A late unlock opens a door that nobody is watching any more.
LIFETIMES: Final[Mapping[ActionKind, timedelta]] = {
    ActionKind.UNLOCK_ONCE: timedelta(seconds=10),
    ActionKind.LED_TEST: timedelta(seconds=60),
    ActionKind.SELF_TEST: timedelta(seconds=60),
    ActionKind.COMMISSION_READER: timedelta(minutes=15),
}
# The clocks of service and bridge differ a little; an action from further in the future is not believed.
LEEWAY: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Action:
    """One momentary command.

    Attributes:
        id: UUIDv7 as text; a bridge remembers it before it acts, so that a repetition does nothing.
        target: The door or reader; ``None`` for the bridge itself.
        by: An opaque reference to who asked for it.
        expires: From when on it is no longer carried out.
    """

    id: str
    kind: ActionKind
    target: int | None
    by: str
    made_at: datetime
    expires: datetime


class ActionRow(Record, frozen=True):
    """An action's payload."""

    id: Uuid
    kind: ActionKind
    target: Number | None
    by: ShortText
    made_at: TimeText
    expires: TimeText


def new_action(identity: str, kind: ActionKind, target: int | None, by: str, at: datetime) -> Action:
    """An action that lives as long as its kind may."""
    return Action(identity, kind, target, by, at, at + LIFETIMES[kind])


def encode_action(action: Action) -> bytes:
    """Make an action's payload."""
    return write_record(
        ActionRow(
            id=action.id,
            kind=action.kind,
            target=action.target,
            by=action.by,
            made_at=write_time(action.made_at),
            expires=write_time(action.expires),
        )
    )


def decode_action(payload: bytes) -> Action:
    """The strict inverse of :func:`encode_action`.

    Raises:
        Refused: ``too_large`` or ``bad_content``; also for a life longer than its kind may have.
    """
    row = read_record(payload, ActionRow, "action", limit=LIMITS[Kind.ACTION])
    action = Action(row.id, row.kind, row.target, row.by, read_time(row.made_at), read_time(row.expires))
    if (action.target is None) != (action.kind is ActionKind.SELF_TEST):
        raise Refused(RefusalCode.BAD_CONTENT, f"The action {action.kind} names the wrong target. Ask for it again.")
    if not timedelta(0) < action.expires - action.made_at <= LIFETIMES[action.kind]:
        raise Refused(
            RefusalCode.BAD_CONTENT,
            f"The action {action.kind} claims to live until {row.expires}, longer than such an action may. "
            "Update the program that made it.",
        )
    return action


def seal_action(action: Action, key: SigningKey, *, site: str, bridge: str) -> bytes:
    """Sign an action for one bridge.

    Raises:
        Refused: ``bad_content``: the bridge would not take it.
    """
    payload = encode_action(action)
    decode_action(payload)
    return seal(Kind.ACTION, payload, key, site=site, to=bridge)


def open_action(sealed: bytes, document_keys: Mapping[str, bytes], *, site: str, bridge: str, at: datetime) -> Action:
    """Check signature, address, content and time of an action.

    Raises:
        Refused: With the code of the first thing that is wrong; ``expired`` when it comes too late or too early.
    """
    action = decode_action(open_sealed(sealed, document_keys, kind=Kind.ACTION, site=site, to=bridge))
    if not action.made_at - LEEWAY <= at < action.expires:
        raise Refused(
            RefusalCode.EXPIRED,
            f"The action {action.kind} was good until {write_time(action.expires)} and it is {write_time(at)} here. "
            "Ask for it again, and compare the clocks if this goes on.",
        )
    return action

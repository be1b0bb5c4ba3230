"""*Why?*: the answer to a read, worked out as the bridge does it, rule by rule.

The stored bytes of the last published documents are decoded and put to :func:`core.decision.decide.decide`. Rows are
asked only for names and for what a person would present.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.decision.decide import decide
from access_control.core.decision.model import QUIET, Decision, Facts, Known, Read, Revision, Step
from access_control.core.decision.reasons import WORDS, Reason
from access_control.people.models import Cardholder
from access_control.people.pins import open_pin
from access_control.readers.badges import badges_of, credential_of, get_badge
from access_control.readers.checks import require
from access_control.readers.documents import Documents, published_documents
from access_control.readers.errors import NotThereError, ReadersError
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Badge, Bridge, Door, Level, Reader
from access_control.readers.policy_age import is_old
from access_control.readers.records import EventRow
from access_control.readers.status import last_status
from access_control.readers.why_words import ASKS, of_a_pass, rules_up_to

_NUMBERS: Final = re.compile(r"\d+")
_WRONG_PIN: Final = "000000000000"


class PinTyped(StrEnum):
    """Which PIN the question assumes."""

    NONE = "none"
    RIGHT = "right"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule as it was applied. ``passed`` is ``None`` for a rule that was not reached."""

    rule: str
    asks: str
    passed: bool | None
    saw: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to one read.

    Attributes:
        at: The moment it was asked for.
        policy: The revision of the Policy that decided; ``orders`` likewise.
        facts: What was taken for true besides the documents.
        asked: Every rule in its order.
        sentence: The reason in plain words.
    """

    decision: Decision
    at: datetime
    reader: int
    policy: Revision
    orders: Revision
    facts: Facts
    asked: tuple[Asked, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class EventExplanation:
    """An answer that a bridge gave.

    Attributes:
        reason: What the event says.
        asked: The rules that it proves to have passed, and the one that refused.
        now: What the documents of now answer to the same badge there and then; ``None`` where the event does not say
            what was presented.
        same: Whether that is the same answer; if not, documents or circumstances have changed since.
    """

    reason: Reason
    sentence: str
    asked: tuple[Asked, ...]
    now: Explanation | None
    same: bool


def explain_read(
    session: Session, keys: SchoolKeys, at: datetime, bridge_id: str, read: Read, facts: Facts = QUIET
) -> Explanation:
    """Answer a raw read at one of a bridge's readers, on the documents last published to it.

    Raises:
        NotThereError: There is no such bridge, or it has no Policy yet.
        ReadersError, KeyFileError: Its documents cannot be opened with the school's keys.
    """
    bridge = require(session, Bridge, bridge_id, "This bridge")
    documents = published_documents(session, keys, bridge, at)
    return _explained(session, documents, read, facts, at)


def explain_badge(
    session: Session,
    keys: SchoolKeys,
    at: datetime,
    badge_id: str,
    reader_id: int,
    *,
    pin: PinTyped = PinTyped.RIGHT,
    facts: Facts | None = None,
    now: datetime | None = None,
) -> Explanation:
    """Answer: would this badge open that door at that time?

    Args:
        session: Any session.
        keys: What opens documents.
        at: The time that is asked about.
        badge_id: Which badge.
        reader_id: At which reader.
        pin: Which PIN is typed with it.
        facts: ``None`` takes what the bridge last said of its clock, the door and the reader.
        now: The present, where ``at`` is another time: nobody knows what will be confirmed until a later one.

    Raises:
        NotThereError: Badge or reader are gone, no bridge runs the door, or it has no Policy yet.
        ReadersError, KeyFileError: The documents cannot be opened with the school's keys.
    """
    badge = get_badge(session, badge_id)
    bridge = bridge_of_reader(session, reader_id)
    known = facts_at(session, bridge, reader_id, min(at, now or at)) if facts is None else facts
    documents = published_documents(session, keys, bridge, at)
    return _explained(session, documents, _read_of(session, keys, badge, reader_id, pin), known, at)


def explain_event(session: Session, keys: SchoolKeys, event: EventRow) -> EventExplanation:
    """Explain what a bridge answered, and what it would answer to the same badge by the documents of now.

    Raises:
        NotThereError: The event is not about a read.
    """
    if event.code not in Reason.__members__:
        raise NotThereError("This event is not about a badge or a pass.", "Choose a grant or a refusal.")
    reason = Reason(event.code)
    scanned = of_a_pass(reason, pass_id="pass_id" in event.detail)
    passed, refused = rules_up_to(reason, scanned=scanned)
    asked = [Asked(rule, ASKS[rule], passed=True) for rule in passed]
    asked += [Asked(refused, ASKS[refused], passed=False)] if refused is not None else []
    now = None if scanned else _again(session, keys, event, reason)
    same = now is not None and now.decision.reason is reason
    return EventExplanation(reason, WORDS[reason], tuple(asked), now, same)


def facts_at(session: Session, bridge: Bridge, reader_id: int, at: datetime) -> Facts:
    """What a bridge last said that matters to decisions at a reader, and how old its Policy is at a time."""
    said = last_status(bridge)
    reader = require(session, Reader, reader_id, "This reader")
    if said is None:
        return Facts()
    door = session.get(Door, reader.door_id)
    slot = next((one.slot for one in said.doors if one.door == reader.door_id), None)
    paused = next((one.locked_out for one in said.readers if one.reader == reader_id), None)
    return Facts(
        clock_trusted=_known(said.clock_trusted),
        fire_at_door=_known(None if slot is None else slot == "fire"),
        room_locked=_known(None if slot is None else slot == "room_lock"),
        locked_out=_known(paused),
        policy_old=_known(None if door is None else is_old(bridge, said, door.door_class, at)),
    )


def bridge_of_reader(session: Session, reader_id: int) -> Bridge:
    """The bridge that runs a reader's door.

    Raises:
        NotThereError: There is no such reader, or no bridge runs its door.
    """
    reader = require(session, Reader, reader_id, "This reader")
    door = require(session, Door, reader.door_id, "This door")
    if door.bridge_id is None:
        raise NotThereError(f"No bridge runs door {door.number}.", "Choose its bridge first.")
    return require(session, Bridge, door.bridge_id, "This bridge")


def card_reader_of(session: Session, door_id: int) -> Reader:
    """The first reader of a door that takes cards.

    Raises:
        NotThereError: There is no such door, or it has no such reader.
    """
    door = require(session, Door, door_id, "This door")
    readers = session.scalars(select(Reader).where(Reader.door_id == door_id).order_by(Reader.id)).all()
    taking = [reader for reader in readers if reader.formats]
    if not taking:
        raise NotThereError(f"Door {door.number} has no reader that takes cards.", "Choose another door.")
    return next((reader for reader in taking if reader.enabled), taking[0])


def _again(session: Session, keys: SchoolKeys, event: EventRow, reason: Reason) -> Explanation | None:
    """The same person's badge at the same reader and time, by the documents of now."""
    if event.holder_ref is None or event.reader_id is None:
        return None
    pin = {Reason.DENIED_WRONG_PIN: PinTyped.WRONG, Reason.DENIED_PIN_REQUIRED: PinTyped.NONE}.get(
        reason, PinTyped.RIGHT
    )
    facts = Facts(
        clock_trusted=_known(reason is not Reason.DENIED_CLOCK_UNTRUSTED),
        fire_at_door=_known(reason is Reason.DENIED_FIRE),
        room_locked=_known(reason is Reason.DENIED_ROOM_LOCKED),
        locked_out=_known(reason is Reason.DENIED_MAX_ATTEMPTS),
        policy_old=_known(reason is Reason.DENIED_POLICY_OLD),
    )
    found: Explanation | None = None
    for badge in badges_of(session, event.holder_ref):
        try:
            one = explain_badge(session, keys, event.at, badge.id, event.reader_id, pin=pin, facts=facts)
        except ReadersError:
            return None
        if one.decision.reason is reason:
            return one
        found = found or one
    return found


def _read_of(session: Session, keys: SchoolKeys, badge: Badge, reader_id: int, pin: PinTyped) -> Read:
    credential = credential_of(badge)
    bits = encode(FORMATS[credential.format], credential.facility_code, credential.number)
    typed = None
    if pin is PinTyped.RIGHT:
        holder = session.get_one(Cardholder, badge.person_ref)
        typed = open_pin(holder.ref, holder.pin_sealed, keys.unseal)
    elif pin is PinTyped.WRONG:
        typed = _WRONG_PIN
    return Read(reader_id, bits=bits, pin=typed)


def _explained(session: Session, documents: Documents, read: Read, facts: Facts, at: datetime) -> Explanation:
    policy, orders = documents.policy, documents.orders
    decision = decide(policy, orders, read, facts, at, explain=True)
    levels = _level_names(session)
    asked = [
        Asked(step.rule, ASKS.get(step.rule, step.rule), step.passed, _named(step, levels)) for step in decision.trace
    ]
    return Explanation(
        decision, at, read.reader, policy.revision, orders.revision, facts, tuple(asked), WORDS[decision.reason]
    )


def _level_names(session: Session) -> Mapping[str, str]:
    return {str(level): name for level, name in session.execute(select(Level.id, Level.name))}


def _named(step: Step, levels: Mapping[str, str]) -> str:
    """What a rule saw, with the names of access levels instead of their numbers."""
    if step.rule not in {"deny rules", "access levels"}:
        return step.saw
    listed, separator, rest = step.saw.partition(";")
    return _NUMBERS.sub(lambda found: levels.get(found[0], found[0]), listed) + separator + rest


def _known(fact: bool | None) -> Known:
    return Known.UNKNOWN if fact is None else Known.YES if fact else Known.NO

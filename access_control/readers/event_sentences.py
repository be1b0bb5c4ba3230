"""Events as people read them: door or person first, then what happened. Names only for those who may see people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.reasons import Reason
from access_control.core.wire.event_words import words_deny
from access_control.core.wire.events import EventCode, Severity, words_of
from access_control.people.actors import operator_names
from access_control.people.models import Cardholder
from access_control.readers.event_phrases import (
    AT_DOOR,
    COMMISSIONED,
    COMMISSIONING_STEPS,
    REFUSED_BECAUSE,
    RELEASING,
    SET_BY_HAND,
)
from access_control.readers.models import Bridge, Door, Reader
from access_control.readers.records import EventRow

ALARMING: Final = frozenset({Severity.ALARM.value, Severity.CRITICAL.value})


@dataclass(frozen=True, slots=True)
class Names:
    """What numbers are called.

    Attributes:
        doors: The number on the frame, and the name.
        people: Empty for those who may not see people.
        operators: Those who work with the pages, by ``operator:UUID``.
        typed: Whether names that somebody typed at a bridge are shown.
        passes: Visitors by the id of their pass, for whoever may see them; filled in by the caller.
    """

    doors: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    readers: Mapping[int, str] = field(default_factory=dict)
    bridges: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[int, str] = field(default_factory=dict)
    operators: Mapping[str, str] = field(default_factory=dict)
    passes: Mapping[str, str] = field(default_factory=dict)
    typed: bool = True

    def without_people(self) -> Names:
        """The same for those who may not see people."""
        return replace(self, people={}, operators={}, passes={}, typed=False)

    def door(self, door: int | None) -> str:
        """``door 8, Loading dock``; ``a door`` that is not there any more has its number in the site."""
        if door is None:
            return "a door"
        number, name = self.doors.get(door, (f"(no. {door})", ""))
        return f"door {number}, {name}" if name else f"door {number}"

    def plate(self, door: int | None) -> str:
        """``Door 8``."""
        return "A door" if door is None else f"Door {self.doors.get(door, (f'(no. {door})', ''))[0]}"

    def who(self, event: EventRow, otherwise: str) -> str:
        """Whose badge or pass it was."""
        pass_id = event.detail.get("pass_id")
        if isinstance(pass_id, str):
            return self.passes.get(pass_id, "A visitor")
        if event.holder_ref is None:
            return otherwise
        return self.people.get(event.holder_ref, "Somebody")

    def at_bridge(self, by: object, user: object) -> str:
        """Who did something at a bridge's own command line: ``Ann Doe (as root)``."""
        if not self.typed or not isinstance(by, str):
            return "somebody at the bridge"
        system = str(user).removeprefix("local:")
        return f"the system's user {system}" if by == user else f"{by} (as {system})"

    def operator(self, by: object) -> str:
        """Who did something from a page."""
        return self.operators.get(by, "Somebody in the console") if isinstance(by, str) else "Somebody"


@dataclass(frozen=True, slots=True)
class Told:
    """One event in words.

    Attributes:
        glyph: ``check``, ``stop``, ``alarm``, ``person`` or ``dot``.
        bold: The door or the person.
        text: What happened, as the rest of the sentence.
        explains: *Why?* has an answer to it.
    """

    glyph: str
    bold: str
    text: str
    explains: bool = False

    @property
    def sentence(self) -> str:
        """All of it."""
        return f"{self.bold} {self.text}" if self.bold else self.text


def names_for(session: Session, events: Iterable[EventRow]) -> Names:
    """The names that these events need; :meth:`Names.without_people` for those who may not see people."""
    rows = list(events)
    doors = {row.door_id for row in rows if row.door_id is not None}
    readers = {row.reader_id for row in rows if row.reader_id is not None}
    people = {row.holder_ref for row in rows if row.holder_ref is not None}
    found = session.execute(select(Door.id, Door.number, Door.name).where(Door.id.in_(doors)))
    holders = session.execute(
        select(Cardholder.ref, Cardholder.given_name, Cardholder.family_name).where(Cardholder.ref.in_(people))
    )
    return Names(
        doors={door: (number, name) for door, number, name in found},
        readers=dict(session.execute(select(Reader.id, Reader.name).where(Reader.id.in_(readers))).all()),
        bridges=dict(session.execute(select(Bridge.id, Bridge.name)).all()),
        people={ref: f"{given} {family}".strip() for ref, given, family in holders},
        operators=operator_names(session, (by for row in rows if isinstance(by := row.detail.get("by"), str))),
    )


def tell(event: EventRow, names: Names) -> Told:
    """One event in words."""
    if event.code in Reason.__members__:
        return _decision(event, Reason(event.code), names)
    if event.code not in EventCode.__members__:
        return _in_full(event, names)  # a newer bridge's
    code = EventCode(event.code)
    special = _SPECIAL.get(code)
    if special is not None:
        return special(event, names)
    if code in AT_DOOR and event.door_id is not None:
        return Told(_glyph(event), names.plate(event.door_id), _with_why(AT_DOOR[code], event))
    return _in_full(event, names)


def tell_all(events: Sequence[EventRow], names: Names) -> list[Told]:
    """Several events in words, in their order."""
    return [tell(event, names) for event in events]


def _in_full(event: EventRow, names: Names) -> Told:
    return Told(_glyph(event), _where(event, names), words_of(event.code, event.detail))


def _glyph(event: EventRow) -> str:
    return "alarm" if event.severity in ALARMING else "dot"


def _decision(event: EventRow, reason: Reason, names: Names) -> Told:
    door = names.door(event.door_id)
    if not words_deny(reason):
        how = {
            Reason.GRANTED_RESPONDER: "admitted as a responder at",
            Reason.GRANTED_PASS: "admitted with a pass at",
        }.get(reason, "admitted at")
        despite = ", although it is locked for others" if event.detail.get("despite_lock") else ""
        return Told("check", names.who(event, "A badge"), f"{how} {door}{despite}.", explains=True)
    glyph = "alarm" if event.severity in ALARMING else "stop"
    who = names.who(event, "A badge" if event.code != Reason.DENIED_UNKNOWN_CREDENTIAL else "An unknown badge")
    because = REFUSED_BECAUSE[reason]
    if reason is Reason.DENIED_DOOR and event.holder_ref is None:
        because = "not for this door"
    return Told(glyph, who, f"refused at {door}: {because}.", explains=True)


def _taken(event: EventRow, names: Names) -> Told:
    if event.holder_ref is None and "pass_id" not in event.detail:
        by = event.detail.get("by")
        if isinstance(by, str):
            return Told("dot", names.plate(event.door_id), "opened after it was unlocked from the console.")
        return Told("dot", names.plate(event.door_id), "opened after somebody was admitted.")
    return Told("check", names.who(event, "Somebody"), f"went through {names.door(event.door_id)}.")


def _not_taken(event: EventRow, names: Names) -> Told:
    return Told("dot", names.who(event, "Somebody"), f"was admitted, but did not open {names.door(event.door_id)}.")


def _secured(event: EventRow, names: Names) -> Told:
    ms = event.detail.get("ms")
    after = f"secured, proved after {ms} ms." if isinstance(ms, int) else "secured."
    return Told("dot", names.plate(event.door_id), after)


def _in_fire(event: EventRow, names: Names) -> Told:
    ms = event.detail.get("ms")
    if event.code == EventCode.FIRE_DOOR_FAILED or not isinstance(ms, int):
        return Told("alarm", names.plate(event.door_id), _with_why("has not proved what it shall do in a fire.", event))
    did = {EventCode.FIRE_DOOR_RELEASED: "unlocked", EventCode.FIRE_DOOR_LATCHED: "latched"}
    what = did.get(EventCode(event.code), "stayed as it was")
    return Told("dot", names.plate(event.door_id), f"{what} at the fire alarm, proved after {ms} ms.")


def _unlocked_once(event: EventRow, names: Names) -> Told:
    return Told("person", names.operator(event.detail.get("by")), f"unlocked {names.door(event.door_id)} once.")


def _unlock_refused(event: EventRow, names: Names) -> Told:
    why = event.detail.get("why")
    because = f" {why}" if isinstance(why, str) else ""
    return Told(
        "stop", names.operator(event.detail.get("by")), f"could not unlock {names.door(event.door_id)}.{because}"
    )


def _acknowledged(event: EventRow, names: Names) -> Told:
    return Told("person", names.operator(event.detail.get("by")), f"saw the alarm at {names.door(event.door_id)}.")


def _set_by_hand(event: EventRow, names: Names) -> Told:
    effect = SET_BY_HAND.get(str(event.detail.get("effect")), "set by hand")
    return Told("person", names.plate(event.door_id), f"{effect} by {names.operator(event.detail.get('by'))}.")


def _folded(event: EventRow, names: Names) -> Told:
    first, last = event.detail.get("from_seq"), event.detail.get("to_seq")
    return Told("dot", _where(event, names), f"{words_of(event.code)} Numbers {first} to {last} are affected.")


def _gap(event: EventRow, names: Names) -> Told:
    """As the service found it, or as a bridge tells of its own disk that went back."""
    first, last = event.detail.get("from_seq"), event.detail.get("to_seq")
    if not isinstance(first, int) or not isinstance(last, int):
        return Told("alarm", _where(event, names), _with_why(words_of(event.code), event))
    bridge = names.bridges.get(str(event.detail.get("bridge")), "A bridge")
    which = f"event {first:,} is" if first == last else f"events {first:,} to {last:,} are"
    return Told("alarm", f"{bridge}:", f"{which} missing in its record.")


def _at_reader(event: EventRow, names: Names) -> Told:
    """A step of two people who end an emergency at a reader."""
    glyph = "alarm" if event.severity in ALARMING else "stop"
    text = RELEASING[EventCode(event.code)].format(door=names.door(event.door_id))
    return Told(glyph, names.who(event, "Somebody"), _with_why(text, event))


def _commissioned(event: EventRow, names: Names) -> Told:
    """What was done to a device at the bridge, and by whom as they said."""
    detail = event.detail
    by = names.at_bridge(detail.get("by"), detail.get("user"))
    step = COMMISSIONING_STEPS.get(str(detail.get("step")), "set it up")
    facts = {key: detail.get(key, "?") for key in ("key", "to_address", "to_baud")}
    text = COMMISSIONED[EventCode(event.code)].format(by=by, step=step, why=detail.get("why", ""), **facts).strip()
    glyph = "stop" if event.code == EventCode.COMMISSIONING_FAILED else "dot"
    return Told(glyph, f"{_device(event, names)}:", text)


def _device(event: EventRow, names: Names) -> str:
    """A reader or board by its name, or else by its place."""
    if event.reader_id is not None and event.reader_id in names.readers:
        return names.readers[event.reader_id]
    if isinstance(event.detail.get("name"), str):
        return str(event.detail["name"])
    bridge = names.bridges.get(event.bridge_id, "A bridge")
    return f"{bridge}, port {event.detail.get('port')}, address {event.detail.get('address')}"


_SPECIAL: Final[Mapping[EventCode, Callable[[EventRow, Names], Told]]] = {
    EventCode.ACCESS_TAKEN: _taken,
    EventCode.ACCESS_NOT_TAKEN: _not_taken,
    EventCode.DOOR_SECURED: _secured,
    EventCode.UNLOCK_ACTION_DONE: _unlocked_once,
    EventCode.UNLOCK_ACTION_REFUSED: _unlock_refused,
    EventCode.DOOR_ALARM_ACKNOWLEDGED: _acknowledged,
    EventCode.MANUAL_OVERRIDE_SET: _set_by_hand,
    EventCode.EVENTS_FOLDED: _folded,
    EventCode.EVENTS_DROPPED: _folded,
    EventCode.LOG_GAP: _gap,
    EventCode.FIRE_DOOR_RELEASED: _in_fire,
    EventCode.FIRE_DOOR_LATCHED: _in_fire,
    EventCode.FIRE_DOOR_STAYED: _in_fire,
    EventCode.FIRE_DOOR_FAILED: _in_fire,
    **dict.fromkeys(RELEASING, _at_reader),
    **dict.fromkeys(COMMISSIONED, _commissioned),
}


def _where(event: EventRow, names: Names) -> str:
    """The door of an event and which reader of it, or else its reader, its alarm input or its bridge."""
    reader = None if event.reader_id is None else names.readers.get(event.reader_id)
    if event.door_id is not None:
        plate = names.plate(event.door_id)
        # Many readers are called after their door, which is not said twice.
        return f"{plate}, {reader.removeprefix(f'{plate}, ')}:" if reader else f"{plate}:"
    if reader:
        return f"{reader}:"
    if isinstance(event.detail.get("alarm_input"), int) and isinstance(event.detail.get("name"), str):
        return f"{event.detail['name']}:"
    return f"{names.bridges[event.bridge_id]}:" if event.bridge_id in names.bridges else ""


def _with_why(text: str, event: EventRow) -> str:
    why: Any = event.detail.get("why")
    return f"{text} {why}" if isinstance(why, str) and why else text

"""Events and states in the words of people who know the building and everybody in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from access_control.core.wire.events import EventRecord, Severity, severity_of, words_of
from access_control.demo.building import NAMES, READERS
from access_control.demo.people import BY_REF
from access_control.demo.scene import DoorRow, LogLine, Mark, Tone
from access_control.demo.witness import GRANTS

QUIET: Final = frozenset({"DOOR_LOCK_CMD", "DOOR_UNLOCK_CMD", "OSDP_SC_ESTABLISHED"})
LOUD: Final = frozenset({Severity.ALARM, Severity.CRITICAL})
Plain = Mapping[str, Any]


def told(event: EventRecord) -> LogLine | None:
    """One line of the log, or nothing for what only machines care about."""
    if event.code in QUIET:
        return None
    words = brief(event) or words_of(event.code, event.detail)
    who = BY_REF[event.holder].name if event.holder in BY_REF else ""
    before = ": ".join(part for part in (where(event), who) if part)
    return LogLine(
        event.moment().astimezone().strftime("%H:%M:%S"), f"{before}: {words}" if before else words, tone(event)
    )


def brief(event: EventRecord) -> str:
    """Shorter words where eight lines come at once; empty for everything else."""
    after = event.detail.get("ms")
    return f"secured, proved after {after} ms." if event.code == "DOOR_SECURED" and isinstance(after, int) else ""


def where(event: EventRecord) -> str:
    """The door of an event, or else its reader; nothing for what happened at neither."""
    if event.door is not None:
        return f"Door {event.door} {NAMES.get(event.door, '')}".rstrip()
    return next((reader.name for reader in READERS if reader.id == event.reader), "")


def tone(event: EventRecord) -> Tone:
    """How it is meant."""
    if severity_of(event.code) in LOUD:
        return Tone.ALARM
    if event.code in GRANTS or event.code in {"ACCESS_TAKEN", "DOOR_SECURED"}:
        return Tone.GOOD
    return Tone.REFUSED if event.code.startswith(("DENIED_", "LOCKED_")) else Tone.PLAIN


def door_row(status: Plain, reader: str, confirmed: str) -> DoorRow:
    """One door's line from the bridge's status of it."""
    mark, words = door_state(status)
    return DoorRow(
        door=status["door"],
        number=status["number"],
        name=status["name"],
        mark=mark,
        words=words,
        proved=ago(status["proof_age_s"], proved=status["proved"]),
        reader=reader,
        confirmed=confirmed,
        why=status["why"],
    )


def door_state(status: Plain) -> tuple[Mark, str]:
    """A door's state by its shape and in two words; the loudest comes first."""
    alarm, position, security = status["alarm"], status["position"], status["security"]
    if alarm == "forced":
        return Mark.ALARM, "FORCED OPEN"
    if alarm in {"held", "held_pre_alarm"}:
        return Mark.ALARM, "held open" if alarm == "held" else "open long"
    if alarm in {"tamper", "fault"}:
        return Mark.ALARM, alarm
    if security == "unknown":
        return Mark.UNKNOWN, "unknown"
    if position == "open":
        return Mark.OPEN, "open"
    if status["command"] == "unlock":
        return (Mark.UNLOCKED, "unlocked") if status["proved"] else (Mark.UNKNOWN, "unlocked?")
    mark = {"secured": Mark.SECURED, "not_monitored": Mark.NOT_MONITORED}.get(security, Mark.NOT_SECURE)
    return mark, mark.word


def ago(age_s: float | None, *, proved: bool) -> str:
    """How long ago a state was proved."""
    if age_s is None:
        return "never"
    if not proved:
        return "too old"
    return "now" if age_s < 1 else f"{age_s:.0f} s ago"


def emergency_banner(emergencies: list[Plain]) -> str:
    """The emergency in force and how far it has got, in one line; empty when there is none."""
    if not emergencies:
        return ""
    first = emergencies[0]
    groups = {name: first[name] for name in ("secured", "not_secure", "not_monitored", "unknown")}
    walk = sorted(door for name, doors in groups.items() if name != "secured" for door in doors)
    everything = sum(len(doors) for doors in groups.values())
    drill = " (drill)" if first["drill"] else ""
    begun = f"{str(first['action']).upper()}{drill} in force, {first['elapsed_s']:.0f} s"
    if first["restored"]:
        begun += " since the restart"
    there = f"{len(groups['secured'])} of {everything} doors confirmed secure"
    return f"{begun}: {there}." + (f" Walk to {', '.join(map(str, walk))}." if walk else "")


def led(shows: str) -> str:
    """What a reader's light shows, with a shape: a full one for steady, a half for blinking."""
    if not shows or shows == "off":
        return "○ dark"
    first, _, other = shows.partition("/")
    first = first if first != "off" else other
    return f"{'◐' if other else '●'} {first}"

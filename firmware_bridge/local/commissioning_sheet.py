"""A door on one page for the electrician: what it is, how it is wired, what was measured, and who signs. 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from access_control.core.decision.building import DeviceKind, Door, FireAction, LockKind, Point, UnlockWhen
from firmware_bridge.local.declared import Declared, head_of
from firmware_bridge.local.wiring_report import NOT_KNOWN, on_unsecured_side

WIDTH: Final = 80
_LABEL: Final = 18
_KINDS: Final = {
    LockKind.STRIKE: "electric strike",
    LockKind.MAGLOCK: "magnet",
    LockKind.LOCKSET: "electrified lockset",
    LockKind.LATCH_RETRACTION: "panic bar with latch retraction",
}
_FIRE: Final = {
    FireAction.RELEASE: "released while the fire input is active",
    FireAction.RELATCH: "latches: the relay is off and no grant works while the input is active",
    FireAction.NONE: "does nothing at this door",
}
_PROOFS: Final = {"acknowledged": "acknowledged", "read_back": "read back"}
_LATCHES: Final = {
    "not_fitted": "not fitted",
    "went_and_came_back": "let go and took hold again",
    "went": "let go, did not take hold again",
    "stayed": "stayed thrown",
}
_BY_HAND: Final = (
    "The number on the frame is {number}.",
    "The door closes and latches by itself from any position.",
    "From inside it opens with one motion, and so it does without any power.",
    "With the bridge stopped the lock is as it says above.",
    "The contact shows open and closed at the bridge as the door moves.",
    "A card that may is admitted, a card that may not is refused.",
    "Reader and boxes are fixed; opening one is shown as tampering.",
)


_BY_HAND_IN_A_FIRE: Final = {
    FireAction.RELEASE: "The fire panel's own contact releases the lock with the bridge switched off.",
    FireAction.RELATCH: "While the fire panel reports an alarm the door latches and no card opens it.",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a running bridge saw, in words.

    Attributes:
        answers: How readers and boards answer: ``{"reader": {1: ...}, "board": {...}}``.
        wires: Each input's circuit as it was measured, by its point.
    """

    answers: Mapping[str, Mapping[int, str]]
    wires: Mapping[str, str]


def sheet(
    door: Door,
    declared: Declared,
    seen: Seen,
    tested: Mapping[str, Any] | None,
    at: datetime,
) -> Iterator[str]:
    """The lines of one door's sheet.

    Args:
        door: Which one.
        declared: What the Policy declares.
        seen: What the running bridge saw.
        tested: The last self-test's event, if there is one.
        at: When the sheet is printed.
    """
    yield "=" * WIDTH
    yield f"COMMISSIONING SHEET{f'DOOR {door.number}':>{WIDTH - 19}}"
    yield "=" * WIDTH
    yield from _entry("Name", door.name)
    yield from _entry("Class", f"{door.door_class.value}{', OUT OF SERVICE' if door.out_of_service else ''}")
    yield from _entry("Bridge", f"{declared.bridge}, Policy {declared.policy}")
    yield from _entry("Printed", f"{at:%Y-%m-%d %H:%M} UTC; points are counted from 0")
    yield from ("", "LOCK")
    yield from _lock(door, declared, seen)
    yield from ("", "INPUTS")
    yield from _inputs(door, declared, seen)
    yield from ("", "READERS")
    yield from _readers(door, declared, seen)
    yield from ("", "MEASURED")
    yield from _measured(tested)
    yield from ("", "CHECKED BY HAND")
    in_a_fire = _BY_HAND_IN_A_FIRE.get(door.lock.fire_action)
    for check in (*_BY_HAND, *((in_a_fire,) if in_a_fire else ())):
        yield from _wrapped("[ ] ", check.format(number=door.number))
    for who in ("Electrician", "Installer"):
        yield from ("", f"{who:12} {'_' * 40}  Date {'_' * 19}")


def sheet_of_inputs(declared: Declared, inputs: Sequence[Mapping[str, Any]], at: datetime) -> Iterator[str]:
    """The lines of the sheet of a bridge's alarm inputs; ``inputs`` are those of the wiring report."""
    yield "=" * WIDTH
    yield f"COMMISSIONING SHEET{'ALARM INPUTS':>{WIDTH - 19}}"
    yield "=" * WIDTH
    yield from _entry("Bridge", f"{declared.bridge}, Policy {declared.policy}")
    yield from _entry("Printed", f"{at:%Y-%m-%d %H:%M} UTC; points are counted from 0")
    for given in inputs:
        yield ""
        yield from _entry(given["kind"].replace("_", " "), f"{given['name']}; {given['point']}; {given['now']}")
        yield from _entry("", f"at rest {given['at_rest']}; measured: {given['measured']}")
        yield from _wrapped("[ ] ", "Tried: the bridge showed the alarm and its end.")
    for who in ("Electrician", "Installer"):
        yield from ("", f"{who:12} {'_' * 40}  Date {'_' * 19}")


def _entry(label: str, text: str) -> Iterator[str]:
    yield from _wrapped(f"  {label:{_LABEL - 2}}", text)


def _wrapped(start: str, text: str) -> Iterator[str]:
    yield from textwrap.wrap(text or "-", WIDTH, initial_indent=start, subsequent_indent=" " * len(start))


def _lock(door: Door, declared: Declared, seen: Seen) -> Iterator[str]:
    lock = door.lock
    on = lock.unlock_when is UnlockWhen.RELAY_ON
    yield from _entry("Kind", f"{_KINDS.get(lock.kind, lock.kind.value)}{', fire rated' if lock.fire_rated else ''}")
    yield from _entry("Relay", _place(lock.output, "output", declared, seen))
    yield from _entry("Unlocked", f"while the relay is {'on' if on else 'off'} ({lock.unlock_when.value})")
    yield from _entry("Bridge stops", "relay off: LOCKED from outside" if on else "relay off: STANDS UNLOCKED")
    killed = "a relay board keeps its relay until its own watchdog or the next start of the bridge"
    yield from _entry("Bridge killed", f"{killed}; without power as above")
    outside = on_unsecured_side(door, declared.readers)
    yield from _entry("Relay sits", "ON THE UNSECURED SIDE" if outside else "on the secure side")
    yield from _entry("Bench override", lock.bench_override or "none")
    yield from _entry("Fire alarm", _FIRE[lock.fire_action])
    if lock.fire_manual_reset:
        yield from _entry("", "stays so until somebody resets the door")
    if lock.rex_unlocks:
        yield from _entry("Exit button", "unlocks the door")


def _inputs(door: Door, declared: Declared, seen: Seen) -> Iterator[str]:
    named = (
        ("Contact", door.contact, "NONE: never shown as secured, always on the walk list"),
        ("Exit", door.rex, "none"),
        ("Latch monitor", door.latch, "none"),
        ("Fire input", door.lock.fire_input, "none"),
    )
    for label, point, without in named:
        yield from _entry(label, without if point is None else _place(point, "input", declared, seen))
        if point is not None:
            rest = "closed (nc)" if point in door.rests_closed else "open"
            measured = seen.wires.get(str(point), NOT_KNOWN)
            yield from _entry("", f"at rest {rest}; measured: {measured}")


def _readers(door: Door, declared: Declared, seen: Seen) -> Iterator[str]:
    here = [reader for reader in declared.readers if reader.door == door.id]
    for reader in here:
        answer = seen.answers.get("reader", {}).get(reader.id, NOT_KNOWN)
        place = f"port {reader.port}, address {reader.address}{head_of(reader)}"
        yield from _entry(f"Reader {reader.id}", f"{reader.name}; {place}; {answer}")
    if not here:
        yield from _entry("none", "")


def _place(point: Point, way: str, declared: Declared, seen: Seen) -> str:
    device = declared.reader(point.device) if point.kind is DeviceKind.READER else declared.board(point.device)
    answer = seen.answers.get(point.kind.value, {}).get(point.device, NOT_KNOWN)
    where = "" if device is None else f" ({device.name}), port {device.port}, address {device.address}"
    return f"{way} {point.index} of {point.kind.value} {point.device}{where}; {answer}"


def _measured(tested: Mapping[str, Any] | None) -> Iterator[str]:
    if tested is None:
        yield from _entry("Self-test", "none is on record: run `firmware-bridge selftest --door N`")
        return
    detail = tested["detail"]
    outcome = "PASSED" if tested["code"] == "SELF_TEST_PASSED" else f"FAILED. {detail.get('why', '')}"
    yield from _entry("Self-test", f"{tested['at'][:16].replace('T', ' ')} UTC by {detail.get('by', '?')}: {outcome}")
    yield from _entry("Released", _ms(detail, "unlock"))
    yield from _entry("Contact", "stayed closed" if detail.get("contact") == "stayed_closed" else "OPENED")
    yield from _entry("Latch monitor", _LATCHES.get(str(detail.get("latch")), "could not be read"))
    yield from _entry("Locked again", _ms(detail, "relock"))


def _ms(detail: Mapping[str, Any], what: str) -> str:
    ms = detail.get(f"{what}_ms")
    return "NOT CONFIRMED" if ms is None else f"{_PROOFS.get(detail[f'{what}_proof'], 'proved')} after {ms} ms"

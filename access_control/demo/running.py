"""The stage on which everything is real but the building: the bridge, the lines, the documents and the events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from access_control.clock import monotonic_s, utc_now
from access_control.core.credentials.canonical import Credential
from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.events import EventRecord
from access_control.demo.building import BOARD_LINE, DOORS, MAIN, NAMES, READERS
from access_control.demo.narration import door_row, emergency_banner, led, told
from access_control.demo.people import BY_REF, STRANGER
from access_control.demo.scene import Fault, Scene, unknown_doors
from access_control.demo.sockets import UnreachableError, answers, ask
from access_control.demo.supervisor import Supervisor
from access_control.demo.witness import events_after

PATIENCE_S: Final = 4.0
WHY_RELEASED: Final = "All clear in the demonstration"


class RunningSchool:
    """Asks the running programs for everything; keeps nothing but what it has already shown."""

    def __init__(self, supervisor: Supervisor) -> None:
        """The supervisor has started, and will end, the programs."""
        self._supervisor = supervisor
        self.places = supervisor.places
        self.office = supervisor.office
        self._seen = 0
        self._confirmed: dict[int, str] = {}
        self._last_pass = ""
        self._looking = threading.Lock()

    def look(self) -> Scene:
        """How it stands now; events are told once, in the order in which they were stored."""
        with self._looking:
            news = [line for event in self._fresh() if (line := told(event)) is not None]
            try:
                status = self.status()
                faces = self.faces()
            except UnreachableError:
                rows = unknown_doors([(door.id, door.number, door.name) for door in DOORS])
                return Scene(rows, bridge_runs=self._supervisor.bridge.running, news=tuple(news))
            rows = tuple(
                door_row(door, faces.get(door["door"], ""), self._confirmed.get(door["door"], ""))
                for door in status["doors"]
            )
            banner = emergency_banner(status["emergencies"])
            if not banner:
                self._confirmed.clear()
            return Scene(rows, bridge_runs=True, emergency=banner, news=tuple(news))

    def _fresh(self) -> list[EventRecord]:
        events = self.events(self._seen)
        for event in events:
            self._seen = event.seq
            if event.code == "DOOR_SECURED" and event.door is not None and isinstance(event.detail.get("ms"), int):
                self._confirmed[event.door] = f"{event.detail['ms']} ms"
        return events

    def forget_old_news(self) -> None:
        """Do not tell what happened before now."""
        events = self.events(0)
        self._seen = events[-1].seq if events else 0

    def status(self) -> dict[str, Any]:
        """What the bridge says of itself."""
        found: dict[str, Any] = ask(self.places.bridge_socket, "status")["status"]
        return found

    def building(self) -> dict[str, Any]:
        """What the simulated building says is true."""
        found: dict[str, Any] = self.simulate("state")["state"]
        return found

    def faces(self) -> Mapping[int, str]:
        """What the reader at each door shows."""
        readers = self.building()["readers"]
        return {r.door: led(readers[str(r.id)]["led"]) for r in READERS if str(r.id) in readers}

    def events(self, after: int = 0) -> list[EventRecord]:
        """The bridge's events as they are on the disk."""
        return events_after(self.places.outbox, after)

    def simulate(self, do: str, **fields: object) -> dict[str, Any]:
        """Have something happen in the building."""
        return ask(self.places.simulator_socket, do, **fields)

    # Deeds

    def present(self, person: int, door: int) -> str:
        """Hold a person's card to a door's reader and try to walk in."""
        self.hold_card(BY_REF[person].credential, door)
        return f"{BY_REF[person].name} holds a card to the reader at door {door}, {NAMES[door]}."

    def present_stranger(self, door: int) -> str:
        """Hold a card that nobody gave out to a door's reader."""
        self.hold_card(STRANGER, door)
        return f"Somebody holds an unknown card to the reader at door {door}, {NAMES[door]}."

    def hold_card(self, credential: Credential, door: int, patience_s: float = PATIENCE_S) -> None:
        """As bits, as the reader hands them over; then wait for the lock, walk in, and let the door close."""
        facility = credential.facility_code or 0
        bits = encode(FORMATS[credential.format], facility, credential.number)
        self.simulate("walk", door=door, hex=f"{bits.value:x}", length=bits.length, patience_s=patience_s)

    def scan_pass(self, *, again: bool) -> str:
        """Scan a new visitor pass at the main entrance, or the last one again."""
        if not again or not self._last_pass:
            self._last_pass = self.office.visitor_pass(utc_now())
            said = "A visitor scans a new pass at the main entrance."
        else:
            said = "Somebody scans the same pass at the main entrance once more."
        self.simulate("walk", door=MAIN, text=self._last_pass, patience_s=PATIENCE_S)
        return said

    def leave(self, door: int) -> str:
        """Press the exit button or the lever, and walk out."""
        self.simulate("walk", door=door, out=True)
        how = "presses the exit button" if door in _WITH_MAGNET else "presses the lever"
        return f"Somebody inside {how} at door {door}, {NAMES[door]}, and leaves."

    def start_lockdown(self) -> str:
        """Start a lockdown at every door."""
        self.office.raise_emergency(EmergencyAction.LOCKDOWN, utc_now())
        self._supervisor.publish(self.office.orders(utc_now()))
        return "The office signed a lockdown for every door and sent it to the bridge."

    def release(self) -> str:
        """End every emergency in force, whoever started it."""
        shown = [emergency["directive"] for emergency in self.status()["emergencies"]]
        if not self.office.release_all(WHY_RELEASED, utc_now(), shown):
            return "There is no emergency to release."
        self._supervisor.publish(self.office.orders(utc_now()))
        return "The office signed the release, with a second person and a reason, and sent it to the bridge."

    def kill_bridge(self) -> str:
        """``kill -9`` the bridge."""
        pid = self._supervisor.bridge.pid
        self._supervisor.bridge.kill()
        return f"kill -9 {pid}: the bridge is dead. The relay boards hold what they were told last."

    def start_bridge(self) -> str:
        """Start the bridge again."""
        self._supervisor.bridge.start()
        return "The bridge is starting again, from what is on its disk."

    def fault(self, fault: Fault, door: int) -> str:
        """Break something at a door, or mend everything."""
        reader = next(r for r in READERS if r.door == door)
        deeds: Mapping[Fault, tuple[str, Callable[[], object]]] = {
            Fault.CONTACT_STUCK: (
                f"The contact of door {door} reports open from now on.",
                lambda: self.simulate("fault_door", door=door, contact_stuck=True),
            ),
            Fault.WEDGED: (
                f"Somebody leaves through door {door} and wedges it open.",
                lambda: self._wedge(door),
            ),
            Fault.FORCED: (
                f"Somebody breaks door {door} open.",
                lambda: self.simulate("door", door=door, action="force"),
            ),
            Fault.READER_DEAD: (
                f"The reader at door {door} is dead.",
                lambda: self.simulate("fault_reader", reader=reader.id, dead=True),
            ),
            Fault.LINE_CUT: (
                f"Line {reader.port} is cut: its four readers are gone.",
                lambda: self.simulate("fault_line", line=reader.port, cut=True),
            ),
            Fault.BOARDS_CUT: (
                "The line to the relay boards is cut: nothing can be proved of any lock.",
                lambda: self.simulate("fault_line", line=BOARD_LINE, cut=True),
            ),
            Fault.MENDED: ("Everything is good again.", self._mend),
        }
        said, do = deeds[fault]
        do()
        return said

    def _wedge(self, door: int) -> None:
        self.simulate("fault_door", door=door, jammed_open=True)
        self.simulate("walk", door=door, out=True)

    def _mend(self) -> None:
        self.simulate("clear")
        for door in DOORS:
            self.simulate("door", door=door.id, action="close")
        for door in self.status()["doors"]:
            if door["alarm"] == "forced":
                ask(self.places.bridge_socket, "acknowledge", door=door["door"], by="demo:facilities")

    # Waiting

    def bridge_answers(self) -> bool:
        """Whether the bridge is there to be asked."""
        return answers(self.places.bridge_socket)

    def wait_until(self, fact: Callable[[], bool], within_s: float = 10.0, every_s: float = 0.02) -> float | None:
        """Wait until something is so; after how many seconds it was, or ``None`` if it did not become so in time."""
        began = monotonic_s()
        pause = threading.Event()
        while not fact():
            if monotonic_s() - began > within_s:
                return None
            pause.wait(every_s)
        return monotonic_s() - began


_WITH_MAGNET: Final = frozenset(door.id for door in DOORS if door.lock.rex_unlocks)

"""The physical building: which relay feeds what, which contact reports what, and everything that happens in it.

One lock guards it all. Devices tell it when a relay moves and are told when an input changes; a thread of its own makes
time pass for people and for timed relays.
"""

from __future__ import annotations

import heapq
import queue
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from access_control.core.decision.model import Point
from firmware_bridge.clock import Clock
from firmware_bridge.simulator.config import DoorConfig
from firmware_bridge.simulator.doors import Door, Walk
from firmware_bridge.simulator.relay_log import Json, RelayLog, stamped

Happening = dict[str, Json]
_WATCH_QUEUE = 10_000
_LOOK_AGAIN_S = 0.02


class World:
    """Everything physical. All methods are safe from any thread."""

    def __init__(self, doors: Iterable[DoorConfig], clock: Clock, log: RelayLog) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.doors = {d.id: Door(d.lock, d.unlock_when) for d in doors}
        self.configs = {d.id: d for d in doors}
        self.inputs: dict[Point, bool] = {}
        self.cut: set[Point] = set()  # inputs whose cable is cut: their circuit stays open
        self.shorted: set[Point] = set()  # inputs whose wires touch each other: their circuit stays closed
        self._moved: dict[Point, bool] = {}
        self.outputs: dict[Point, bool] = {}
        self.stuck_relays: dict[Point, bool] = {}
        self.on_input: Callable[[Point, bool], None] = lambda _point, _active: None
        self.on_cable: Callable[[Point], None] = lambda _point: None
        self._commanded: dict[Point, bool] = {}
        self._door_of = {d.output: d.id for d in doors}
        self._log = log
        self._watchers: set[queue.Queue[Happening]] = set()
        self._walks: list[tuple[int, Walk, Callable[[Walk], None]]] = []
        self._released = {d: door.released for d, door in self.doors.items()}
        self._open = {d: door.open for d, door in self.doors.items()}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timer_count = 0
        self._changed = threading.Condition(self.lock)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="building", daemon=True)
        self.settle()

    def start(self) -> None:
        """Let time pass."""
        self._thread.start()

    def stop(self) -> None:
        """Stop time."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def tell(self, what: str, **detail: Json) -> None:
        """Write a happening down and show it to whoever watches."""
        happening = stamped(what, self.clock.moment(), detail)
        with self._changed:
            self._log.write(happening)
            self._changed.notify_all()
            for watcher in self._watchers:
                with suppress(queue.Full):
                    watcher.put_nowait(happening)

    def wait_for(self, fact: Callable[[], bool], within_s: float) -> bool:
        """Wait until something is so; whether it became so in time. ``fact`` is called under the lock."""
        until_s = self.clock.monotonic_s() + within_s
        with self._changed:
            while not fact():
                left_s = until_s - self.clock.monotonic_s()
                if left_s <= 0:
                    return False
                self._changed.wait(min(left_s, _LOOK_AGAIN_S))
        return True

    def watch(self) -> queue.Queue[Happening]:
        """A queue that receives every happening from now on; give it back to :meth:`unwatch`."""
        watcher: queue.Queue[Happening] = queue.Queue(_WATCH_QUEUE)
        with self.lock:
            self._watchers.add(watcher)
        return watcher

    def unwatch(self, watcher: queue.Queue[Happening]) -> None:
        """Stop receiving."""
        with self.lock:
            self._watchers.discard(watcher)

    def at(self, when_s: float, action: Callable[[], None]) -> None:
        """Do something later, in the building's thread, under the lock."""
        with self._changed:
            self._timer_count += 1
            heapq.heappush(self._timers, (when_s, self._timer_count, action))
            self._changed.notify_all()

    def relay_commanded(self, point: Point, energised: bool, by: str) -> None:
        """A device moves its relay; a stuck one stays where it is."""
        with self.lock:
            self._commanded[point] = energised
            self._move_relay(point, self.stuck_relays.get(point, energised), by)

    def stick_relay(self, point: Point, at: bool | None) -> None:
        """Weld a relay's contact at a position, or (``None``) make it good again."""
        with self.lock:
            if at is None:
                self.stuck_relays.pop(point, None)
            else:
                self.stuck_relays[point] = at
            self._move_relay(point, self._commanded.get(point, False) if at is None else at, "fault")

    def _move_relay(self, point: Point, energised: bool, by: str) -> None:
        if self.outputs.get(point, False) == energised:
            self.outputs[point] = energised
            return
        self.outputs[point] = energised
        door = self._door_of.get(point)
        if door is not None:
            self.doors[door].energised = energised
        released = None if door is None else self.doors[door].released
        self.tell("output", point=str(point), on=energised, door=door, released=released, by=by)
        self.settle()

    def set_input(self, point: Point, active: bool) -> None:
        """A contact that belongs to no door changes: a fire panel, a panic button."""
        with self.lock:
            self._moved[point] = active
            active = self._closed(point, active)
            if self.inputs.get(point, False) == active:
                return
            self.inputs[point] = active
            self.tell("input", point=str(point), active=active)
            self.on_input(point, active)

    def cut_cable(self, point: Point, *, cut: bool) -> None:
        """Cut the cable of an input, or mend it: while it is cut its circuit is open, whatever the contact does."""
        with self.lock:
            (self.cut.add if cut else self.cut.discard)(point)
            self._cable_changed(point)

    def short_cable(self, point: Point, *, shorted: bool) -> None:
        """Let the wires of an input touch each other, or part them: its circuit is closed meanwhile."""
        with self.lock:
            (self.shorted.add if shorted else self.shorted.discard)(point)
            self._cable_changed(point)

    def _cable_changed(self, point: Point) -> None:
        if point in self._moved:
            self.set_input(point, self._moved[point])
        self.settle()
        self.on_cable(point)

    def _closed(self, point: Point, active: bool) -> bool:
        return (active or point in self.shorted) and point not in self.cut

    def walk(self, door: int, walk: Walk, then: Callable[[Walk], None] = lambda _walk: None) -> None:
        """Send a person to a door; ``then`` is called when they have passed or given up."""
        with self.lock:
            self._walks.append((door, walk, then))
            self._step_walks()
            self.settle()

    def settle(self) -> None:
        """Bring contacts and people in line with what has just changed. Call it after changing a door."""
        with self.lock:
            self._step_walks()
            for number, door in self.doors.items():
                self._tell_changes(number, door)
                config = self.configs[number]
                for name, point, so in (
                    ("contact", config.contact, door.contact_active),
                    ("rex", config.rex, door.rex_pressed),
                    ("latch", config.latch, door.latch_active),
                ):
                    if point is None:
                        continue
                    active = self._closed(point, so is not (name in config.rests_closed))
                    if self.inputs.get(point) != active:
                        self.inputs[point] = active
                        self.on_input(point, active)

    def _tell_changes(self, number: int, door: Door) -> None:
        if self._released[number] != door.released:
            self._released[number] = door.released
            self.tell("lock", door=number, released=door.released)
        if self._open[number] != door.open:
            self._open[number] = door.open
            self.tell("door", door=number, open=door.open)

    def _step_walks(self) -> None:
        now_s = self.clock.monotonic_s()
        for entry in tuple(self._walks):
            number, walk, then = entry
            before = (walk.doing, walk.next_s)
            walk.step(now_s)
            if walk.over:
                self._walks.remove(entry)
                self.tell("walk", door=number, result=walk.doing.value, out=walk.out)
                then(walk)
            elif walk.next_s is not None and (walk.doing, walk.next_s) != before:
                self.at(walk.next_s, self.settle)

    def _run(self) -> None:
        with self._changed:
            while not self._stopping:
                now_s = self.clock.monotonic_s()
                if self._timers and self._timers[0][0] <= now_s:
                    heapq.heappop(self._timers)[2]()
                else:
                    self._changed.wait(self._timers[0][0] - now_s if self._timers else None)

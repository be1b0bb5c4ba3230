"""Rounds in which a bridge is killed at any moment: at its start, around a card, around the press for a lockdown.

Besides the three doors with readers there are two that nobody passes and whose relays stand on: one is unlocked by its
schedule, the other is a magnet that holds while its relay is on. After each start every relay must come to where it
belongs, with a lockdown in force or without.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from random import Random

from access_control.core.decision.building import FireAction, Lock, LockKind, Timetable, UnlockWhen
from access_control.core.decision.model import Door, DoorClass
from access_control.core.wire.policy_draft import PolicyDraft
from firmware_bridge.clock import SystemClock
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError
from firmware_bridge.simulator.config import DoorConfig
from tests.building.killing import Press, Verdict, has_moved, is_locked, outputs_on, present, quick, releases, verdict
from tests.building.nursery import Nursery
from tests.building.processes import NotInTimeError, Site, until
from tests.building.signed import ADA, BEN, DOORS, FIRST_OF_MANY, FRONT, ROOM, ROSA, Installation, School, point

LOBBY, GATE = 4, 5
"""Unlocked by its schedule; a magnet."""
POINTS = 8
CARDS = 4
"""At most so many in a round; the kill comes within 60 ms of one of them, or of a press."""
_DURING_START = 0.2
_START_TAKES_S = 0.6
_PRESSED = 0.5
_AFTER_ANSWER = 0.5
_AROUND_S = 0.06
_PATIENCE_S = 10.0
_ATTEMPTS = 3
_SETTLED_S = 5.0
"""So long after a start knows every relay they are where they belong. An unlock takes 0.8 s of it."""
_clock = SystemClock()


def standing_site(installation: Installation) -> Site:
    """The installation's site with the two doors more; it is entered by the caller."""
    building = installation.building()
    more = (
        DoorConfig(LOBBY, "Lobby", LockKind.STRIKE, point(LOBBY - 1), contact=point(LOBBY - 1)),
        DoorConfig(GATE, "Gate", LockKind.MAGLOCK, point(GATE - 1), UnlockWhen.RELAY_OFF, contact=point(GATE - 1)),
    )
    boards = tuple(replace(board, outputs=POINTS, inputs=POINTS) for board in building.boards)
    return Site(installation, replace(building, boards=boards, doors=building.doors + more))


def standing_draft(draft: PolicyDraft) -> PolicyDraft:
    """What the bridge of such a site is told; doors lock again soon."""
    magnet = Lock(LockKind.MAGLOCK, point(GATE - 1), UnlockWhen.RELAY_OFF, fire_action=FireAction.RELEASE)
    more = [
        Door(
            LOBBY,
            "E2",
            "Lobby",
            DoorClass.EXTERIOR,
            Lock(LockKind.STRIKE, point(LOBBY - 1)),
            point(LOBBY - 1),
            scheduled_unlock=Timetable(always=True),
        ),
        Door(GATE, "I2", "Gate", DoorClass.INTERIOR, magnet, point(GATE - 1)),
    ]
    boards = [replace(board, outputs=POINTS, inputs=POINTS) for board in draft.boards]
    return quick(replace(draft, boards=boards, doors=[*draft.doors, *more]))


def relays_at_rest(*, lockdown: bool) -> set[int]:
    """The doors whose relays are on while nobody passes."""
    return {GATE} if lockdown else {LOBBY, GATE}


class KillRounds:
    """A bridge with many people that is killed again and again. Use it once."""

    def __init__(self, site: Site, nursery: Nursery, rounds: int, seed: int) -> None:
        self._site = site
        self._nursery = nursery
        self._rounds = rounds
        self._random = Random(seed)
        self._people = list(range(FIRST_OF_MANY, FIRST_OF_MANY + rounds * (CARDS + 1)))
        self._school = School(everybody=[ADA, BEN, ROSA, *self._people])
        self._open: Press | None = None
        self._presses: list[Press] = []
        self._wrong: list[str] = []

    def run(self) -> Verdict:
        """All rounds, then an orderly start and stop, then the verdict."""
        self._give_documents()
        for _ in range(self._rounds):
            self._once()
        last = self._start()
        self._wait_until_ready()
        self._nursery.stop(last)
        return verdict(self._site, self._nursery.went_ahead(), self._presses, self._wrong)

    def _give_documents(self) -> None:
        first = self._start()
        until(self._answers, "the bridge is ready")
        draft = standing_draft(self._school.draft(1))
        self._site.apply(self._school.keys(), self._school.policy(draft=draft), self._school.orders())
        self._wait_until_ready()
        self._nursery.stop(first)

    def _start(self) -> int:
        if self._open is not None:
            if self._open.answered:
                present(self._site, FRONT, ADA)
                present(self._site, ROOM, BEN)
            if not self._open.started_s:
                self._open = replace(self._open, started_s=_clock.monotonic_s())
        return self._nursery.start(["run", "--config", str(self._site.installation.settings)])

    def _once(self) -> None:
        pid = self._start()
        if self._random.random() < _DURING_START:
            time.sleep(self._random.uniform(0.0, _START_TAKES_S))
            self._nursery.kill(pid)
            return
        self._wait_until_ready()
        fatal = self._random.randrange(CARDS)
        pressed = self._random.random() < _PRESSED
        for number in range(fatal + 1):
            door = DOORS[self._random.randrange(len(DOORS))]
            until(partial(is_locked, self._site, door), "the door is locked again, so that each grant is one movement")
            before = len(releases(self._site))
            present(self._site, door, self._people.pop())
            if number < fatal:
                self._wait_for_release(before)
        if pressed:
            self._press_and_kill(pid)
        else:
            time.sleep(self._random.uniform(0.0, _AROUND_S))
            self._nursery.kill(pid)

    def _press_and_kill(self, pid: int) -> None:
        """While the last card is on its way: half of the kills come just after the answer, half around the press."""
        answers: list[str] = []
        client = self._site.client()

        def ask() -> None:
            with suppress(BridgeUnreachableError, BridgeRefusedError, OSError), client:
                answer = client.start_emergency("local:principal")
                answers.extend([str(answer["directive"])] if answer["kept"] else [])

        asking, pressed_s = threading.Thread(target=ask), _clock.monotonic_s()
        time.sleep(self._random.uniform(0.0, _AROUND_S / 2))
        asking.start()
        if self._random.random() < _AFTER_ANSWER:
            asking.join()
        time.sleep(self._random.uniform(0.0, _AROUND_S / 2))
        self._nursery.kill(pid)
        killed_s = _clock.monotonic_s()
        asking.join()
        self._open = Press(answers[0] if answers else None, bool(answers), pressed_s, killed_s)

    def _wait_until_ready(self) -> None:
        """Until the bridge knows its readers and relays are where they belong; a lockdown is tried and released."""
        until(self._answers, "the bridge is ready")
        until(self._knows_its_devices, "every reader is secure and every relay is known")
        if self._open is not None:
            self._try_lockdown(self._open)
            self._open = None
        # A card that nobody had fetched before the kill is granted now.
        time.sleep(0.1)
        self._wait_for_relays(lockdown=False)

    def _try_lockdown(self, press: Press) -> None:
        """Whether it is in force; if so, a student is refused and a responder admitted, and it is released."""
        found = {str(emergency["directive"]) for emergency in self._site.status()["emergencies"]}
        held = press.directive in found if press.answered else bool(found)
        directive = press.directive if press.answered else next(iter(found), None)
        if found:
            self._wait_for_relays(lockdown=True)
            refused = self._refused()
            self._present_until(FRONT, BEN, lambda: self._refused() > refused, "the student is refused")
        press = replace(press, directive=directive, held=held, tried_s=_clock.monotonic_s())
        self._presses.append(press)
        if found:
            before = len(releases(self._site))
            self._present_until(ROOM, ROSA, partial(has_moved, self._site, before), "a responder is admitted")
            self._wait_for_relays(lockdown=True)
            self._site.apply(*(self._school.release(one) for one in found))
            until(lambda: not self._site.status()["emergencies"], "the release ends it")

    def _present_until(self, reader: int, person: int, fact: Callable[[], bool], what: str) -> None:
        """A reader whose session is made anew on a machine that stands still forgets its card: it is shown again."""
        for _ in range(_ATTEMPTS):
            present(self._site, reader, person)
            with suppress(NotInTimeError):
                until(fact, what, _PATIENCE_S)
                return
        raise NotInTimeError(f"{_ATTEMPTS} cards in vain: {what}")

    def _refused(self) -> int:
        return self._site.codes().count("DENIED_LOCKDOWN")

    def _wait_for_relays(self, *, lockdown: bool) -> None:
        expected = relays_at_rest(lockdown=lockdown)
        try:
            at_rest = "relays are where they belong"
            until(lambda: {one.door for one in outputs_on(self._site)} == expected, at_rest, _SETTLED_S)
        except NotInTimeError:
            on = sorted(one.door for one in outputs_on(self._site))
            self._wrong.append(f"on at doors {on} instead of {sorted(expected)}, lockdown: {lockdown}")

    def _wait_for_release(self, before: int) -> None:
        """A reader whose session is made anew on a machine that stands still forgets its card; then there is none."""
        with suppress(NotInTimeError):
            until(partial(has_moved, self._site, before), "the lock is let go", _PATIENCE_S)

    def _answers(self) -> bool:
        try:
            return bool(self._site.status())
        except (BridgeUnreachableError, OSError):
            return False

    def _knows_its_devices(self) -> bool:
        status = self._site.status()
        links = {reader["link"] for reader in status["readers"]}
        return links == {"secure"} and all(door["proved"] for door in status["doors"])

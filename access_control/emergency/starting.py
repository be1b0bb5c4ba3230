"""Starting an emergency: signed in memory, pushed to the doors, and only then saved.

Nothing before the push touches the database. The save is done by a thread that the request waits for a second at most;
while it fails, the directive is pushed again and again, and the answer says what could not be saved.
"""

from __future__ import annotations

import json
import re
import threading
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import EmergencyAction
from access_control.core.decision.slots import Effect
from access_control.core.wire.directives import (
    SERVICE,
    Authority,
    open_directive,
    seal_directive_in_parts,
    seal_release,
)
from access_control.core.wire.errors import Refused
from access_control.database.engine import Database
from access_control.database.ids import new_id
from access_control.emergency.errors import BadRequestError, EmergencyError, MayNotError
from access_control.emergency.memory import LIVE, STARTED, Memory
from access_control.emergency.saving import Saver
from access_control.emergency.school import Running, School
from access_control.emergency.unsaved import Unsaved, UnsavedFiles
from access_control.emergency.words import NAMES
from access_control.people.permissions import Actor, Permission
from access_control.readers.keys import SchoolKeys

SAVE_WAIT_S: Final = 1.0
LONGEST_WAY: Final = timedelta(seconds=60)
"""How long ago, at most, a press is believed to have ended when the request arrives."""
_REMEMBERED: Final = 200
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
END_OF_DRILL: Final = "A real lockdown was started during the drill."


@dataclass(frozen=True, slots=True)
class Start:
    """What somebody asks for.

    Attributes:
        id: UUIDv7 that was made when the press began, so that sending it twice starts one emergency.
        on_the_way: How long before the request arrived the press had ended, as the browser measured it.
    """

    id: str
    action: EmergencyAction
    scope: str
    drill: bool
    on_the_way: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Started:
    """What came of it. ``bridges`` were told; ``sentence`` is for people and empty when everything went well."""

    directive: Directive
    bridges: tuple[str, ...]
    saved: bool
    sentence: str = ""


class Emergencies:
    """Everything about emergencies that this process keeps in memory. Close it before the database."""

    def __init__(
        self, database: Database, keys: SchoolKeys, now: Callable[[], datetime], folder: Path | None = None
    ) -> None:
        """``folder``: where emergencies wait that could not be saved; what an earlier run left there is taken up."""
        self._changes = database.changes
        self._keys = keys
        self._started: OrderedDict[str, Started] = OrderedDict()
        self._lock = threading.Lock()
        files = UnsavedFiles(folder)
        self._saver = Saver(database, keys, now, files)
        self._memory = Memory(database, self._push_again, self._hear)
        school = self._memory.school()
        if school is not None and files.any():
            for left in files.load(self._authority(), school.site):
                self._take_up(left)
        self._memory.start()

    def school(self) -> School | None:
        """The school as this process knows it, also while the database is locked or dead."""
        return self._memory.school()

    def running(self) -> tuple[Running, ...]:
        """Every emergency in force as this process knows it, saved or not."""
        school = self._memory.school()
        return () if school is None else school.running

    def refresh(self) -> None:
        """Read the school again now, after something was changed by this process."""
        self._memory.refresh()

    def is_saved(self, directive: str) -> bool:
        """Whether nothing of this emergency waits to be saved."""
        return not self._saver.waits(directive)

    def start(self, at: datetime, wanted: Start, by: Actor) -> Started:
        """Start an emergency: push it to the doors, then save it. The same id twice is the same emergency.

        Raises:
            EmergencyError: Nothing was started: the id or scope makes no sense, or the person may not start it there.
        """
        with self._lock:
            known = self._started.get(wanted.id)
            if known is None:
                unsaved, known = self._begin(at, wanted, by)
                self._started[wanted.id] = known
                while len(self._started) > _REMEMBERED:
                    self._started.popitem(last=False)
                self._take_up(unsaved)
        if self._saver.wait_saved(wanted.id, SAVE_WAIT_S):
            return replace(known, saved=True, sentence="")
        return known

    def close(self) -> None:
        """End the threads; what is not saved stays in its files."""
        self._memory.close()
        self._saver.close()

    def _begin(self, at: datetime, wanted: Start, by: Actor) -> tuple[Unsaved, Started]:
        school = self._memory.school()
        if school is None:
            raise EmergencyError("There is no school here yet, so nothing was started.", "Set the site up first.")
        if _ID.fullmatch(wanted.id) is None:
            raise BadRequestError("The request has no proper identifier.", "Reload the page and press again.", "id")
        doors = school.doors_in(wanted.scope)
        if not by.may(Permission.EMERGENCY_START, school.place_of(wanted.scope)):
            raise MayNotError(f"start {NAMES[wanted.action]} there")
        drills = _drills_ended(school, wanted, doors)
        held = frozenset().union(doors, *(_kept_locked(school, drill) for drill in drills))
        started_at = at - min(max(wanted.on_the_way, timedelta()), LONGEST_WAY)
        directive = Directive(
            wanted.id, wanted.action, wanted.scope, held, SERVICE, by.reference, wanted.drill, _whole_ms(started_at)
        )
        sealed = tuple(seal_directive_in_parts(directive, self._keys.document, site=school.site))
        ended = tuple(self._end_of(drill, at, by, school.site) for drill in drills)
        told = Started(directive, school.bridges_of(held), saved=False, sentence=_late(directive))
        return Unsaved(directive, sealed, by.name, ended), told

    def _end_of(self, drill: Running, at: datetime, by: Actor, site: str) -> tuple[Release, bytes]:
        release = Release(new_id(at), drill.directive.id, None, by.reference, None, END_OF_DRILL, _whole_ms(at))
        return release, seal_release(release, self._keys.document, site=site)

    def _take_up(self, one: Unsaved) -> None:
        self._push(one)
        self._memory.add(Running(one.directive, one.by_name, saved=False))
        self._saver.add(one)

    def _authority(self) -> Authority:
        return Authority(service=self._keys.document_public())

    def _hear(self, payload: str) -> None:
        """Another worker, or this one, started an emergency; its signature says that it is no joke."""
        school = self._memory.school()
        if school is None:
            return
        try:
            said = json.loads(payload)
            directive = open_directive(b64decode(said["directive"]), self._authority(), site=school.site)
            running = Running(directive, str(said["by_name"]), saved=False)
        except (ValueError, KeyError, TypeError, Refused):
            return
        bridges = school.bridges_of(school.in_scope(directive))
        with self._lock:
            self._started.setdefault(directive.id, Started(directive, bridges, saved=False, sentence=_late(directive)))
        self._memory.add(running)

    def _push_again(self) -> None:
        for one in self._saver.waiting():
            self._push(one)

    def _push(self, one: Unsaved) -> None:
        school = self._memory.school()
        if school is None:
            return
        words = [("directive", part) for part in one.sealed] + [("release", sealed) for _, sealed in one.ended]
        reached = set(one.directive.doors) | _doors_of(school, [release.directive for release, _ in one.ended])
        for bridge in school.bridges_of(reached & set(school.doors)):
            for kind, sealed in words:
                self._changes.tell_now(f"bridge:{bridge}", json.dumps({kind: b64encode(sealed).decode()}))
        for part in one.sealed:
            told = {"directive": b64encode(part).decode(), "by_name": one.by_name}
            self._changes.tell_now(STARTED, json.dumps(told))
        self._changes.tell_now(LIVE, json.dumps({"what": "emergency", "directive": one.directive.id}))


def _drills_ended(school: School, wanted: Start, doors: frozenset[int]) -> list[Running]:
    """A real Lockdown ends every drill that it meets; nobody should have to ask which of the two holds."""
    if wanted.drill or wanted.action is not EmergencyAction.LOCKDOWN:
        return []
    return [one for one in school.running if one.directive.drill and school.in_scope(one.directive) & doors]


def _kept_locked(school: School, drill: Running) -> frozenset[int]:
    """Ending a drill must loosen no door while a real lockdown begins: the lockdown takes over what it locked."""
    held = school.in_scope(drill.directive) - drill.released
    return frozenset(door for door in held if school.effect_at(door, drill.directive.action, drill=True) is Effect.LOCK)


def _doors_of(school: School, directives: Iterable[str]) -> set[int]:
    wanted = set(directives)
    found = (school.in_scope(one.directive) for one in school.running if one.directive.id in wanted)
    return set().union(*found)


def _late(directive: Directive) -> str:
    called = f"{NAMES[directive.action].lower()}{' drill' if directive.drill else ''}"
    return f"The {called} is on its way to the doors, but could not be saved yet. It is sent again until it is."


def _whole_ms(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)

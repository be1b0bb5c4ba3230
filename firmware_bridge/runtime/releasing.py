"""Ends emergencies at this bridge's own doors: for somebody with a single-use code, or two people at a marked reader.

Its doors are those that the controller rules: in an emergency also such as a newer Policy leaves out or takes out of a
scope. A code is remembered as used, for ever, before its release takes effect, and only for one that is sure to be
taken. Neighbours do not take such a release over.

Where the disk refuses that, nothing is released: it says so at once, and a restart would take the code again. Where it
hangs, somebody with a good code stands at a locked door and nobody can say for how long, so it is waited for half a
second and the release takes effect. That code is used up all the same: this process knows it by the release, of which
two copies are written as soon as the disk goes on, and each of them or the note alone keeps it used after a restart.
Only a bridge that dies before any of the three is written takes the code again, and then its release is forgotten too:
the emergency is in force again, as if the code had never been typed.

Whether the service can be reached makes no difference (docs/adr/0009).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from access_control.core.decision.emergency import Release
from access_control.core.decision.model import Policy
from access_control.core.wire.directives import seal_release_in_parts
from access_control.core.wire.errors import Refused
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.release_codes import BY_CODE, code_digest
from access_control.core.wire.release_persons import HOLDER, write_person
from access_control.core.wire.signing import SigningKey
from firmware_bridge.clock import Clock
from firmware_bridge.controller.commands import EndEmergency
from firmware_bridge.controller.limits import Limiter
from firmware_bridge.local.requests import ReleaseHere
from firmware_bridge.local.server import Answer, refusal
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.handing_over import HandOver, try_once
from firmware_bridge.store.keys import BridgeKeys
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from firmware_bridge.store.uuid7 import uuid7

MOST_WRONG: Final = 5
WRONG_WITHIN_S: Final = 300.0
PAUSE_S: Final = 60.0
"""After five wrong codes in five minutes each further one stops the looking at codes for so long."""
_USED: Final = "release-code:"
WHY_AT_READER: Final = "Two people with card and PIN ended it at the reader “{reader}”."
_NOTHING_DONE: Final = "Nothing was released, and the code was not used."
Tell = Callable[[EventCode, Mapping[str, str | int]], None]


@dataclass(frozen=True, slots=True)
class Bonds:
    """What it works with.

    Attributes:
        apply: The bridge's one way of taking a document.
        tell: Records an event.
        ruling: The Policy that the doors go by now.
        hand_over: Writes, and waits for the disk, but not for long.
    """

    documents: Documents
    memory: BridgeMemory
    keys: BridgeKeys
    clock: Clock
    apply: Callable[[bytes], Answer]
    tell: Tell
    ruling: Callable[[], Policy | None]
    hand_over: HandOver


@dataclass(frozen=True, slots=True)
class _Said:
    """Who ends something, as the release has it, and why."""

    by: str
    second: str
    why: str


class Releasing:
    """Serves one request after another, on the threads of those who ask."""

    def __init__(self, bonds: Bonds) -> None:
        """Wrong codes are counted from the start of the bridge on."""
        self._bonds = bonds
        self._lock = threading.Lock()
        self._wrong = Limiter(MOST_WRONG, WRONG_WITHIN_S)
        self._paused_until_s = -1e9

    def codes_left(self) -> int | None:
        """How many codes of the Policy in force are not used; ``None`` without a Policy."""
        policy = self._bonds.documents.policy
        return None if policy is None else sum(not self._was_used(digest) for digest in policy.release_codes)

    def release(self, request: ReleaseHere) -> Answer:
        """End what is in force at the doors that were named, if the code is good."""
        policy = self._ruling()
        if policy is None:
            return refusal("no_policy", "This bridge has no Policy yet, so it knows no codes and no doors.")
        if request.by.startswith(HOLDER):
            sentence = f"Names that begin with “{HOLDER}” stand for people at a reader. Give another name with --by."
            return refusal("bad_name", f"{sentence} {_NOTHING_DONE}")
        doors = frozenset(policy.doors) if request.doors is None else frozenset(request.doors)
        if strangers := sorted(doors - policy.doors.keys()):
            sentence = f"There is no door {strangers[0]} at this bridge; `firmware-bridge status` lists them."
            return refusal("no_such_door", sentence)
        with self._lock:
            return self._judge(request, policy, doors)

    def release_by_two(self, agreed: EndEmergency) -> Answer:
        """End what two people agreed to end, as far as it is still in force; the controller has judged them.

        The two have been told that they agreed, so whatever comes to nothing after that is an event.
        """
        policy = self._ruling()
        reader = None if policy is None else policy.readers.get(agreed.reader)
        if policy is None or reader is None:
            return self._turn_down("no_policy", "The reader is not in the Policy any more. Nothing was released.")
        said = _Said(write_person(agreed.first), write_person(agreed.second), WHY_AT_READER.format(reader=reader.name))
        with self._lock:
            found = self._ends(policy, policy.doors)
            ends = {directive: doors for directive, doors in found.items() if directive in agreed.directives}
            if not ends:
                return self._turn_down("nothing_to_end", "What the two people agreed on was ended meanwhile.")
            try:
                releases = self._sealed(said, ends)
            except Refused as error:
                return self._turn_down(error.code.value, error.sentence)
            return self._carry_out(releases, ends)

    def _turn_down(self, code: str, sentence: str) -> Answer:
        self._bonds.tell(EventCode.RELEASE_REFUSED, {"kind": "release", "refusal": code, "why": sentence})
        return refusal(code, sentence)

    def _ruling(self) -> Policy | None:
        return self._bonds.ruling() or self._bonds.documents.policy  # the latter before the controller has taken it up

    def _judge(self, request: ReleaseHere, policy: Policy, doors: Collection[int]) -> Answer:
        wait_s = self._paused_until_s - self._bonds.clock.monotonic_s()
        if wait_s > 0:
            return refusal("slow_down", f"Too many wrong codes. Wait {int(wait_s) + 1} s, then type it again.")
        digest = code_digest(self._bonds.keys.digest, request.code)
        signed = self._bonds.documents.policy or policy
        if digest not in signed.release_codes or self._was_used(digest):
            return self._refuse(request)
        ends = self._ends(policy, doors)
        if not ends:
            return refusal("nothing_to_end", "No emergency is in force at these doors. The code was not used.")
        try:
            releases = self._sealed(_Said(request.by, BY_CODE + digest.hex(), request.why), ends)
        except Refused as error:
            return refusal(error.code.value, f"{error.sentence} {_NOTHING_DONE}")
        try:
            self._use_up(digest, request.by)
        except MemoryFullError as error:
            return refusal("not_stored", f"{_NOTHING_DONE} {error}")
        return self._carry_out(releases, ends)

    def _use_up(self, digest: bytes, by: str) -> None:
        """Remember that a code was used; what a disk that hangs has not said in time is not waited for.

        Raises:
            MemoryFullError: The disk does not take it, so that nothing may be released.
        """
        try_once(self._bonds.hand_over, lambda: self._bonds.memory.keep_fact(_USED + digest.hex(), by.encode()))

    def _refuse(self, request: ReleaseHere) -> Answer:
        now_s = self._bonds.clock.monotonic_s()
        if self._wrong.take(now_s) is None:
            self._paused_until_s = now_s + PAUSE_S
            return refusal("slow_down", f"Too many wrong codes. Wait {PAUSE_S:.0f} s, then type it again.")
        self._bonds.tell(EventCode.RELEASE_CODE_WRONG, {"by": request.by})
        return refusal("wrong_code", "That is no code of this bridge, or it was used before. Nothing was released.")

    def _ends(self, policy: Policy, doors: Collection[int]) -> Mapping[str, frozenset[int]]:
        """The directives in force at these doors, and at which, as far as this bridge may release them.

        A door that only a fire holds here is another bridge's by now: it must not keep the others from being released.
        """
        documents = self._bonds.documents
        return documents.kept.directives.in_force_among(documents.releasable(doors), policy.scopes)

    def _sealed(self, said: _Said, ends: Mapping[str, frozenset[int]]) -> list[bytes]:
        """The releases that end this, each of them sure to be taken.

        Raises:
            Refused: One would not be.
        """
        bonds = self._bonds
        at, site = bonds.clock.moment().at, bonds.documents.trust.site
        key = SigningKey(bonds.documents.trust.bridge, bonds.keys.signing)
        sealed: list[bytes] = []
        for directive, doors in sorted(ends.items()):
            for some in self._as_the_service_takes_them(doors):
                release = Release(
                    id=uuid7(at), directive=directive, doors=some, by=said.by, second=said.second, why=said.why, at=at
                )
                sealed += seal_release_in_parts(release, key, site=site, new_id=lambda: uuid7(at))
        for one in sealed:
            bonds.documents.require_releasable(one)
        return sealed

    def _as_the_service_takes_them(self, doors: frozenset[int]) -> list[frozenset[int]]:
        """Apart: the service does not believe a bridge about doors that it has left out of the bridge's Policy."""
        policy = self._bonds.documents.policy
        own = doors if policy is None else doors & policy.doors.keys()
        return [some for some in (own, doors - own) if some]

    def _carry_out(self, releases: Collection[bytes], ends: Mapping[str, frozenset[int]]) -> Answer:
        unkept: list[str] = []
        for sealed in releases:
            answer = self._bonds.apply(sealed)
            if not answer["ok"]:
                return answer
            unkept += [] if answer["kept"] else [str(answer["sentence"])]
        released = sorted({door for doors in ends.values() for door in doors})
        return {
            "ok": True,
            "doors": released,
            "directives": sorted(ends),
            "kept": not unkept,
            "left": self.codes_left(),
        }

    def _was_used(self, digest: bytes) -> bool:
        """Its own note, or a release that names it: these are kept twice."""
        if self._bonds.memory.fact(_USED + digest.hex()) is not None:
            return True
        name = BY_CODE + digest.hex()
        return any(release.second == name for release in self._bonds.documents.kept.directives.releases.values())

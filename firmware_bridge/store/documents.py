"""The documents that this bridge works by: verified once when they come, kept on disk, read back at each start.

Everything is all or nothing and never goes backwards. A document that is not taken changes nothing: the ones in force
go on, and with a Policy refused the current Orders apply to the one before it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import Orders, Policy, Revision
from access_control.core.wire.actions import Action, ActionKind, open_action
from access_control.core.wire.directives import Authority, seal_directive_in_parts
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.kept import (
    Kept,
    fold,
    hear_directive,
    hear_release,
    recall_directive,
    recall_release,
    settle,
)
from access_control.core.wire.kept_file import decode_kept, encode_kept
from access_control.core.wire.keys import KeyStatement, decode_keys, open_keys
from access_control.core.wire.orders import open_orders
from access_control.core.wire.policy import decode_policy, open_policy
from access_control.core.wire.revisions import check_revision
from access_control.core.wire.signing import Kind, SigningKey, reread
from firmware_bridge.store.held_policies import HeldPolicies
from firmware_bridge.store.keys import BridgeKeys
from firmware_bridge.store.memory import BridgeMemory, EmergencyKind, MemoryFullError
from firmware_bridge.store.shelf import Shelf
from firmware_bridge.store.trust import Trust


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that had to be said about the stored documents when they were read."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A document was taken: what is new, and one plain sentence. ``None`` means that this did not change.

    ``unkept`` says why it is in force but not on disk.
    """

    kind: Kind
    sentence: str
    policy: Policy | None = None
    orders: Orders | None = None
    directive: Directive | None = None
    release: Release | None = None
    action: Action | None = None
    refused: tuple[Refused, ...] = ()
    unkept: str = ""


_Recall = Callable[[Kept, bytes], tuple[Kept, Directive | Release]]
_RECALL: Final[dict[EmergencyKind, _Recall]] = {
    EmergencyKind.DIRECTIVE: recall_directive,
    EmergencyKind.RELEASE: recall_release,
}
Announce = Callable[[Applied], None]


class NotStoredError(Exception):
    """The disk did not take a document, so it is not in force; the text is one plain sentence."""


@dataclass(frozen=True, slots=True)
class _Heading:
    kind: str = ""


class Documents:
    """What is in force and its copies on disk. Every method may be called from any thread."""

    def __init__(self, directory: Path, trust: Trust, keys: BridgeKeys, memory: BridgeMemory) -> None:
        """Nothing is read before :meth:`load`."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.trust = trust
        self._keys = keys
        self._memory = memory
        self._lock = threading.Lock()
        self._shelves = {name: Shelf(directory, name) for name in ("keys", "policy", "orders")}
        self.statement: KeyStatement | None = None
        self.policy: Policy | None = None
        self._sealed_policy = b""
        self.held = HeldPolicies(directory, lambda sealed: self._reread_policy(sealed)[0])
        self.kept = Kept()

    def load(self, at: datetime) -> tuple[Finding, ...]:
        """Read everything back; what is damaged is set aside and the last good copy serves."""
        keys = self._shelves["keys"].get(lambda data: decode_keys(reread(data, kind=Kind.KEYS)), at)
        policy = self._shelves["policy"].get(self._reread_policy, at)
        kept = self._shelves["orders"].get(decode_kept, at)
        self.statement, self.kept = keys.content, kept.content or Kept()
        if policy.content is not None:
            self.policy, self._sealed_policy = policy.content
        findings = [
            Finding(kind, sentence)
            for kind, found in (("keys", keys), ("policy", policy), ("orders", kept))
            for sentence in found.damage
        ]
        findings += [Finding("memory", f"{path.name} was damaged and set aside.") for path in self._memory.damaged]
        findings += self._recall_emergencies()
        findings += [Finding("policy", sentence) for sentence in self.held.load(at)]
        self.held.settle(self.kept.directives)
        return tuple(findings)

    def _reread_policy(self, data: bytes) -> tuple[Policy, bytes]:
        policy = decode_policy(reread(data, kind=Kind.POLICY), self._keys.digest)
        if (policy.site, policy.bridge) != (self.trust.site, self.trust.bridge):
            raise Refused(RefusalCode.WRONG_RECIPIENT, "The stored Policy is for another bridge.")
        return policy, data

    def _recall_emergencies(self) -> list[Finding]:
        """Add the second copies of every directive and release, so that damage to one file ends no emergency."""
        findings = []
        for kind, recall in _RECALL.items():
            for identity, bodies in self._memory.emergencies(kind).items():
                sound = None
                for sealed in bodies:
                    try:
                        self.kept, _ = recall(self.kept, sealed)
                        sound = sealed
                    except Refused as error:
                        damage = f"A copy of the {kind} {identity} is damaged ({error})."
                        findings.append(Finding("memory", damage))
                if sound is not None and bodies != [sound, sound]:
                    with suppress(MemoryFullError):  # one copy is there; the next start tries again
                        self._memory.repair_emergency(kind, identity, sound)
        return findings

    def newest(self) -> datetime | None:
        """The time of the newest document: no clock before it is believed."""
        times = [self.policy.made_at] if self.policy else []
        times += [self.statement.made_at] if self.statement else []
        times += [directive.started_at for directive in self.kept.directives.directives.values()]
        return max(times, default=None)

    def orders(self) -> Orders:
        """The Orders in force, with everything that is kept."""
        return self.kept.orders()

    def apply(self, data: bytes, at: datetime, *, clock_trusted: bool, announce: Announce) -> Applied:
        """Take a sealed document of any kind.

        ``announce`` is told what is new as soon as that holds. For emergencies and Orders that is before anything is
        written, because no door waits for a disk; a Policy holds only once it is stored.

        Raises:
            Refused: It was not taken and nothing changed.
            NotStoredError: As before; the disk did not take it.
        """
        trusted_at = at if clock_trusted else None
        match self.kind_of(data):
            case Kind.KEYS:
                return self._apply_keys(data, announce)
            case Kind.ORDERS:
                return self._apply_orders(data, trusted_at, announce)
            case Kind.DIRECTIVE | Kind.RELEASE as kind:
                return self._apply_emergency(kind, data, announce)
            case Kind.ACTION:
                return self._apply_action(data, at, announce)
            case Kind.POLICY:
                return self._apply_policy(data, trusted_at, announce)

    def raise_directive(self, directive: Directive) -> None:
        """Sign a directive with this bridge's own key and keep it. It is in force whatever comes of that.

        Raises:
            Refused: It cannot be sealed.
            MemoryFullError: The disk took no copy, so a restart would forget it; try again.
        """
        key = SigningKey(self.trust.bridge, self._keys.signing)
        parts = seal_directive_in_parts(directive, key, site=self.trust.site)
        with self._lock:
            for sealed in parts:
                self.kept, _ = recall_directive(self.kept, sealed)
            for sealed in parts:
                self._memory.keep_emergency(EmergencyKind.DIRECTIVE, directive.id, sealed)

    def keep_again(self) -> None:
        """Keep everything that is in force, after the disk did not take some of it.

        Raises:
            Refused: What is kept is not readable; it never is.
            MemoryFullError, OSError: The disk still takes nothing.
        """
        with self._lock:
            for kind, sealed_documents in (
                (EmergencyKind.DIRECTIVE, self.kept.sealed_directives),
                (EmergencyKind.RELEASE, self.kept.sealed_releases),
            ):
                for sealed in sealed_documents.values():
                    _, record = _RECALL[kind](Kept(), sealed)
                    self._memory.keep_emergency(kind, record.id, sealed)
            self._put_orders()

    @staticmethod
    def kind_of(data: bytes) -> Kind:
        """What a document says it is; whether that is true is judged by whoever opens it."""
        heading = data[:1000].split(b"\n", 2)
        try:
            return Kind(msgspec.json.decode(heading[1], type=_Heading).kind)
        except (IndexError, msgspec.MsgspecError, ValueError):
            return Kind.POLICY  # opening it as one says what is wrong with its first lines

    def _document_keys(self) -> KeyStatement:
        if self.statement is None:
            raise Refused(
                RefusalCode.UNKNOWN_KEY,
                "This bridge has no key statement of its school yet. Apply the school's key statement first.",
            )
        return self.statement

    def _authority(self) -> Authority:
        policy = self.policy
        return Authority(
            service=self._document_keys().document_keys,
            neighbours=policy.neighbour_keys if policy else {},
            bridge=self.trust.bridge,
            own_key=self._keys.public,
            own_doors=frozenset(policy.doors) if policy else frozenset(),
            scopes=policy.scopes if policy else {},
        )

    def _apply_keys(self, data: bytes, announce: Announce) -> Applied:
        with self._lock:
            before = self.statement
            statement = open_keys(data, self.trust.identity_bytes(), site=self.trust.site, in_force=before)
            if before is not None and before.revision == statement.revision:
                return Applied(Kind.KEYS, "This key statement is already in force.")
            check_revision(self._floor("keys"), statement.revision)
            self._put("keys", data)
            self._raise_floor("keys", statement.revision)
            self.statement = statement
            applied = Applied(Kind.KEYS, f"The key statement {_words(statement.revision)} is in force.")
            announce(applied)
            return applied

    def _apply_policy(self, data: bytes, trusted_at: datetime | None, announce: Announce) -> Applied:
        keys = self._document_keys().document_keys
        policy = open_policy(data, keys, site=self.trust.site, bridge=self.trust.bridge, digest_key=self._keys.digest)
        with self._lock:
            before = self.policy
            if before is not None:
                same = before.revision == policy.revision and self._shelves["policy"].holds(data)
                check_revision(before.revision, policy.revision, same_bytes=same)
                if same:
                    return Applied(Kind.POLICY, f"Policy {_words(policy.revision)} is already in force.")
            check_revision(self._floor("policy"), policy.revision)
            self._hold()
            self._put("policy", data)
            self._raise_floor("policy", policy.revision)
            self.policy, self._sealed_policy = policy, data
            self.kept = settle(self.kept, before, trusted_at)
            sentence = f"Policy {_words(policy.revision)} is in force, for {len(policy.doors)} doors."
            applied = Applied(Kind.POLICY, sentence, policy=policy, orders=self.kept.orders())
            announce(applied)
            return replace(applied, unkept=self._put_kept())

    def _apply_orders(self, data: bytes, trusted_at: datetime | None, announce: Announce) -> Applied:
        keys = self._document_keys().document_keys
        document = open_orders(data, keys, site=self.trust.site, bridge=self.trust.bridge)
        with self._lock:
            check_revision(self._floor("orders"), document.revision)
            folded = fold(self.kept, document, authority=self._authority(), at=trusted_at)
            again = folded.kept == self.kept
            self.kept = folded.kept
            words = "are already in force" if again else "are in force"
            applied = Applied(
                Kind.ORDERS,
                f"Orders {_words(document.revision)} {words}." + _doubts(folded.refused),
                orders=self.kept.orders(),
                refused=folded.refused,
            )
            announce(applied)
            if again:
                return applied
            self.held.settle(self.kept.directives)
            self._raise_floor("orders", document.revision)
            news: Sequence[tuple[EmergencyKind, str, bytes]] = [
                (_kind_of_record(heard.record), heard.record.id, heard.sealed) for heard in folded.news
            ]
            return replace(applied, unkept=self._keep_emergencies(news) or self._put_kept())

    def _apply_emergency(self, kind: Kind, data: bytes, announce: Announce) -> Applied:
        with self._lock:
            hear = hear_directive if kind is Kind.DIRECTIVE else hear_release
            self.kept, record = hear(self.kept, data, self._authority(), site=self.trust.site)
            if record is None:
                return Applied(kind, f"This {kind} was taken before.")
            if isinstance(record, Directive):
                sentence = f"The directive {record.action} for “{record.scope}” is in force."
                applied = Applied(kind, sentence, directive=record)
            else:
                applied = Applied(kind, "The release is in force.", release=record)
            announce(applied)
            self.held.settle(self.kept.directives)
            return replace(applied, unkept=self._keep_emergencies([(_kind_of_record(record), record.id, data)]))

    def _apply_action(self, data: bytes, at: datetime, announce: Announce) -> Applied:
        keys = self._document_keys().document_keys
        action = open_action(data, keys, site=self.trust.site, bridge=self.trust.bridge, at=at)
        if action.kind is not ActionKind.UNLOCK_ONCE:
            sentence = f"This program cannot carry out the action {action.kind} yet. Update it, or do it on the spot."
            raise Refused(RefusalCode.NOT_ALLOWED, sentence)
        try:
            first = self._memory.begin_action(action.id, int(action.expires.timestamp()))
        except MemoryFullError as error:
            raise NotStoredError(f"The action could not be noted, so it is not carried out. {error}") from error
        if not first:
            raise Refused(RefusalCode.NOT_ALLOWED, "This action was carried out before. Ask for a new one.")
        applied = Applied(Kind.ACTION, f"The action {action.kind} is carried out.", action=action)
        announce(applied)
        return applied

    def _keep_emergencies(self, found: Sequence[tuple[EmergencyKind, str, bytes]]) -> str:
        """Keep directives and releases; an empty text, or why a restart would forget one."""
        try:
            for kind, identity, sealed in found:
                self._memory.keep_emergency(kind, identity, sealed)
        except MemoryFullError as error:
            return str(error)
        return ""

    def _hold(self) -> None:
        """During an emergency, keep the Policy that goes: after a restart too a newer one must not loosen a door."""
        standing = {directive.id for directive, _ in self.kept.directives.standing}
        if self.policy is not None and standing:
            sealed, policy = self._sealed_policy, self.policy
            self._store("policy", lambda: self.held.hold(policy, sealed, standing))

    def _put(self, name: str, content: bytes) -> None:
        self._store(name, lambda: self._shelves[name].put(content))

    @staticmethod
    def _store(name: str, put: Callable[[], None]) -> None:
        try:
            put()
        except OSError as error:
            sentence = (
                f"The {name} document could not be stored ({error.strerror}). Make room on the disk and apply it again."
            )
            raise NotStoredError(sentence) from error

    def _put_kept(self) -> str:
        try:
            self._put_orders()
        except OSError as error:
            return f"It could not be stored ({error.strerror}), so a restart would forget it. Make room on the disk."
        return ""

    def _put_orders(self) -> None:
        content = encode_kept(self.kept)
        for _ in range(2):  # the copy before it as well: an older one would let a revoked badge back in
            self._shelves["orders"].put(content)

    def _floor(self, name: str) -> Revision | None:
        """The highest revision ever taken, even if that document was damaged since and an older one serves."""
        fact = (self._memory.fact(f"floor:{name}") or b"").decode()
        epoch, _, n = fact.partition(" ")
        return Revision(int(epoch), int(n)) if n else None

    def _raise_floor(self, name: str, revision: Revision) -> None:
        try:
            self._memory.keep_fact(f"floor:{name}", f"{revision.epoch} {revision.n}".encode())
        except MemoryFullError:
            return  # the document itself is the floor as long as it is sound


def _kind_of_record(record: Directive | Release) -> EmergencyKind:
    return EmergencyKind.DIRECTIVE if isinstance(record, Directive) else EmergencyKind.RELEASE


def _words(revision: Revision) -> str:
    return f"{revision.epoch}/{revision.n}"


def _doubts(refused: tuple[Refused, ...]) -> str:
    if not refused:
        return ""
    return f" {len(refused)} emergency documents inside were refused: {refused[0].sentence}"

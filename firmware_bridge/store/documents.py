"""The documents that this bridge works by: verified once when they come, kept on disk, read back at each start.

Everything is all or nothing and never goes backwards. A document that is not taken changes nothing: the ones in force
go on, and with a Policy refused the current Orders apply to the one before it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import Orders, Policy, Revision
from access_control.core.wire.actions import Action, ActionKind, open_action
from access_control.core.wire.directives import Authority, open_release, seal_directive_in_parts
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.kept import (
    Folded,
    Kept,
    fold,
    hear_directive,
    hear_doubted,
    hear_release,
    recall_directive,
    settle,
)
from access_control.core.wire.kept_file import decode_kept, encode_kept
from access_control.core.wire.keys import KeyStatement, decode_keys, open_keys
from access_control.core.wire.orders import open_orders
from access_control.core.wire.policy import decode_policy, open_policy
from access_control.core.wire.revisions import check_revision
from access_control.core.wire.signing import Kind, SigningKey, reread
from firmware_bridge.store.clock_trust import newest_made
from firmware_bridge.store.document_kinds import kind_of
from firmware_bridge.store.emergency_copies import EmergencyCopies, Record, recalled
from firmware_bridge.store.floors import floor_of, raise_floor
from firmware_bridge.store.held_policies import HeldPolicies
from firmware_bridge.store.keys import BridgeKeys
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from firmware_bridge.store.read_only import remedy
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

    @property
    def news(self) -> bool:
        """Whether anything changed; a repetition changes nothing."""
        return any(one is not None for one in (self.policy, self.orders, self.directive, self.release, self.action))


Announce = Callable[[Applied], None]


class NotStoredError(Exception):
    """The disk did not take a document, so it is not in force; the text is one plain sentence."""


class Documents:
    """What is in force and its copies on disk. Every method may be called from any thread."""

    kind_of = staticmethod(kind_of)

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
        self._copies = EmergencyCopies(memory)
        self._raised: dict[str, bytes] = {}
        self._raising = threading.Lock()  # never held while the disk works, because the doors' thread takes it
        self._kept = Kept()

    @property
    def kept(self) -> Kept:
        """Everything besides Policy; what this bridge raised while it was worked out is in it as well."""
        return self._kept

    @kept.setter
    def kept(self, kept: Kept) -> None:
        with self._raising:
            self._kept = self._with_raised(kept)

    def _with_raised(self, kept: Kept) -> Kept:
        for identity in self._raised.keys() - kept.sealed_directives.keys():
            kept, _ = recall_directive(kept, self._raised[identity])
        return kept

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
        findings += [Finding("memory", f"{path.name} was damaged and is not used.") for path in self._memory.damaged]
        self.kept, damage = self._copies.recall(self.kept)
        findings += [Finding("memory", sentence) for sentence in damage]
        findings += [Finding("policy", sentence) for sentence in self.held.load(at)]
        if self.statement is not None:
            self._keep_emergencies(self._hear_doubted())
        self.held.settle(self.kept.directives, self.policy)
        return tuple(findings)

    def _reread_policy(self, data: bytes) -> tuple[Policy, bytes]:
        policy = decode_policy(reread(data, kind=Kind.POLICY), self._keys.digest)
        if (policy.site, policy.bridge) != (self.trust.site, self.trust.bridge):
            raise Refused(RefusalCode.WRONG_RECIPIENT, "The stored Policy is for another bridge.")
        return policy, data

    def newest(self) -> datetime | None:
        """The time of the newest document that the service made: no clock before it is believed."""
        return newest_made(self.policy, self.statement, self.kept.directives)

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
        match kind_of(data):
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

    def raise_directive(self, directive: Directive) -> Callable[[], None]:
        """Sign a directive with this bridge's own key; it is in force and can be told to everybody at once.

        Returns:
            What keeps it, on whatever thread may wait for the disk; ``MemoryFullError`` while that takes nothing.

        Raises:
            Refused: It cannot be sealed.
        """
        key = SigningKey(self.trust.bridge, self._keys.signing)
        parts = seal_directive_in_parts(directive, key, site=self.trust.site)
        with self._raising:
            self._raised |= {sha256(sealed).hexdigest(): sealed for sealed in parts}
            self._kept = self._with_raised(self._kept)
        return partial(self._keep_raised, [(directive, sealed) for sealed in parts])

    def _keep_raised(self, found: Sequence[Record]) -> None:
        with self._lock:
            self._copies.keep(found)

    def releasable(self, doors: Collection[int]) -> frozenset[int]:
        """Those of some doors that this bridge may release: its own, and those that an emergency holds here."""
        authority = self._authority()
        return frozenset(doors) & (authority.own_doors | authority.held_doors)

    def require_releasable(self, sealed: bytes) -> None:
        """See that a release of this bridge's own would be taken.

        Raises:
            Refused: As :meth:`apply` would.
        """
        open_release(sealed, self._authority(), site=self.trust.site)

    def keep_again(self) -> None:
        """Keep everything that is in force, after the disk did not take some of it.

        Raises:
            Refused: What is kept is not readable; it never is.
            MemoryFullError, OSError: The disk still takes nothing.
        """
        with self._lock:
            self._copies.keep_all(self.kept)
            self._put_orders()

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
            held_doors=frozenset(door for held, _ in self.held.entries for door in held.doors),
            scopes=policy.scopes if policy else {},
        )

    def _apply_keys(self, data: bytes, announce: Announce) -> Applied:
        with self._lock:
            before = self.statement
            statement = open_keys(data, self.trust.identity_bytes(), site=self.trust.site, in_force=before)
            if before is not None and before.revision == statement.revision:
                return Applied(Kind.KEYS, "This key statement is already in force.")
            check_revision(floor_of(self._memory, "keys"), statement.revision)
            self._put("keys", data)
            raise_floor(self._memory, "keys", statement.revision)
            self.statement = statement
            news = self._hear_doubted()
            sentence = f"The key statement {_words(statement.revision)} is in force."
            applied = Applied(Kind.KEYS, sentence, orders=self.kept.orders() if news else None)
            announce(applied)
            return replace(applied, unkept=(self._keep_emergencies(news) or self._put_kept()) if news else "")

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
            check_revision(floor_of(self._memory, "policy"), policy.revision)
            self._hold()
            self._put("policy", data)
            raise_floor(self._memory, "policy", policy.revision)
            self.policy, self._sealed_policy = policy, data
            self.kept = settle(self.kept, before, trusted_at)
            news = self._hear_doubted()
            sentence = f"Policy {_words(policy.revision)} is in force, for {len(policy.doors)} doors."
            applied = Applied(Kind.POLICY, sentence, policy=policy, orders=self.kept.orders())
            announce(applied)
            return replace(applied, unkept=self._keep_emergencies(news) or self._put_kept())

    def _apply_orders(self, data: bytes, trusted_at: datetime | None, announce: Announce) -> Applied:
        keys = self._document_keys().document_keys
        document = open_orders(data, keys, site=self.trust.site, bridge=self.trust.bridge)
        with self._lock:
            check_revision(floor_of(self._memory, "orders"), document.revision)
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
            self.held.settle(self.kept.directives, self.policy)
            raise_floor(self._memory, "orders", document.revision)
            return replace(applied, unkept=self._keep_emergencies(_news(folded)) or self._put_kept())

    def _apply_emergency(self, kind: Kind, data: bytes, announce: Announce) -> Applied:
        with self._lock:
            hear = hear_directive if kind is Kind.DIRECTIVE else hear_release
            self.kept, record = hear(self.kept, data, self._authority(), site=self.trust.site)
            if record is None:
                # In force is not on the disk: whoever tells it again may forget it only when a copy is there.
                unkept = self._keep_emergencies([(recalled(kind, data), data)])
                return Applied(kind, f"This {kind} was taken before.", unkept=unkept)
            if isinstance(record, Directive):
                sentence = f"The directive {record.action} for “{record.scope}” is in force."
                applied = Applied(kind, sentence, directive=record)
            else:
                applied = Applied(kind, "The release is in force.", release=record)
            announce(applied)
            self.held.settle(self.kept.directives, self.policy)
            return replace(applied, unkept=self._keep_emergencies([(record, data)]))

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

    def _hear_doubted(self) -> Sequence[Record]:
        """Take what was refused of the Orders and is believed now; its signer may have come with the last document."""
        heard = hear_doubted(self.kept, self._authority(), site=self.trust.site)
        self.kept = heard.kept
        self.held.settle(self.kept.directives, self.policy)
        return _news(heard)

    def _keep_emergencies(self, found: Sequence[Record]) -> str:
        """Keep directives and releases; an empty text, or why a restart would forget one."""
        try:
            self._copies.keep(found)
        except MemoryFullError as error:
            return str(error)
        return ""

    def _hold(self) -> None:
        """During an emergency, keep the Policy that goes: after a restart too a newer one must not loosen a door."""
        standing = {directive.id for directive, _ in self.kept.directives.standing}
        if self.policy is not None and self.held.concerns(self.kept.directives, self.policy):
            sealed, policy = self._sealed_policy, self.policy
            self._store("policy", lambda: self.held.hold(policy, sealed, standing))

    def _put(self, name: str, content: bytes) -> None:
        self._store(name, lambda: self._shelves[name].put(content))

    @staticmethod
    def _store(name: str, put: Callable[[], None]) -> None:
        try:
            put()
        except OSError as error:
            why = f"could not be stored ({error.strerror}). {remedy(error)} Then apply it again."
            raise NotStoredError(f"The {name} document {why}") from error

    def _put_kept(self) -> str:
        try:
            self._put_orders()
        except OSError as error:
            return f"It could not be stored ({error.strerror}), so a restart would forget it. {remedy(error)}"
        return ""

    def _put_orders(self) -> None:
        content = encode_kept(self.kept)
        for _ in range(2):  # the copy before it as well: an older one would let a revoked badge back in
            self._shelves["orders"].put(content)


def _news(folded: Folded) -> list[Record]:
    return [(heard.record, heard.sealed) for heard in folded.news]


def _words(revision: Revision) -> str:
    return f"{revision.epoch}/{revision.n}"


def _doubts(refused: tuple[Refused, ...]) -> str:
    if not refused:
        return ""
    return f" {len(refused)} emergency documents inside were refused: {refused[0].sentence}"

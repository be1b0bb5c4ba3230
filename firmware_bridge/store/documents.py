"""The documents that this bridge works by: verified once when they come, kept on disk, read back at each start.

Everything is all or nothing and never goes backwards. A document that is not taken changes nothing: the ones in force
go on, and with a Policy refused the current Orders apply to the one before it.

A disk may hang for minutes. Who waits for it then, and who does not:

- Emergencies, releases and Orders are in force and announced before anything is written. Their copies are written
  afterwards by whoever may wait (``hand_over``), and until they are there ``unkept`` says so, to a repetition as well.
- Keys and Policies hold only once they are stored, however long that takes: the ones before go on meanwhile.
- An action is noted before it is carried out, so that no restart carries it out again. If the note is not there in
  time the action is refused: somebody asks for another one, and what came after it on the same line is not held up.

Three locks see to that, taken in this order where more than one is needed:

- ``_disk`` is held while documents are written and for as long as that takes. Policy and key statement change only
  under it, so that whoever has it may read them.
- ``_lock`` is held to judge a document, to merge it and to announce it. Nobody waits for the disk under it.
- ``_raising`` guards ``kept`` alone, for an instant: the doors' thread takes it.

What is written is what is in force when the writing begins, not when it was asked for: a write that comes late, or
after a later one, puts nothing older in the place of something newer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import Orders, Policy
from access_control.core.wire.actions import ActionKind, open_action
from access_control.core.wire.directives import Authority, open_release, seal_directive_in_parts
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.kept import (
    Folded,
    Heard,
    Kept,
    fold,
    hear_directive,
    hear_doubted,
    hear_release,
    recall_directive,
    settle,
)
from access_control.core.wire.keys import KeyStatement, decode_keys, open_keys
from access_control.core.wire.orders import open_orders
from access_control.core.wire.policy import decode_policy, open_policy
from access_control.core.wire.revisions import check_revision
from access_control.core.wire.signing import Kind, SigningKey, reread
from firmware_bridge.store.applied import Announce, Applied, Finding, NotStoredError, doubts, in_words
from firmware_bridge.store.clock_trust import newest_made
from firmware_bridge.store.document_kinds import kind_of
from firmware_bridge.store.emergency_copies import EmergencyCopies
from firmware_bridge.store.floors import floor_of, raise_floor
from firmware_bridge.store.handing_over import NOT_YET, HandOver, at_once
from firmware_bridge.store.held_policies import HeldPolicies
from firmware_bridge.store.keys import BridgeKeys
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from firmware_bridge.store.noted_actions import note_first
from firmware_bridge.store.orders_copy import OrdersCopy
from firmware_bridge.store.read_only import remedy
from firmware_bridge.store.shelf import Shelf
from firmware_bridge.store.trust import Trust


class Documents:
    """What is in force and its copies on disk. Every method may be called from any thread."""

    kind_of = staticmethod(kind_of)

    def __init__(
        self, directory: Path, trust: Trust, keys: BridgeKeys, memory: BridgeMemory, hand_over: HandOver = at_once
    ) -> None:
        """Nothing is read before :meth:`load`."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.trust = trust
        self._keys = keys
        self._memory = memory
        self._hand_over = hand_over
        self._disk, self._lock, self._raising = threading.Lock(), threading.Lock(), threading.Lock()
        self._shelves = {name: Shelf(directory, name) for name in ("keys", "policy")}
        self.statement: KeyStatement | None = None
        self.policy: Policy | None = None
        self._sealed_policy = b""
        self.held = HeldPolicies(directory, lambda sealed: self._reread_policy(sealed)[0])
        self._copies = EmergencyCopies(memory)
        self._orders = OrdersCopy(directory, memory)
        self._raised: dict[str, bytes] = {}
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
        kept = self._orders.load(at)
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
            self._hear_doubted()
        self.held.settle(self.kept.directives, self.policy)
        with suppress(MemoryFullError):  # it stays owed
            self.keep_emergencies()
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

        ``announce`` is told what is new as soon as that holds, and must not wait for anything.

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

    def raise_directive(self, directive: Directive, decided_by: Policy | None = None) -> Callable[[], None]:
        """Sign a directive with this bridge's own key; it is in force and can be told to everybody at once.

        Returns:
            What keeps it, on whatever thread may wait for the disk; ``MemoryFullError`` while that takes nothing.

        Raises:
            Refused: It cannot be sealed.
        """
        key = SigningKey(self.trust.bridge, self._keys.signing)
        parts = seal_directive_in_parts(directive, key, site=self.trust.site)
        self._copies.owe((directive, sealed) for sealed in parts)
        with self._raising:
            self._raised |= {sha256(sealed).hexdigest(): sealed for sealed in parts}
            self._kept = self._with_raised(self._kept)
            self.held.decide(decided_by)  # by which doors were moved; a newer one may have come in that moment
        return self.keep_emergencies

    def keep_emergencies(self) -> None:
        """Keep every directive and release in force that is not on the disk yet; waits for the disk.

        Raises:
            MemoryFullError: It took no copy of one; that stays owed.
        """
        with self._disk:
            self._copies.keep()
            self._tidy()

    def keep_again(self) -> None:
        """Keep everything in force that is not on the disk yet; waits for the disk.

        Raises:
            MemoryFullError: It did not take all of it; the rest stays owed.
        """
        with self._disk:
            self._copies.keep()
            self._orders.keep(lambda: self.kept)
            self._tidy()

    def _keep_what_is_owed(self) -> str:
        return self._hand_over(self.keep_again) if self._orders.owed or self._copies.owed else ""

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
        with self._disk:
            before = self.statement
            statement = open_keys(data, self.trust.identity_bytes(), site=self.trust.site, in_force=before)
            if before is not None and before.revision == statement.revision:
                return Applied(Kind.KEYS, "This key statement is already in force.")
            check_revision(floor_of(self._memory, "keys"), statement.revision)
            self._put("keys", data)
            raise_floor(self._memory, "keys", statement.revision)
            with self._lock:
                self.statement = statement
                news = self._hear_doubted()
                sentence = f"The key statement {in_words(statement.revision)} is in force."
                applied = Applied(Kind.KEYS, sentence, orders=self.kept.orders() if news else None)
                announce(applied)
        return replace(applied, unkept=self._keep_what_is_owed() if news else "")

    def _apply_policy(self, data: bytes, trusted_at: datetime | None, announce: Announce) -> Applied:
        keys = self._document_keys().document_keys
        policy = open_policy(data, keys, site=self.trust.site, bridge=self.trust.bridge, digest_key=self._keys.digest)
        with self._disk:
            before = self.policy
            if before is not None:
                same = before.revision == policy.revision and self._shelves["policy"].holds(data)
                check_revision(before.revision, policy.revision, same_bytes=same)
                if same:
                    return Applied(Kind.POLICY, f"Policy {in_words(policy.revision)} is already in force.")
            check_revision(floor_of(self._memory, "policy"), policy.revision)
            while self._hold():  # there may be one that was overtaken, and the one in force
                pass
            self._put("policy", data)
            raise_floor(self._memory, "policy", policy.revision)
            while (applied := self._take_policy(policy, data, trusted_at, announce)) is None:
                self._hold()  # an emergency has begun or ended while the disk worked
        return replace(applied, unkept=self._keep_what_is_owed())

    def _take_policy(
        self, policy: Policy, data: bytes, trusted_at: datetime | None, announce: Announce
    ) -> Applied | None:
        """Have a stored Policy in force; ``None`` if the one before must be held first."""
        with self._lock:
            with self._raising:
                if self._to_hold() is not None:
                    return None
                before = self.policy
                self.held.replace(before, self._sealed_policy)
                self.policy, self._sealed_policy = policy, data
            self.kept = settle(self.kept, before, trusted_at)
            self._hear_doubted()
            self._orders.owe()
            sentence = f"Policy {in_words(policy.revision)} is in force, for {len(policy.doors)} doors."
            applied = Applied(Kind.POLICY, sentence, policy=policy, orders=self.kept.orders())
            announce(applied)
        return applied

    def _apply_orders(self, data: bytes, trusted_at: datetime | None, announce: Announce) -> Applied:
        keys = self._document_keys().document_keys
        document = open_orders(data, keys, site=self.trust.site, bridge=self.trust.bridge)
        with self._lock:
            check_revision(floor_of(self._memory, "orders"), document.revision)
            folded = fold(self.kept, document, authority=self._authority(), at=trusted_at)
            again = folded.kept == self.kept
            self._take(folded)
            words = "are already in force" if again else "are in force"
            applied = Applied(
                Kind.ORDERS,
                f"Orders {in_words(document.revision)} {words}." + doubts(folded.refused),
                orders=self.kept.orders(),
                refused=folded.refused,
            )
            announce(applied)
            if not again:
                self._orders.owe()
        return replace(applied, unkept=self._keep_what_is_owed())

    def _apply_emergency(self, kind: Kind, data: bytes, announce: Announce) -> Applied:
        with self._lock:
            hear = hear_directive if kind is Kind.DIRECTIVE else hear_release
            kept, record = hear(self.kept, data, self._authority(), site=self.trust.site)
            over = isinstance(record, Directive) and self.kept.directives.is_over(record.id)
            if record is None or over:  # what is over has its release on the disk, and must not fill that
                # In force is not on the disk: whoever tells it again may forget it only when a copy is there.
                unkept = NOT_YET if self._copies.owes(data) else ""
                return Applied(kind, f"This {kind} {'is over' if over else 'was taken before'}.", unkept=unkept)
            self._take(Folded(kept, (Heard(record, data),)))
            if isinstance(record, Directive):
                sentence = f"The directive {record.action} for “{record.scope}” is in force."
                applied = Applied(kind, sentence, directive=record)
            else:
                applied = Applied(kind, "The release is in force.", release=record)
            announce(applied)
        return replace(applied, unkept=self._hand_over(self.keep_emergencies))

    def _apply_action(self, data: bytes, at: datetime, announce: Announce) -> Applied:
        keys = self._document_keys().document_keys
        action = open_action(data, keys, site=self.trust.site, bridge=self.trust.bridge, at=at)
        if action.kind is not ActionKind.UNLOCK_ONCE:
            sentence = f"This program cannot carry out the action {action.kind} yet. Update it, or do it on the spot."
            raise Refused(RefusalCode.NOT_ALLOWED, sentence)
        if not note_first(action, self._memory, self._hand_over):
            raise Refused(RefusalCode.NOT_ALLOWED, "This action was carried out before. Ask for a new one.")
        applied = Applied(Kind.ACTION, f"The action {action.kind} is carried out.", action=action)
        announce(applied)
        return applied

    def _hear_doubted(self) -> bool:
        """Take what was refused of the Orders and is believed now; its signer may have come with the last document."""
        heard = hear_doubted(self.kept, self._authority(), site=self.trust.site)
        self._take(heard)
        if heard.news:
            self._orders.owe()
        return bool(heard.news)

    def _take(self, folded: Folded) -> None:
        """Have it in force, and owe the disk its copies: before anybody can be told again, and believe it is there."""
        self._copies.owe((heard.record, heard.sealed) for heard in folded.news)
        self.kept = folded.kept
        with self._raising:
            self.held.settle(self._kept.directives, self.policy)

    def _to_hold(self) -> tuple[Policy, bytes, frozenset[str]] | None:
        """During an emergency the Policy that goes: after a restart too a newer one must not loosen a door."""
        standing = frozenset(directive.id for directive, _ in self.kept.directives.standing)
        overtaken = self.held.overtaken
        policy, sealed = overtaken or (self.policy, self._sealed_policy)
        if policy is None or not self.held.concerns(self.kept.directives, policy):
            return None
        return (policy, sealed, standing) if overtaken or self.held.lacks(policy, standing) else None

    def _hold(self) -> bool:
        with self._lock:
            found = self._to_hold()
        if found is not None:
            self._store("policy", lambda: self.held.store(*found))
            with self._lock:
                self.held.remember(found[0], found[2])
        return found is not None

    def _tidy(self) -> None:
        if self.held.overtaken is not None:
            self._hold()
        self.held.tidy()

    def _put(self, name: str, content: bytes) -> None:
        self._store(name, lambda: self._shelves[name].put(content))

    @staticmethod
    def _store(name: str, put: Callable[[], None]) -> None:
        try:
            put()
        except OSError as error:
            why = f"could not be stored ({error.strerror}). {remedy(error)} Then apply it again."
            raise NotStoredError(f"The {name} document {why}") from error

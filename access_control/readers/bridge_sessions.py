"""Sessions of bridges: a challenge, signed with the bridge's own key, for a token that lasts minutes.

Challenge and token are signed, not stored, so that any worker takes either. Which process of a bridge has the session
stands in the bridge's row: a second one with the same identity gets nothing until the first has been silent. A machine
that was started anew within that time looks like a second one, so a twin is told of only once the first is heard after
the second has asked: then both live.
"""

from __future__ import annotations

import hmac
import struct
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.wire.uplink import session_message
from access_control.database.engine import Database
from access_control.readers.errors import ReadersError
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.recovery_models import Replacement
from access_control.readers.vouching import former_keys

CHALLENGE_LASTS: Final = timedelta(minutes=1)
SESSION_LASTS: Final = timedelta(minutes=10)
SILENT: Final = timedelta(seconds=30)
"""How long a process is silent before another with the same identity may take its place."""
_ANOTHER_HAS_IT: Final = frozenset({"place_taken", "duplicate_identity"})
_MAC_BYTES: Final = 32
_CHALLENGE: Final = struct.Struct(">16sQ")  # which bridge, until when


class SessionRefusedError(ReadersError):
    """A bridge gets no session, or has none.

    Attributes:
        code: ``unknown_bridge``, ``not_confirmed``, ``revoked``, ``bad_signature``, ``duplicate_identity`` or
            ``session_over``; ``place_taken`` is ``duplicate_identity`` as long as only one of the two is known to live.
    """

    def __init__(self, code: str, sentence: str, action: str) -> None:
        super().__init__(sentence, action)
        self.code = code


class _Token(msgspec.Struct, array_like=True, frozen=True):
    bridge: str
    instance: str
    until: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A session: its token, and how long it lasts."""

    token: str
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Which bridge calls, and which of its processes."""

    bridge_id: str
    instance: str


def challenge_for(keys: SchoolKeys, at: datetime, bridge_id: str) -> str:
    """What a bridge has to sign; says nothing about whether there is such a bridge."""
    until = _second(at + CHALLENGE_LASTS)
    return _signed(keys, "bridge challenge", _CHALLENGE.pack(uuid.UUID(bridge_id).bytes, until))


def open_session_in(
    database: Database,
    keys: SchoolKeys,
    at: datetime,
    *,
    bridge_id: str,
    challenge: str,
    signature: bytes,
    instance: str,
) -> Opened:
    """:func:`open_session` in a transaction of its own; who asked is noted although the session is refused.

    Anybody may ask. So the signature is checked before the transaction that writes: strangers keep no writer waiting.

    Raises:
        SessionRefusedError: As its codes say.
    """
    with database.reading() as session:
        _require_signed(session, keys, at, session.get(Bridge, bridge_id), challenge, signature, instance)
    try:
        with database.writing() as session:
            return open_session(
                session,
                keys,
                at,
                bridge_id=bridge_id,
                challenge=challenge,
                signature=signature,
                instance=instance,
            )
    except SessionRefusedError as refused:
        if refused.code in _ANOTHER_HAS_IT:
            with database.writing() as session:
                session.get_one(Bridge, bridge_id, with_for_update={"key_share": True}).rival_at = at
        raise


def open_session(
    session: Session, keys: SchoolKeys, at: datetime, *, bridge_id: str, challenge: str, signature: bytes, instance: str
) -> Opened:
    """Check a signed challenge and open a session.

    Raises:
        SessionRefusedError: As its codes say.
    """
    row = session.scalar(select(Bridge).where(Bridge.id == bridge_id).with_for_update(key_share=True))
    bridge = _require_signed(session, keys, at, row, challenge, signature, instance)
    _take_place(session, at, bridge, instance)
    token = _Token(bridge_id, instance, _second(at + SESSION_LASTS))
    sealed = _signed(keys, "bridge session", msgspec.json.encode(token))
    return Opened(sealed, int(SESSION_LASTS.total_seconds()))


def _require_signed(
    session: Session,
    keys: SchoolKeys,
    at: datetime,
    bridge: Bridge | None,
    challenge: str,
    signature: bytes,
    instance: str,
) -> Bridge:
    if bridge is None or bridge.public_key is None:
        raise SessionRefusedError("unknown_bridge", "This bridge is not known here.", "Enrol it.")
    if not _is_ours(keys, at, bridge.id, challenge):
        raise SessionRefusedError("bad_signature", "The challenge is not ours or too old.", "Ask for a new one.")
    message = session_message(challenge, instance)
    if not _signed_by(bridge.public_key, signature, message):
        raise _stranger(session, bridge, signature, message)
    require_confirmed(bridge)
    return bridge


def caller_of(keys: SchoolKeys, at: datetime, token: str) -> Caller:
    """Who presents a token; whether that bridge may still call is :func:`require_session`'s to say.

    Raises:
        SessionRefusedError: ``session_over``.
    """
    body = _checked(keys, "bridge session", token)
    found = None if body is None else msgspec.json.decode(body, type=_Token)
    if found is None or _second(at) >= found.until:
        raise SessionRefusedError("session_over", "The session is over.", "Open a new one.")
    return Caller(found.bridge, found.instance)


def require_session(session: Session, at: datetime, caller: Caller, *, write: bool = False) -> Bridge:
    """The bridge that calls, if it is still confirmed and this process still has its session.

    Args:
        session: Of the database.
        at: Now.
        caller: As the token says.
        write: Also note that the process is alive.

    Raises:
        SessionRefusedError: It is not.
    """
    query = select(Bridge).where(Bridge.id == caller.bridge_id)
    bridge = session.scalar(query.with_for_update(key_share=True) if write else query)
    if bridge is None:
        raise SessionRefusedError("unknown_bridge", "This bridge is not known here.", "Enrol it.")
    require_confirmed(bridge)
    if bridge.instance != caller.instance:
        raise SessionRefusedError("session_over", "Another process has this bridge's session.", "Open a new one.")
    if write:
        _heard(session, at, bridge)
    return bridge


def require_confirmed(bridge: Bridge) -> None:
    """Refuse a bridge that nobody has confirmed, or that was revoked.

    Raises:
        SessionRefusedError: ``not_confirmed`` or ``revoked``.
    """
    if bridge.state is BridgeState.REVOKED:
        raise SessionRefusedError("revoked", f"{bridge.name} was revoked.", "Enrol it as a new bridge.")
    if bridge.state is not BridgeState.CONFIRMED:
        raise SessionRefusedError(
            "not_confirmed", f"Nobody has confirmed {bridge.name} yet.", "Compare its fingerprint under Bridges."
        )


def had_twin(bridge: Bridge, at: datetime) -> bool:
    """Whether two processes with this identity ran at the same time a moment ago."""
    return bridge.duplicate_at is not None and at - bridge.duplicate_at < SILENT


def _stranger(session: Session, bridge: Bridge, signature: bytes, message: bytes) -> SessionRefusedError:
    """Why a machine that does not have the bridge's key gets no session: it may have had it, or get it soon."""
    coming = session.get(Replacement, bridge.id)
    if coming is not None and coming.public_key is not None and _signed_by(coming.public_key, signature, message):
        return SessionRefusedError(
            "not_confirmed",
            f"Nobody has confirmed yet that this machine takes the place of {bridge.name}.",
            "Compare its fingerprint under Bridges.",
        )
    if any(_signed_by(former.public_key, signature, message) for former in former_keys(session, bridge.id)):
        return SessionRefusedError(
            "revoked", f"Another machine has taken the place of this one as {bridge.name}.", "Switch this one off."
        )
    return SessionRefusedError(
        "bad_signature", "The signature does not fit this bridge's key.", "Enrol the bridge again."
    )


def _signed_by(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _take_place(session: Session, at: datetime, bridge: Bridge, instance: str) -> None:
    if bridge.instance == instance:
        _heard(session, at, bridge)
        return
    if bridge.instance is not None and bridge.instance_at is not None and at - bridge.instance_at < SILENT:
        raise _another_has_it(bridge, at)
    bridge.instance, bridge.instance_at, bridge.rival_at = instance, at, None
    session.flush()


def _heard(session: Session, at: datetime, bridge: Bridge) -> None:
    """Note that the process which has the session lives; if another one asked for it before, both are told."""
    if bridge.rival_at is not None and bridge.rival_at < at:
        if not had_twin(bridge, at):
            record(session, at, actor=f"bridge:{bridge.id}", action="bridge.twin", subject=f"bridge:{bridge.id}")
        bridge.duplicate_at, bridge.rival_at = at, None
    bridge.instance_at = at
    session.flush()


def _another_has_it(bridge: Bridge, at: datetime) -> SessionRefusedError:
    if had_twin(bridge, at):
        return SessionRefusedError(
            "duplicate_identity",
            f"Another process speaks as {bridge.name}.",
            "Stop one of them; if there should be only one, revoke the bridge and enrol it again.",
        )
    return SessionRefusedError(
        "place_taken",
        f"Another process spoke as {bridge.name} less than {SILENT.total_seconds():.0f} s ago.",
        "If it was this one before a restart, wait: it is let in after that time.",
    )


def _is_ours(keys: SchoolKeys, at: datetime, bridge_id: str, challenge: str) -> bool:
    """Whether we gave this challenge to this bridge, not longer ago than it lasts."""
    body = _checked(keys, "bridge challenge", challenge)
    if body is None:
        return False
    bridge, until = _CHALLENGE.unpack(body)  # its length is right, because we signed it
    return bool(bridge == uuid.UUID(bridge_id).bytes and _second(at) < until)


def _signed(keys: SchoolKeys, purpose: str, body: bytes) -> str:
    mac = hmac.digest(keys.derive(purpose), body, sha256)
    return urlsafe_b64encode(mac + body).decode("ascii")


def _checked(keys: SchoolKeys, purpose: str, text: str) -> bytes | None:
    """What we signed for this purpose; ``None`` for anything else."""
    try:
        data = urlsafe_b64decode(text.encode("ascii"))
    except ValueError:
        return None
    mac, body = data[:_MAC_BYTES], data[_MAC_BYTES:]
    return body if hmac.compare_digest(mac, hmac.digest(keys.derive(purpose), body, sha256)) else None


def _second(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp())

"""What a bridge and its service say to each other over ``/bridge/v1/``: one record for each request and each answer.

Sealed documents and events travel inside as the bytes that they are. docs/wire-protocol.md has the calls.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from access_control.core.decision.model import Revision
from access_control.core.wire.addresses import Address
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.strict import Record, Ref, ShortText, TimeText, Uuid, read_record, write_record

PREFIX: Final = "/bridge/v1/"
DOMAIN: Final = b"school access control, bridge session\n"
MOST_EVENTS: Final = 1000  # in one request
MOST_BYTES: Final = 8 * 1024 * 1024  # of one request or answer that is no document, unpacked
MOST_SEALED: Final = 200  # directives or releases in one request
MOST_PUSH: Final = 8 * 1024
KEEP_ALIVE_S: Final = 5.0  # how often a quiet stream says that it is alive
POLL_S: Final = 2.0  # how often a bridge sends its Status

DocumentName = Literal["keys", "policy", "orders"]
PushName = Literal["hint", "directive", "release", "action"]
Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z", max_length=64)]
Hex64 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z", max_length=128)]
RevisionText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,19}/[0-9]{1,19}\Z", max_length=39)]
Sequence = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Sealed = Annotated[str, msgspec.Meta(max_length=6000)]  # base64 of at most 4 KiB
Copy = Annotated[str, msgspec.Meta(max_length=400_000)]  # base64 of sealed keys
MOST_FORMER: Final = 8
Sealeds = Annotated[list[Sealed], msgspec.Meta(max_length=MOST_SEALED)]


class SchoolAnswer(Record, frozen=True):
    """``GET school``: who this service says it is; a bridge checks it against its code before it says anything."""

    site: Uuid
    identity_key: Hex32
    keys: str


class EnrolRequest(Record, frozen=True):
    """``POST enrol``: a one-time code, and the public key that the new bridge made for itself.

    ``replace``: it takes the place of a bridge that died; its code was made for that.
    """

    code: ShortText
    public_key: Hex32
    address: Annotated[str, msgspec.Meta(max_length=120)]
    replace: bool


class EnrolAnswer(Record, frozen=True):
    """What the bridge keeps from now on; ``keys`` is the sealed key statement in base64."""

    site: Uuid
    bridge: Uuid
    name: Annotated[str, msgspec.Meta(max_length=200)]
    identity_key: Hex32
    digest_key: Hex32
    keys: str


class RecoveryRequest(Record, frozen=True):
    """``POST recovery``: the code of a replacement, which is not used up by this."""

    code: ShortText


class RecoveryAnswer(Record, frozen=True):
    """Which bridge is replaced, and its sealed keys if there are any; ``held`` says what else there is to know.

    ``signature`` is that of the bridge; ``former`` are the last copies of machines that were this bridge before.
    """

    site: Uuid
    bridge: Uuid
    name: Annotated[str, msgspec.Meta(max_length=200)]
    sealed: Copy | None
    signature: Hex64 | None
    former: Annotated[list[Copy], msgspec.Meta(max_length=MOST_FORMER)]
    held: Annotated[str, msgspec.Meta(max_length=500)]


class SealedKeysRequest(Record, frozen=True):
    """``POST sealed-keys``: the newest copy of a bridge's keys, in base64, and its signature."""

    sealed: Copy
    signature: Hex64


class SealedKeysHeld(Record, frozen=True):
    """Which copy the service holds: its number, and the SHA-256 of its bytes."""

    n: Ref
    digest: Hex32


class ChallengeRequest(Record, frozen=True):
    """``POST challenge``."""

    bridge: Uuid


class ChallengeAnswer(Record, frozen=True):
    """What the bridge has to sign."""

    challenge: ShortText


class SessionRequest(Record, frozen=True):
    """``POST session``: the challenge, signed as :func:`session_message` with the bridge's own key.

    Attributes:
        instance: Names the machine's boot and the bridge's own folder, so that a copy of it elsewhere shows.
        boot: What names this boot of its machine.
    """

    bridge: Uuid
    challenge: ShortText
    signature: Hex64
    instance: Uuid
    boot: Annotated[str, msgspec.Meta(max_length=64)]


class SessionAnswer(Record, frozen=True):
    """``token`` goes into the ``Authorization`` header of what follows; ``time`` is the service's."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    expires_in_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)]
    time: TimeText


class InForce(Record, frozen=True):
    """The documents in force at a bridge."""

    keys: RevisionText | None
    policy: RevisionText | None
    orders: RevisionText | None


class StatusRequest(Record, frozen=True):
    """``POST status``.

    Attributes:
        status: Doors, readers, boards, ports and emergencies, as in ``firmware-bridge status --json``.
        stream: The stream of events that the bridge writes now; ``None`` while its disk takes none.
        acknowledged: The newest sequence number that the service acknowledged.
        last_seq: The newest one there is.
        listens: Where its neighbours reach it, as ``host:port``.
        sealed_keys: SHA-256 of the copy of its devices' keys that fits the keys it has now and the recovery key of the
            Policy in force; ``None`` while there is none.
    """

    status: dict[str, Any]
    in_force: InForce
    stream: Uuid | None
    acknowledged: Sequence
    last_seq: Sequence
    listens: Address | None = None
    sealed_keys: Hex32 | None = None


class Want(Record, frozen=True):
    """The service asks for events again: those of ``stream`` from ``from_seq`` on, as far as they are still kept."""

    stream: Uuid
    from_seq: Sequence


class StatusAnswer(Record, frozen=True):
    """The service's time, the newest revision of each document, and actions that wait (sealed, base64).

    ``duplicate``: another process with this bridge's identity ran beside it a moment ago. ``sealed_keys``: the copy of
    its devices' keys that is held for the recovery key in force.
    """

    time: TimeText
    policy: RevisionText | None
    orders: RevisionText | None
    keys: RevisionText | None
    actions: Sealeds
    want: Want | None
    duplicate: bool
    sealed_keys: SealedKeysHeld | None


class EventsRequest(Record, frozen=True):
    """``POST events``, in their order.

    Attributes:
        first_seq: The first sequence number that this request answers for. Every number from there to the last
            event's is either here or was given up on a full disk, which an event of its own says.
        events: Exactly as the bridge stored them.
    """

    stream: Uuid
    first_seq: Sequence
    events: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_EVENTS)]


class EventsAnswer(Record, frozen=True):
    """Everything up to ``acknowledged`` is stored."""

    stream: Uuid
    acknowledged: Sequence


class EmergenciesRequest(Record, frozen=True):
    """``POST directives``: what this bridge raised or ended by itself, sealed, in base64."""

    directives: Sealeds
    releases: Sealeds


class EmergenciesAnswer(Record, frozen=True):
    """How many were taken; a sentence for each that was not."""

    taken: Ref
    refused: list[str]


class Push(Record, frozen=True, omit_defaults=True):
    """One message of ``GET stream``; exactly one field is there, and the event has its name."""

    hint: dict[DocumentName, RevisionText] | None = None
    directive: Sealed | None = None
    release: Sealed | None = None
    action: Sealed | None = None

    @property
    def name(self) -> PushName:
        """Which field is there."""
        for name in PUSHES:
            if getattr(self, name) is not None:
                return name
        return "hint"


PUSHES: Final[tuple[PushName, ...]] = ("hint", "directive", "release", "action")


class Problem(msgspec.Struct, frozen=True):
    """An error as RFC 9457 has it; what else stands in it is not read.

    Attributes:
        code: A stable word for programs; docs/wire-protocol.md lists them.
        detail: What happened, for people.
        action: What to do.
        fields: Values that belong to the code: ``acknowledged`` for ``gap``, ``from_seq`` for ``other_events``,
            ``wait_s`` for ``slow_down``.
    """

    status: int
    code: str
    detail: str = ""
    action: str = ""
    fields: dict[str, Any] = msgspec.field(default_factory=dict)


def session_message(challenge: str, instance: str) -> bytes:
    """What a bridge signs to open a session."""
    return DOMAIN + challenge.encode() + b"\n" + instance.encode()


def write_push(push: Push) -> bytes:
    """One line of JSON."""
    return write_record(push)


def read_push(data: bytes) -> Push:
    """The strict inverse of :func:`write_push`.

    Raises:
        Refused: ``too_large`` or ``bad_content``.
    """
    push = read_record(data, Push, "message", limit=MOST_PUSH)
    if sum(getattr(push, name) is not None for name in PUSHES) != 1:
        raise Refused(RefusalCode.BAD_CONTENT, "The message says nothing, or two things at once. Update the service.")
    return push


def write_revision(revision: Revision | None) -> str | None:
    """``epoch/n``; nothing for nothing."""
    return None if revision is None else f"{revision.epoch}/{revision.n}"


def read_revision(text: str | None) -> Revision | None:
    """The inverse of :func:`write_revision`, for a text that a record has checked."""
    if text is None:
        return None
    epoch, _, n = text.partition("/")
    return Revision(int(epoch), int(n))

"""What may be said on the control socket: one JSON object a line, each way.

A request says what to ``do``; the answer is ``{"ok": true, ...}`` or ``{"ok": false, "code": ..., "sentence": ...}``.
After ``follow`` the bridge goes on sending lines: ``{"event": ...}``, ``{"status": ...}``, or ``{"missed": n}`` for a
reader who is too slow.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from access_control.core.decision.model import EmergencyAction

MAX_REQUEST: Final = 96 * 1024 * 1024  # a Policy of the largest size, in base64
MAX_PLAIN_REQUEST: Final = 64 * 1024
MAX_ANSWER: Final = 16 * 1024 * 1024
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """What every request has: what to do."""


class AskStatus(Request, frozen=True, tag="status"):
    """Everything the bridge knows about its doors and readers."""


class StartEmergency(Request, frozen=True, tag="lockdown"):
    """Raise a directive of any of the five actions on the spot. ``scope`` is as in a directive."""

    by: Text
    action: EmergencyAction = EmergencyAction.LOCKDOWN
    scope: Annotated[str, msgspec.Meta(pattern=r"^(site|(building|zone):[0-9]{1,9})\Z")] = "site"
    drill: bool = False


class ApplyDocument(Request, frozen=True, tag="apply"):
    """Take a sealed Policy, Orders, key statement, directive, release or action; ``document`` is base64."""

    document: bytes


class Follow(Request, frozen=True, tag="follow"):
    """Go on sending events and changes of status on this connection."""


class AcknowledgeAlarm(Request, frozen=True, tag="acknowledge"):
    """A person saw a door's alarm."""

    door: int
    by: Text


class ResetFire(Request, frozen=True, tag="reset_fire"):
    """A person reset a door whose fire release stays latched; it counts once the fire input is normal again."""

    door: int
    by: Text


class AcceptClock(Request, frozen=True, tag="accept_clock"):
    """A person says that the bridge's clock is right; ``confirmed``: they have looked at a clock that they trust."""

    by: Text
    confirmed: bool = False


class SelfTest(Request, frozen=True, tag="self_test"):
    """Try a door's lock: a short pulse while the door is closed. The outcome is an event with the test's id."""

    door: int
    by: Text


class AskWiring(Request, frozen=True, tag="wiring"):
    """What the Policy in force declares: doors, readers and boards."""


class Monitor(Request, frozen=True, tag="monitor"):
    """Go on sending what happens on an OSDP port, as the lines of a capture.

    Keys are never in it; cards and PINs only with a reason to show them.
    """

    port: Text
    show_cards: Annotated[str, msgspec.Meta(max_length=200)] = ""


class ReleaseHere(Request, frozen=True, tag="release"):
    """End what is in force at some of this bridge's doors (``None``: all of them) with a single-use code."""

    code: Text
    doors: Annotated[list[int], msgspec.Meta(min_length=1, max_length=1000)] | None
    by: Text
    why: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


AnyRequest = (
    AskStatus
    | StartEmergency
    | ApplyDocument
    | Follow
    | AcknowledgeAlarm
    | ResetFire
    | AcceptClock
    | SelfTest
    | AskWiring
    | Monitor
    | ReleaseHere
)
_decoder: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)


class RequestError(Exception):
    """The line is not a request; the text is one plain sentence."""


def read_request(line: bytes) -> AnyRequest:
    """Decode one line.

    Raises:
        RequestError: It is none.
    """
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RequestError(f"The bridge did not understand the request: {error}.") from error


def write_request(request: AnyRequest) -> bytes:
    """The inverse of :func:`read_request`, line feed included."""
    return msgspec.json.encode(request) + b"\n"


def is_apply(head: bytes) -> bool:
    """Whether the first bytes of a line announce a document, the only request that may be long."""
    return b'"apply"' in head[:40]

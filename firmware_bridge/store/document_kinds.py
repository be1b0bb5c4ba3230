"""What a sealed document says it is, before anybody has looked at its signature."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from access_control.core.wire.signing import Kind


@dataclass(frozen=True, slots=True)
class _Heading:
    kind: str = ""


def kind_of(data: bytes) -> Kind:
    """What a document says it is; whether that is true is judged by whoever opens it."""
    heading = data[:1000].split(b"\n", 2)
    try:
        return Kind(msgspec.json.decode(heading[1], type=_Heading).kind)
    except (IndexError, msgspec.MsgspecError, ValueError):
        return Kind.POLICY  # opening it as one says what is wrong with its first lines

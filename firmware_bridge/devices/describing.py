"""What an OSDP device says of itself, in the words that an installer uses. Pure: records in, words out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from firmware_bridge.protocol.osdp.replies import Capabilities, Capability, Function, Identity, Nak, NakCode

_MAKERS: Final = {b"\x00\x06\x8e": "HID", b"\x5c\x26\x23": "WaveLynx"}
_HELD: Final = {
    NakCode.CHECK: "it found the question damaged",
    NakCode.LENGTH: "it found the question too long or too short",
    NakCode.UNKNOWN_COMMAND: "it does not know the question",
    NakCode.SEQUENCE: "it expected another sequence number",
    NakCode.NO_SECURE_CHANNEL: "it has no Secure Channel",
    NakCode.SECURITY_NOT_MET: "it answers only inside Secure Channel",
    NakCode.UNABLE: "it cannot do it now",
}


class Protection(StrEnum):
    """How a device says that its line is protected."""

    UNKNOWN = "unknown"
    NONE = "none"
    DEFAULT_KEY = "default_key"
    OWN_KEY = "own_key"


PROTECTION_WORDS: Final = {
    Protection.UNKNOWN: "not said",
    Protection.NONE: "no Secure Channel",
    Protection.DEFAULT_KEY: "Secure Channel, no key of its own yet",
    Protection.OWN_KEY: "Secure Channel, has its own key",
}


def protection_of(can: Capabilities | None) -> Protection:
    """What the capabilities say about Secure Channel and the well-known default key."""
    if can is None:
        return Protection.UNKNOWN
    security = can.of(Function.SECURITY)
    if not security.level & 1:
        return Protection.NONE
    return Protection.DEFAULT_KEY if security.count & 1 else Protection.OWN_KEY


def maker(identity: Identity) -> str:
    """Who made it: the vendor's three bytes, with a name where this program knows one."""
    code = identity.vendor.hex("-").upper()
    name = _MAKERS.get(identity.vendor)
    return f"{name} ({code})" if name else code


def firmware(identity: Identity) -> str:
    """Its firmware as makers write it."""
    return ".".join(map(str, identity.firmware))


def refused_because(nak: Nak) -> str:
    """Why it refused, in words."""
    try:
        return _HELD.get(NakCode(nak.error), f"refusal {nak.error}")
    except ValueError:
        return f"a refusal of its maker's own ({nak.error})"


def abilities(can: Capabilities) -> list[str]:
    """What it can do, a few words each; what it does not mention or says no to is left out."""
    words = (_ability(item, can) for item in can.items)
    return [word for word in words if word]


def _ability(item: Capability, can: Capabilities) -> str:
    counted = _COUNTED.get(item.function)
    if counted is not None:
        timed = ", timed" if item.function == Function.OUTPUTS and item.level in (3, 4) else ""
        return f"{_number(item.count, counted)}{timed}" if item.count and item.level else ""
    match item.function:
        case Function.LED:
            return f"{_number(item.count, 'light')}" if item.level else ""
        case Function.BUZZER:
            return "buzzer" if item.level else ""
        case Function.TEXT:
            return "display" if item.level else ""
        case Function.CHECK:
            return "CRC" if item.level & 1 else "checksum only"
        case Function.RECEIVE_SIZE:
            return f"takes {item.level | item.count << 8} bytes"
        case Function.SMART_CARD:
            return "smart cards" if item.level else ""
        case Function.BIOMETRICS:
            return "biometrics" if item.level else ""
        case Function.READERS:
            return "" if can.of(Function.READERS).count < 2 else _number(item.count, "reader head")
        case _:
            return ""


_COUNTED: Final[Mapping[int, str]] = {Function.INPUTS: "input", Function.OUTPUTS: "output"}


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

"""One packet of an OSDP line in a few words. What is sealed stays sealed; what was masked says so."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from firmware_bridge.devices.describing import abilities, firmware, maker, refused_because
from firmware_bridge.protocol.osdp.commands import (
    Buzz,
    Challenge,
    ServerCryptogram,
    SetCommunication,
    SetKey,
    SetOutputs,
    ShowText,
    UnknownCommand,
    parse_command,
)
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.lights import SetLeds
from firmware_bridge.protocol.osdp.replies import (
    Capabilities,
    ClientCryptogram,
    Communication,
    Identity,
    InitialMac,
    InputStatus,
    Keypad,
    LocalStatus,
    Nak,
    OutputStatus,
    RawCard,
    ReaderStatus,
    UnknownReply,
    parse_reply,
)

COMMAND_NAMES: Final = {
    0x60: "POLL",
    0x61: "ID",
    0x62: "CAP",
    0x64: "LSTAT",
    0x65: "ISTAT",
    0x66: "OSTAT",
    0x67: "RSTAT",
    0x68: "OUT",
    0x69: "LED",
    0x6A: "BUZ",
    0x6B: "TEXT",
    0x6E: "COMSET",
    0x75: "KEYSET",
    0x76: "CHLNG",
    0x77: "SCRYPT",
    0x7B: "ACURXSIZE",
    0xA7: "KEEPACTIVE",
}
REPLY_NAMES: Final = {
    0x40: "ACK",
    0x41: "NAK",
    0x45: "PDID",
    0x46: "PDCAP",
    0x48: "LSTATR",
    0x49: "ISTATR",
    0x4A: "OSTATR",
    0x4B: "RSTATR",
    0x50: "RAW",
    0x51: "FMT",
    0x53: "KEYPAD",
    0x54: "COM",
    0x76: "CCRYPT",
    0x78: "RMAC_I",
    0x79: "BUSY",
}
HIDDEN: Final = "not shown"
_SEALED: Final = (0x17, 0x18)
_SECRET: Final = (Challenge, ServerCryptogram, ClientCryptogram, InitialMac)
_COLOURS: Final = ("off", "red", "green", "amber", "blue", "magenta", "cyan", "white")


def name_of(packet: Packet) -> str:
    """What the standard calls it, or its code."""
    names = REPLY_NAMES if packet.reply else COMMAND_NAMES
    return names.get(packet.code, f"{packet.code:#04x}")


def is_idle(packet: Packet) -> bool:
    """Whether it only says that nothing is new: a poll, or an acknowledgement."""
    return name_of(packet) in {"POLL", "ACK"}


def words_of(packet: Packet, *, cards_shown: bool = False) -> str:
    """What it says."""
    if packet.security and packet.security[0] in _SEALED and packet.data:
        return f"sealed, {len(packet.data)} bytes"
    parse = parse_reply if packet.reply else parse_command
    return _said(parse(packet.code, packet.data), cards_shown=cards_shown)


def _said(message: Any, *, cards_shown: bool) -> str:
    match message:
        case Malformed(why=why):
            return f"makes no sense: {why}"
        case UnknownCommand() | UnknownReply():
            return f"unknown, {len(message.data)} bytes"
        case SetKey():
            return f"a new key ({HIDDEN})"
        case RawCard(bits=bits):
            shown = f"{bits.value:0{bits.length}b}" if cards_shown else HIDDEN
            return f"a card of {bits.length} bits ({shown})"
        case Keypad(keys=keys):
            return f"{len(keys)} keys ({keys.decode('ascii', 'replace') if cards_shown else HIDDEN})"
        case _ if isinstance(message, _SECRET):
            return ""
        case _:
            return _plain(message)


def _plain(message: Any) -> str:
    match message:
        case Nak():
            return f"refused: {refused_because(message)}"
        case Identity():
            about = f"model {message.model}, serial number {message.serial}, firmware {firmware(message)}"
            return f"{maker(message)}, {about}"
        case Capabilities():
            return ", ".join(abilities(message))
        case LocalStatus(tampered, power_failed):
            return f"{'TAMPERED' if tampered else 'closed'}, {'POWER FAILED' if power_failed else 'power good'}"
        case InputStatus(states) | OutputStatus(states) | ReaderStatus(states):
            return " ".join(map(str, states))
        case SetOutputs(orders):
            return "; ".join(_order(each.output, each.control.name, each.timer) for each in orders)
        case SetLeds(orders):
            return "; ".join(_light(order) for order in orders)
        case Buzz():
            return "silence" if message.tone == 1 else f"{message.count or 'endless'} times"
        case ShowText(text=text):
            return text.decode("ascii", "replace")
        case SetCommunication(address, baud) | Communication(address, baud):
            return f"address {address}, {baud} baud"
        case _:
            return ", ".join(f"{field.name} {getattr(message, field.name)}" for field in fields(message))


def _order(output: int, control: str, timer: int) -> str:
    lasts = f" {timer / 10:g} s" if timer else ""
    return f"output {output} {control.lower().replace('_', ' ')}{lasts}"


def _light(order: Any) -> str:
    shown = order.temporary or order.permanent
    if shown is None:
        return f"light {order.led} as before"
    colours = [_COLOURS[each] if each < len(_COLOURS) else str(each) for each in (shown.on_colour, shown.off_colour)]
    lasts = f" for {order.timer / 10:g} s" if order.temporary else ""
    return f"light {order.led} {'/'.join(dict.fromkeys(colours))}{lasts}"

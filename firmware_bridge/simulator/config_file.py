"""A simulated building as a TOML or JSON file: every mistake is reported at once. docs/simulator.md has an example."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from access_control.core.decision.model import DeviceKind, LockKind, UnlockWhen
from firmware_bridge.protocol.em4100 import Framing
from firmware_bridge.simulator.config import (
    BOARD_LINES,
    BoardConfig,
    BuildingConfig,
    CheckKind,
    DoorConfig,
    LineConfig,
    LineKind,
    ReaderConfig,
    ScannerConfig,
    TagReaderConfig,
    Tells,
)
from firmware_bridge.simulator.table import Table

SPEEDS: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)
LAST_OSDP_ADDRESS: Final = 126
LAST_MODBUS_ADDRESS: Final = 247


class BuildingConfigError(Exception):
    """The file cannot be used; ``mistakes`` has one sentence for each reason, all of them at once."""

    def __init__(self, source: Path, mistakes: tuple[str, ...]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(f"{source}: {sentence}" for sentence in mistakes))


def read_building(path: Path) -> BuildingConfig:
    """Read a building's file. Relative paths in it start at its own directory.

    Raises:
        BuildingConfigError: With a sentence for every mistake in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
        table = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError as error:
        raise BuildingConfigError(path, ("there is no such file.",)) from error
    except OSError as error:
        raise BuildingConfigError(path, (f"it cannot be read: {error.strerror}.",)) from error
    except UnicodeDecodeError as error:
        raise BuildingConfigError(path, (f"it is not {_language(path)}, and no text at all.",)) from error
    except RecursionError as error:
        sentence = f"it is not {_language(path)} that a building is written in: it has too many brackets."
        raise BuildingConfigError(path, (sentence,)) from error
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise BuildingConfigError(path, (f"it is not {_language(path)}: {error}.",)) from error
    if not isinstance(table, dict):
        raise BuildingConfigError(path, ("it is a list or a single value; a building is a table of settings.",))
    return building_of(table, path)


def _language(path: Path) -> str:
    return "JSON" if path.suffix == ".json" else "TOML"


def building_of(decoded: Mapping[str, object], source: Path) -> BuildingConfig:
    """Check a decoded file.

    Raises:
        BuildingConfigError: With a sentence for every mistake in it.
    """
    mistakes: list[str] = []
    table = Table("", decoded, mistakes, source.parent)
    building = _building(table)
    mistakes += _contradictions(building)
    if mistakes:
        raise BuildingConfigError(source, tuple(mistakes))
    return building


def _building(table: Table) -> BuildingConfig:
    building = BuildingConfig(
        lines=tuple(_line(name, t) for name, t in table.tables("lines")),
        readers=tuple(_reader(t) for t in table.rows("readers")),
        boards=tuple(_board(t) for t in table.rows("boards")),
        scanners=tuple(_scanner(t) for t in table.rows("scanners")),
        tag_readers=tuple(_tag_reader(t) for t in table.rows("tag_readers")),
        doors=tuple(_door(t) for t in table.rows("doors")),
        control=table.path_or_none("control"),
        relay_log=table.path_or_none("relay_log"),
        memory=table.path_or_none("memory"),
        seed=table.number("seed", 0, default=0),
    )
    return table.finish(building)


def _line(name: str, table: Table) -> LineConfig:
    line = LineConfig(
        name=name,
        kind=table.choice("kind", LineKind),
        path=table.path("path"),
        baud=table.number("baud", 0, default=9600),
        grain_s=table.number("grain_ms", 1, 100, default=4) / 1000,
    )
    if line.baud not in SPEEDS:
        table.complain("baud", f"{line.baud} is not one of {', '.join(map(str, SPEEDS))}")
    return table.finish(line)


def _reader(table: Table) -> ReaderConfig:
    return table.finish(
        ReaderConfig(
            id=table.number("id", 1),
            line=table.text("line"),
            address=table.number("address", 0, LAST_OSDP_ADDRESS),
            key=table.key_or_none("key"),
            outputs=table.number("outputs", 0, 16, default=1),
            inputs=table.number("inputs", 0, 16, default=2),
            reply_gap_chars=table.number("reply_gap_chars", 0, 100, default=0),
            needs_secure=table.flag("needs_secure", default=True),
            check=table.choice("check", CheckKind, default=CheckKind.CRC),
            display=table.flag("display", default=False),
            smart_cards=table.flag("smart_cards", default=False),
            second_head=table.number("second_head", 0, default=0) or None,
            supervised=table.flag("supervised", default=False),
        )
    )


def _board(table: Table) -> BoardConfig:
    return table.finish(
        BoardConfig(
            id=table.number("id", 1),
            line=table.text("line"),
            address=table.number("address", 1, LAST_MODBUS_ADDRESS),
            outputs=table.number("outputs", 0, 64, default=8),
            inputs=table.number("inputs", 0, 64, default=8),
            key=table.key_or_none("key"),
            tells=table.choice("tells", Tells, default=Tells.BYTES),
            pulses=table.flag("pulses", default=False),
            supervised=table.flag("supervised", default=False),
        )
    )


def _tag_reader(table: Table) -> TagReaderConfig:
    framing = table.choice("framing", Framing, default=Framing.RDM6300)
    return table.finish(TagReaderConfig(table.number("reader", 1), table.text("line"), framing))


def _scanner(table: Table) -> ScannerConfig:
    return table.finish(ScannerConfig(table.number("reader", 1), table.text("line")))


def _door(table: Table) -> DoorConfig:
    return table.finish(
        DoorConfig(
            id=table.number("id", 1),
            name=table.text("name"),
            lock=table.choice("lock", LockKind),
            output=table.point("output"),
            unlock_when=table.choice("unlock_when", UnlockWhen, default=UnlockWhen.RELAY_ON),
            contact=table.point_or_none("contact"),
            rex=table.point_or_none("rex"),
            latch=table.point_or_none("latch"),
            rests_closed=table.some_of("rests_closed", ("contact", "rex", "latch")),
            readers=table.numbers("readers"),
        )
    )


def _contradictions(building: BuildingConfig) -> list[str]:
    addresses = [f"{reader.address} on line {reader.line}" for reader in building.readers]
    addresses += [f"{board.address} on line {board.line}" for board in building.boards]
    mistakes = [
        *_twice("lines: the path", [str(line.path) for line in building.lines]),
        *_twice("reader", sorted(_reader_ids(building))),
        *_twice("board", [b.id for b in building.boards]),
        *_twice("door", [d.id for d in building.doors]),
        *_twice("address", addresses),
        *_twice("relay", [str(d.output) for d in building.doors]),
    ]
    kinds = {line.name: line.kind for line in building.lines}
    wanted: list[tuple[str, str, tuple[LineKind, ...]]]
    wanted = [(f"reader {r.id}", r.line, (LineKind.OSDP,)) for r in building.readers]
    wanted += [(f"board {b.id}", b.line, (*BOARD_LINES, LineKind.OSDP)) for b in building.boards]
    wanted += [(f"scanner {s.reader}", s.line, (LineKind.SCANNER,)) for s in building.scanners]
    wanted += [(f"tag reader {t.reader}", t.line, (LineKind.EM4100,)) for t in building.tag_readers]
    osdp = [b for b in building.boards if kinds.get(b.line) is LineKind.OSDP]
    mistakes += [
        f"board {b.id}: OSDP addresses end at {LAST_OSDP_ADDRESS}." for b in osdp if b.address > LAST_OSDP_ADDRESS
    ]
    mistakes += [
        f"board {b.id}: only a board on an OSDP line has a key." for b in building.boards if b.key and b not in osdp
    ]
    for who, name, fitting in wanted:
        if kinds.get(name) not in fitting:
            have = f"of kind {kinds[name]}" if name in kinds else "not there"
            mistakes.append(f"{who}: it needs a line of kind {' or '.join(fitting)}, and line {name!r} is {have}.")
    usb = {name for name, kind in kinds.items() if kind in BOARD_LINES and kind is not LineKind.MODBUS}
    mistakes += [
        f"line {name}: it is one board's own, and {count} boards are on it."
        for name, count in Counter(board.line for board in building.boards).items()
        if name in usb and count > 1
    ]
    return mistakes + _loose_ends(building)


def _reader_ids(building: BuildingConfig) -> list[int]:
    alone = [scanner.reader for scanner in building.scanners] + [each.reader for each in building.tag_readers]
    return [reader.id for reader in building.readers] + alone


def _loose_ends(building: BuildingConfig) -> list[str]:
    """Doors that name what does not exist."""
    outputs = {(DeviceKind.READER, r.id): r.outputs for r in building.readers}
    outputs |= {(DeviceKind.BOARD, b.id): b.outputs for b in building.boards}
    inputs = {(DeviceKind.READER, r.id): r.inputs for r in building.readers}
    inputs |= {(DeviceKind.BOARD, b.id): b.inputs for b in building.boards}
    known = set(_reader_ids(building))
    mistakes = []
    for door in building.doors:
        for what, point, have in (
            ("output", door.output, outputs),
            ("contact", door.contact, inputs),
            ("rex", door.rex, inputs),
            ("latch", door.latch, inputs),
        ):
            if point and point.index >= have.get((point.kind, point.device), 0):
                mistakes.append(f"door {door.id}, {what}: there is no {point}.")
        mistakes += [f"door {door.id}: there is no reader {reader}." for reader in door.readers if reader not in known]
    return mistakes


def _twice(what: str, values: list[str] | list[int]) -> list[str]:
    return [f"{what} {value} is used {count} times." for value, count in Counter(values).items() if count > 1]

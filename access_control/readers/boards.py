"""Relay and input boards: what the doors' wires end at, on a bridge's serial lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.wire.policy_payload import BoardRow, PortName
from access_control.database.errors import expect_version
from access_control.readers.building_records import board_record
from access_control.readers.checks import clean_text, fits, limits_of, require, require_within
from access_control.readers.errors import BadValueError
from access_control.readers.models import Board, Bridge, BridgeState
from access_control.readers.staleness import mark_bridges_stale
from access_control.readers.wiring import require_wiring

_COUNTS: Final = {"address": "The address", "outputs": "The number of relays", "inputs": "The number of inputs"}


@dataclass(frozen=True, slots=True)
class BoardForm:
    """What a board's form says; the fields of :class:`access_control.readers.models.Board`."""

    bridge_id: str
    name: str
    port: str
    address: int
    outputs: int
    inputs: int
    osdp: bool = False
    hardware_pulse: bool = False


def add_board(session: Session, at: datetime, form: BoardForm, by: str) -> Board:
    """Put a board on the list.

    Raises:
        BadValueError: A value cannot be stored, or the bridge would refuse it; ``field`` says which.
        NotThereError: Its bridge does not exist.
    """
    board = Board(**_checked(session, form))
    session.add(board)
    session.flush()
    _settle(session, board, board.bridge_id)
    record(session, at, actor=by, action="board.added", subject=f"board:{board.id}", facts={"bridge": board.bridge_id})
    return board


def edit_board(session: Session, at: datetime, board_id: int, form: BoardForm, version: int, by: str) -> Board:
    """Change a board.

    Raises:
        BadValueError, NotThereError: As :func:`add_board`.
        ConflictError: Somebody else changed it since ``version`` was read.
    """
    board = get_board(session, board_id)
    expect_version(board.version, version)
    before = form_of(board)
    for name, value in _checked(session, form).items():
        setattr(board, name, value)
    session.flush()
    changed = sorted(one.name for one in fields(BoardForm) if getattr(board, one.name) != getattr(before, one.name))
    if changed:
        _settle(session, board, before.bridge_id)
        record(session, at, actor=by, action="board.edited", subject=f"board:{board.id}", facts={"changed": changed})
    return board


def get_board(session: Session, board_id: int) -> Board:
    """One board.

    Raises:
        NotThereError: There is none with this id.
    """
    return require(session, Board, board_id, "This board")


def list_boards(session: Session) -> Sequence[Board]:
    """Every board, by bridge, port and address."""
    return session.scalars(select(Board).order_by(Board.bridge_id, Board.port, Board.address)).all()


def form_of(board: Board) -> BoardForm:
    """What the form shows for a board as it is stored."""
    return BoardForm(**{one.name: getattr(board, one.name) for one in fields(BoardForm)})


def clean_port(port: str) -> str:
    """The name of a serial port in the bridge's own settings.

    Raises:
        BadValueError: It cannot be such a name.
    """
    name = port.strip()
    if not fits(name, PortName):
        raise BadValueError(
            "The port's name is up to 32 letters, digits, dots, dashes and underscores.",
            "Write it as in the bridge's own settings.",
            "port",
        )
    return name


def _checked(session: Session, form: BoardForm) -> dict[str, Any]:
    values = asdict(form)
    bridge = require(session, Bridge, form.bridge_id, "This bridge", "bridge_id")
    if bridge.state is BridgeState.REVOKED:
        raise BadValueError(f"{bridge.name} is revoked.", "Choose another bridge.", "bridge_id")
    values["name"] = clean_text(form.name, "name", "The board's name", 80)
    values["port"] = clean_port(form.port)
    for name, what in _COUNTS.items():
        require_within(values[name], limits_of(BoardRow, name), name, what)
    return values


def _settle(session: Session, board: Board, old_bridge: str) -> None:
    require_wiring(session, board.bridge_id, board_record(board), "port")
    if old_bridge != board.bridge_id:
        require_wiring(session, old_bridge, None, "bridge_id")
    mark_bridges_stale(session, {board.bridge_id, old_bridge})

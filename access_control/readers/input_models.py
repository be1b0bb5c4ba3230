"""Rows of alarm inputs. Their ids are never given again."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from access_control.core.decision.model import EmergencyAction, InputKind, InputNormal
from access_control.database.tables import Table, word


class AlarmInput(Table):
    """A wire that says something about a building: a panic button, the mains, a battery, a tamper switch.

    Attributes:
        point: As doors name theirs: ``board 1.3``.
        action: What a panic button starts, and ``scope`` where (``site``, ``building:N``, ``zone:N``).
    """

    __tablename__ = "alarm_input"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[InputKind] = mapped_column(word(InputKind))
    point: Mapped[str] = mapped_column(String(40))
    normal: Mapped[InputNormal] = mapped_column(word(InputNormal), default=InputNormal.NORMALLY_OPEN)
    action: Mapped[EmergencyAction | None] = mapped_column(word(EmergencyAction))
    scope: Mapped[str | None] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration

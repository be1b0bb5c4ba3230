"""``access-control audit verify`` finds what was changed, and what was cut off if its last words were kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from access_control.audit.models import AuditRecord
from access_control.audit.record import record
from access_control.cli.commands import main
from access_control.database.engine import Database
from tests.building.accounts import AT


@pytest.fixture
def settings(tmp_path: Path, database: Database) -> list[str]:
    with database.writing() as session:
        for number in range(3):
            record(session, AT, actor="cli", action="door.edited", subject=f"door:{number}")
    (tmp_path / "service.toml").write_text('state_dir = "."\n')
    return ["--config", str(tmp_path / "service.toml")]


def test_a_whole_chain_is_0_and_its_last_words_can_be_kept(
    settings: list[str], database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify", *settings]) == 0
    said = capsys.readouterr().out
    assert said.startswith("The audit is whole: 3 records; the last is 3:")
    kept = said.split("the last is ")[1].rstrip(".\n")
    assert main(["audit", "verify", "--expect", kept, *settings]) == 0
    with database.writing() as session:
        session.execute(delete(AuditRecord).where(AuditRecord.seq == 3))
    assert main(["audit", "verify", *settings]) == 0
    capsys.readouterr()
    assert main(["audit", "verify", "--expect", kept, *settings]) == 1
    assert "kept elsewhere is not in it" in capsys.readouterr().err


def test_a_broken_chain_is_1(settings: list[str], database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with database.writing() as session:
        session.execute(update(AuditRecord).where(AuditRecord.seq == 2).values(subject="door:9"))
    assert main(["audit", "verify", *settings]) == 1
    assert "broken after record 1: record 2 was changed" in capsys.readouterr().err

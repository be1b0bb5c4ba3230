"""The command as an installer types it, and killed in the middle."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from access_control.core.wire.policy import decode_policy, encode_policy
from firmware_bridge.cli import commission
from firmware_bridge.cli.parser import command_line
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.controller.events import LinkState, ReaderAlarmed, ReaderLinkChanged
from firmware_bridge.runtime.wiring import make_port, plan_ports
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import LineConfig, LineKind
from firmware_bridge.simulator.peripheral import Peripheral
from firmware_bridge.store.commissioning_log import user
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.memory import BridgeMemory
from firmware_bridge.store.trust import read_trust
from tests.building.processes import read_events
from tests.building.signed import BAUD, BOARDS_LINE, DIGEST_KEY, READERS_LINE, Installation, School
from tests.firmware_bridge.devices.foreign_line import events as events_of

Built = Callable[..., tuple[Installation, VirtualBuilding]]


@pytest.fixture
def built(place: Path) -> Built:
    """An installation with OSDP lines only; ``keyed`` says whether readers and board have keys."""

    def build(*, keyed: bool) -> tuple[Installation, VirtualBuilding]:
        installation = Installation(place)
        installation.install(commissioned=keyed)
        settings = installation.settings
        settings.write_text(settings.read_text().replace('kind = "modbus"', 'kind = "osdp"'))
        config = installation.building()
        boards_line = LineConfig(BOARDS_LINE, LineKind.OSDP, installation.line(BOARDS_LINE), BAUD, 0.001)
        key = b"module's own key" if keyed else None
        if key is not None:
            KeyStore(installation.state / "keys").keep_reader_key(BOARDS_LINE, 1, key)
        readers = config.readers if keyed else tuple(replace(reader, key=None) for reader in config.readers)
        building = replace(
            config,
            lines=(config.lines[0], boards_line),
            readers=readers,
            boards=tuple(replace(board, key=key) for board in config.boards),
            control=None,
        )
        return installation, VirtualBuilding(building)

    return build


def typed(installation: Installation, *arguments: str) -> int:
    return command_line(["commission", "--config", str(installation.settings), *arguments])


def with_policy(installation: Installation) -> None:
    """Keep a Policy as a bridge would that ran before."""
    at = SystemClock().moment().at
    memory = BridgeMemory(installation.state, at)
    keys = KeyStore(installation.state / "keys").load()
    documents = Documents(installation.state / "documents", read_trust(installation.state), keys, memory)
    documents.load(at)
    school = School()
    for document in (school.keys(), school.policy()):
        documents.apply(document, at, clock_trusted=True, announce=lambda *_: None)
    memory.close()


def key_files(installation: Installation) -> dict[str, str]:
    return {path.name: path.read_text() for path in (installation.state / "keys").glob("reader-*")}


def test_all_new_readers_and_boards_get_keys_and_all_of_them_others(
    built: Built, capsys: pytest.CaptureFixture[str]
) -> None:
    installation, building = built(keyed=False)
    with_policy(installation)
    with building:
        assert typed(installation, "--all") == 0
        assert capsys.readouterr().out.count("has its key and proved it") == 4
        first = key_files(installation)
        assert set(first) == {"reader-A-1.key", "reader-A-2.key", "reader-A-3.key", "reader-R-1.key"}

        assert typed(installation, "--all") == 0
        assert "already" in capsys.readouterr().out
        assert key_files(installation) == first

        assert typed(installation, "--rotate", "--all", "--by", "Ann Doe") == 0
        assert capsys.readouterr().out.count("has another key and proved it") == 4
        second = key_files(installation)
        assert set(second) == set(first)
        assert not set(second.values()) & set(first.values())
    events = read_events(installation.state / "outbox.db")
    assert [event.code for event in events] == ["DEVICE_KEY_SET"] * 4 + ["DEVICE_KEY_ROTATED"] * 4
    assert [event.reader for event in events] == [1, 2, 3, None] * 2
    assert {event.detail["by"] for event in events[:4]} == {user()}
    assert {(event.detail["by"], event.detail["user"]) for event in events[4:]} == {("Ann Doe", user())}
    text = str(events)
    assert not [key for files in (first, second) for key in files.values() if key.strip() in text]


def test_one_device_is_moved_and_impossible_wishes_are_said(built: Built, capsys: pytest.CaptureFixture[str]) -> None:
    installation, building = built(keyed=True)
    with building:
        assert typed(installation, "--port", "R", "--address", "1", "--set-address", "7") == 0
        assert "answers at address 7" in capsys.readouterr().out
        assert "reader-R-7.key" in key_files(installation)
        assert typed(installation, "--all", "--set-address", "7") == 1
        assert "at a time" in capsys.readouterr().err
        assert typed(installation, "--port", "Q", "--address", "1") == 1
        assert "must name an OSDP port of the settings: A, R." in capsys.readouterr().err
        assert typed(installation, "--port", "R", "--address", "44", "--rotate") == 1
        assert "has no key for it" in capsys.readouterr().err
        assert typed(installation, "--all") == 1
        assert "no Policy yet" in capsys.readouterr().err
    moved, failed = read_events(installation.state / "outbox.db")
    assert (moved.code, moved.detail["to_address"], moved.detail["to_baud"]) == ("DEVICE_MOVED", 7, BAUD)
    assert (failed.code, failed.detail["address"], failed.detail["step"]) == ("COMMISSIONING_FAILED", 44, "rotate")


def test_it_ends_by_itself(built: Built, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commission, "ENDS_AFTER_S", 0.0)
    installation, building = built(keyed=True)
    before = key_files(installation)
    with building:
        assert typed(installation, "--port", "R", "--address", "1", "--rotate") == 1
    assert "the ten minutes are over" in capsys.readouterr().err
    assert key_files(installation) == before


def test_killed_between_the_key_and_its_proof_no_key_is_lost(built: Built, capsys: pytest.CaptureFixture[str]) -> None:
    installation, building = built(keyed=True)
    before = key_files(installation)
    reader = building.readers[1]
    started: list[subprocess.Popen[bytes]] = []

    def kill(_peripheral: Peripheral) -> None:
        os.kill(started[0].pid, signal.SIGKILL)

    with building:
        command = [sys.executable, "-m", "firmware_bridge", "commission", "--config", str(installation.settings)]
        with building.world.lock:  # the reader does not answer before it is known whom to kill
            reader._keep = kill
            started.append(subprocess.Popen([*command, "--rotate", "--port", READERS_LINE, "--address", "1"]))
        assert started[0].wait(60) == -signal.SIGKILL
        reader._keep = lambda _peripheral: None
        assert reader.key is not None
        after = key_files(installation)
        assert after == before | {"reader-A-1.next.key": reader.key.hex()}

        policy = School().draft(1)
        decoded = decode_policy(encode_policy(policy, DIGEST_KEY), DIGEST_KEY)
        plans, doubts = plan_ports(read_config(installation.settings), decoded, KeyStore(installation.state / "keys"))
        assert [doubt for doubt in doubts if "commission --rotate --port A --address 1" in doubt]
        log, emit = events_of()
        port = make_port(plans[READERS_LINE], emit, SystemClock())
        port.start()
        log.await_one(ReaderLinkChanged, lambda event: event.reader == 1 and event.state is LinkState.SECURE)
        port.stop()
        assert log.of(ReaderAlarmed) == []

        assert typed(installation, "--rotate", "--port", READERS_LINE, "--address", "1") == 0
        assert "broken off is finished" in capsys.readouterr().out
    assert key_files(installation) == before | {"reader-A-1.key": reader.key.hex()}

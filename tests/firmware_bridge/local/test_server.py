from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from access_control.core.decision.model import EmergencyAction
from firmware_bridge.local import server as server_module
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient
from firmware_bridge.local.requests import (
    AcceptClock,
    AcknowledgeAlarm,
    Monitor,
    ReleaseHere,
    ResetFire,
    SelfTest,
    StartEmergency,
)
from firmware_bridge.local.server import Answer, ControlServer, SocketError, refusal
from tests.building.processes import until


class Pretender:
    """Answers like a bridge."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def status(self) -> Answer:
        return {"ok": True, "status": {"doors": []}}

    def start_emergency(self, request: StartEmergency) -> Answer:
        self.asked.append(request)
        return {"ok": True, "directive": "d1", "kept": True, "sentence": ""}

    def apply(self, document: bytes) -> Answer:
        self.asked.append(document)
        if document == b"fault":
            raise ZeroDivisionError
        return refusal("older", "It is older.") if document == b"old" else {"ok": True, "sentence": "Taken."}

    def acknowledge(self, request: AcknowledgeAlarm) -> Answer:
        self.asked.append(request)
        return {"ok": True}

    def reset_fire(self, request: ResetFire) -> Answer:
        self.asked.append(request)
        return {"ok": True}

    def accept_clock(self, request: AcceptClock) -> Answer:
        self.asked.append(request)
        return {"ok": True, "kept": True}

    def wiring(self) -> Answer:
        return {"ok": True, "wiring": {"doors": []}}

    def monitor(self, request: Monitor) -> Answer:
        self.asked.append(request)
        return refusal("no_such_port", "There is no such port.")

    def self_test(self, request: SelfTest) -> Answer:
        self.asked.append(request)
        return {"ok": True, "test": "t1"}

    def release(self, request: ReleaseHere) -> Answer:
        self.asked.append(request)
        return {"ok": True, "doors": []}


@pytest.fixture
def path(place: Path) -> Path:
    return place / "control.sock"


@pytest.fixture
def pretender() -> Pretender:
    return Pretender()


@pytest.fixture
def server(path: Path, pretender: Pretender) -> Iterator[ControlServer]:
    serving = ControlServer(path, pretender)
    serving.start()
    yield serving
    serving.stop()


def said(path: Path, data: bytes) -> dict[str, Any]:
    """What a program gets that sends just any bytes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as raw:
        raw.settimeout(30)
        raw.connect(str(path))
        raw.sendall(data)
        with raw.makefile("rb") as stream:
            found: dict[str, Any] = json.loads(stream.readline())
            return found


@pytest.mark.usefixtures("server")
def test_everything_that_can_be_asked_reaches_the_bridge(path: Path, pretender: Pretender) -> None:
    with LocalClient(path) as client:
        assert client.status() == {"doors": []}
        assert (
            client.start_emergency("principal", EmergencyAction.SECURE, "building:2", drill=True)["directive"] == "d1"
        )
        assert client.apply(b"\x00\xff" * 40_000)["sentence"] == "Taken."
        client.acknowledge(3, "facilities")
        client.reset_fire(4, "facilities")
        assert client.accept_clock("facilities", confirmed=True)["kept"]
        assert client.wiring() == {"doors": []}
        assert client.self_test(5, "installer") == "t1"
        assert client.release("ABCD", [4], "facilities", "Over.")["doors"] == []
        with pytest.raises(BridgeRefusedError, match="It is older") as caught:
            client.apply(b"old")
    assert caught.value.code == "older"
    assert pretender.asked == [
        StartEmergency(by="principal", action=EmergencyAction.SECURE, scope="building:2", drill=True),
        b"\x00\xff" * 40_000,
        AcknowledgeAlarm(door=3, by="facilities"),
        ResetFire(door=4, by="facilities"),
        AcceptClock(by="facilities", confirmed=True),
        SelfTest(door=5, by="installer"),
        ReleaseHere(code="ABCD", doors=[4], by="facilities", why="Over."),
        b"old",
    ]


@pytest.mark.usefixtures("server")
def test_only_the_bridges_own_user_may_talk_to_it(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    "line",
    [
        b"rubbish\n",
        b"[]\n",
        b'{"do":"open_every_door"}\n',
        b'{"do":"lockdown"}\n',
        b'{"do":"lockdown","by":"x","scope":"everywhere"}\n',
        b'{"do":"status","door":1}\n',
        b'{"do":"apply","document":"%%%"}\n',
        b"[" * 50_000 + b"\n",
        b"x" * 70_000,
    ],
)
def test_what_is_no_request_gets_a_sentence(path: Path, line: bytes) -> None:
    answer = said(path, line)
    assert (answer["ok"], answer["code"]) == (False, "not_understood")
    assert answer["sentence"].endswith(".")
    with LocalClient(path) as client:
        assert client.status() == {"doors": []}


@pytest.mark.usefixtures("server")
def test_a_fault_in_one_request_leaves_the_others_alone(path: Path) -> None:
    with LocalClient(path) as client, pytest.raises(BridgeRefusedError, match="a fault of its own"):
        client.apply(b"fault")
    with LocalClient(path) as client:
        assert client.status() == {"doors": []}


def test_who_follows_gets_every_line(server: ControlServer, path: Path) -> None:
    with LocalClient(path) as client:
        client.start_following()
        assert client.next_line(30) == {"ok": True, "status": {"doors": []}}
        for number in range(5):
            server.tell(b'{"event":%d}' % number)
        assert [client.next_line(30) for _ in range(5)] == [{"event": number} for number in range(5)]
        assert client.next_line(0.01) == {}
        server.stop()
        until(lambda: client.next_line(1) is None, "the end is noticed")


def test_who_reads_too_slowly_is_told_what_was_missed_and_nobody_waits(
    server: ControlServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "LINES_WAITING", 10)
    with LocalClient(path, 30) as slow:
        slow.start_following()
        assert slow.next_line(30)
        for _ in range(50):
            server.tell(b'{"event":"%s"}' % (b"x" * 100_000))
        seen = []
        while (line := slow.next_line(0.3)) != {}:
            assert line is not None
            seen.append(line)
        server.tell(b'{"event":"last"}')
        missed = slow.next_line(30)
        assert missed is not None
        assert len(seen) + missed["missed"] == 50
        assert slow.next_line(30) == {"event": "last"}


@pytest.mark.usefixtures("server")
def test_too_many_programs_at_once_are_sent_away_with_a_sentence(path: Path) -> None:
    clients = [LocalClient(path) for _ in range(server_module.MAX_CLIENTS)]
    for client in clients:
        client.status()
    with LocalClient(path) as late, pytest.raises(BridgeRefusedError, match="Too many programs"):
        late.status()
    for client in clients:
        client.close()


def test_a_socket_left_behind_is_replaced_and_one_in_use_is_not(path: Path, pretender: Pretender) -> None:
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(path))
    left.close()
    first = ControlServer(path, pretender)
    first.start()
    with pytest.raises(SocketError, match="already runs"):
        ControlServer(path, pretender).start()
    first.stop()
    assert not path.exists()


def test_a_place_where_no_socket_can_be_is_said(place: Path, pretender: Pretender) -> None:
    with pytest.raises(SocketError, match="cannot be made"):
        ControlServer(place / "nowhere" / "control.sock", pretender).start()


def test_without_a_bridge_the_client_says_what_to_do(path: Path) -> None:
    with pytest.raises(BridgeUnreachableError, match="firmware-bridge run"):
        LocalClient(path)

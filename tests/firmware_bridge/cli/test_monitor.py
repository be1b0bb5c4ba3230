"""``monitor`` beside a running bridge, on a line of its own, and over a capture."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.cli.monitor import Screen
from firmware_bridge.cli.parser import command_line
from firmware_bridge.devices.capture import Head, head_shape, traced_shape
from firmware_bridge.devices.tracing import Traced
from firmware_bridge.local.client import BridgeRefusedError, LocalClient
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import RawCard
from tests.building.live_bridge import LiveBridge, live_bridge
from tests.building.processes import until
from tests.building.signed import ADA, FRONT, OFFICE_DOOR, READERS_LINE, ROOM, card
from tests.firmware_bridge.devices.bench_line import bench_line

CARD = RawCard(0, 1, Bits(0x2ABCDEF, 26))
SAID = Packet(1, 1, CARD.CODE, CARD.to_bytes(), reply=True)


def present(live: LiveBridge, *doors: int) -> None:
    """A card is let in at each of these doors."""
    for door in doors:
        live.virtual.present(door, card(ADA))
    until(lambda: granted(live) >= set(doors), "the card is let in")


def watched(client: LocalClient) -> bool:
    try:
        return bool(client.start_monitoring(READERS_LINE))
    except BridgeRefusedError:
        return False


def granted(live: LiveBridge) -> set[int | None]:
    return {event.door for event in live.events() if event.code == "ACCESS_GRANTED"}


def codes_in(capture: Path) -> set[tuple[str, int]]:
    """Which way, and which message: ``("out", 0x76)`` is a challenge."""
    rows = [json.loads(row) for row in capture.read_text().splitlines()[1:] if row.endswith("}")]
    packets = [(row["dir"], Packet.from_bytes(bytes.fromhex(row["hex"]))) for row in rows if "hex" in row]
    return {(way, packet.code) for way, packet in packets}


def test_beside_a_running_bridge(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = place / "line.jsonl"
    with ThreadPoolExecutor(1) as background:
        with live_bridge(place) as live:
            command = ["monitor", *live.config, "--port", READERS_LINE]
            assert command_line(["monitor", *live.config, "--port", "R"]) == 1
            assert "--port must name a port of the kind osdp" in capsys.readouterr().err
            with live.client() as client, pytest.raises(BridgeRefusedError, match="no OSDP port R: A"):
                client.start_monitoring("R")
            watching = background.submit(command_line, [*command, "--capture", str(capture)])
            until(lambda: capture.exists() and capture.stat().st_size, "the monitor watches")
            present(live, FRONT)
            live.virtual.restart_reader(FRONT)
            until(lambda: {("in", 0x50), ("out", 0x76)} <= codes_in(capture), "card and new session are captured")
        assert watching.result(60) == 1  # the bridge ended first
    shown = capsys.readouterr().out
    assert f"Port {READERS_LINE} at 115200 baud" in shown
    assert "Cards and PINs: masked." in shown
    assert "<-   1  RAW         sealed" in shown
    assert "->   1  CHLNG" in shown
    assert "polls and acknowledgements that brought nothing" in shown
    assert capture.stat().st_mode & 0o777 == 0o600

    assert command_line(["monitor", "--replay", str(capture)]) == 0
    again = capsys.readouterr().out
    assert [line for line in again.splitlines() if "RAW" in line] == [
        line for line in shown.splitlines() if "RAW" in line
    ]
    assert command_line(["monitor", "--replay", str(capture), "--capture", str(capture)]) == 1
    assert "exists already" in capsys.readouterr().err


def test_two_who_watch_and_never_read_are_not_felt_at_the_doors(place: Path) -> None:
    with live_bridge(place) as live, live.client() as first, live.client() as second, live.client() as third:
        first.start_monitoring(READERS_LINE)
        second.start_monitoring(READERS_LINE, "Looking for a lost card.")
        with pytest.raises(BridgeRefusedError, match="Enough programs watch"):
            third.start_monitoring(READERS_LINE)
        present(live, FRONT, OFFICE_DOOR, ROOM)
        first.close()
        until(lambda: watched(third), "who left is forgotten")


def test_only_listening(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = place / "line.jsonl"
    with bench_line(place / "A", []) as (line, _), ThreadPoolExecutor(1) as background:
        command = ["monitor", "--path", str(place / "A"), "--baud", "115200", "--config", str(place / "none.toml")]
        assert command_line([*command[:3], *command[5:]]) == 1
        assert "say its speed with --baud" in capsys.readouterr().err
        watching = background.submit(command_line, [*command, "--capture", str(capture), "--seconds", "3", "--polls"])
        until(capture.exists, "the monitor listens")

        def heard() -> bool:
            line.transmit(b"\x00\x01\x02" + Packet(1, 1, 0x60, crc=False).to_bytes() + SAID.to_bytes())
            return watching.done()

        until(heard, "the monitor ends")
        assert watching.result(60) == 0
    shown = capsys.readouterr().out
    assert "->   1  POLL          [checksum]" in shown
    assert "<-   1  RAW         a card of 26 bits (not shown)" in shown
    assert "bytes that make no sense" in shown
    kept = [json.loads(row) for row in capture.read_text().splitlines()]
    assert kept[0]["cards"] == "masked"
    cards = [bytes.fromhex(row["hex"]) for row in kept if row.get("dir") == "in"]
    assert cards
    assert all(CARD.to_bytes()[4:] not in frame for frame in cards)


def written(path: Path, *traced: Traced, cards: str = "masked") -> Path:
    shapes = [head_shape(Head("A", 9600, "2026-11-23T09:30:00.000Z", cards)), *map(traced_shape, traced)]
    path.write_text("".join(json.dumps(shape) + "\n" for shape in shapes))
    return path


def test_a_capture_with_cards_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = written(tmp_path / "c", Traced(5.0, SAID), Traced(6.5, lost=3), cards="shown: looking for a fault")
    assert command_line(["monitor", "--replay", str(capture)]) == 0
    head, shown, lost, summary = capsys.readouterr().out.splitlines()
    assert "Cards and PINs: shown: looking for a fault." in head
    assert shown.endswith(f"a card of 26 bits ({0x2ABCDEF:026b})")
    assert "1.500  --  3 pieces were not seen" in lost
    assert summary == "0 questions, 1 answers, 3 pieces not seen."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rubbish", "not a capture"),
        ("\xe4\xff", "not a capture"),
        pytest.param("[" * 200_000, "not a capture", id="deep"),
        (None, "cannot be read"),
    ],
)
def test_what_cannot_be_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, sentence: str
) -> None:
    if text is not None:
        (tmp_path / "c").write_bytes(text.encode("latin-1"))
    assert command_line(["monitor", "--replay", str(tmp_path / "c")]) == 1
    assert sentence in capsys.readouterr().err


def test_polls_are_counted_unless_they_are_asked_for() -> None:
    polls = [Traced(float(n), Packet(1, 1, 0x60)) for n in range(3)]
    quiet, loud = Screen(), Screen(polls=True)
    assert [list(quiet.lines(traced)) for traced in polls] == [[], [], []]
    assert [len(list(loud.lines(traced))) for traced in polls] == [1, 1, 1]
    assert "3 of them polls" in quiet.summary()

"""Show what happens on an OSDP line, decoded and live; keep it in a file, or show such a file again.

With the bridge running it hands over copies of what it says and hears. Without it the port is only listened to. Keys
are never shown; cards and PINs only with a reason.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

from access_control.core.wire.spelling import write_time
from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.cli.free_line import Choice, LineChoiceError, choose, free
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import BAUD_RATES, Config, PortKind
from firmware_bridge.devices.capture import (
    MASKED,
    CaptureError,
    Head,
    head_shape,
    read_capture,
    read_head,
    read_traced,
    traced_shape,
)
from firmware_bridge.devices.message_words import is_idle, name_of, words_of
from firmware_bridge.devices.serial_line import LineUnavailableError
from firmware_bridge.devices.tap import Piece
from firmware_bridge.devices.tracing import Traced, Tracer
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient

EXPECTED = (BridgeRefusedError, CaptureError, LineChoiceError, LineUnavailableError)
LOOK_S: Final = 0.5
Trace = Iterator[Traced | None]
"""What happens; ``None`` when nothing did for a moment."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to watch, and what to keep."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--port", metavar="NAME", help="the port's name in the settings")
    which.add_argument("--path", metavar="DEVICE", help="listen at a serial port that no bridge serves")
    which.add_argument("--replay", type=Path, metavar="FILE", help="show a capture again")
    parser.add_argument("--baud", type=int, choices=BAUD_RATES, metavar="B", help="the speed, if not the settings'")
    parser.add_argument("--capture", type=Path, metavar="FILE", help="keep it in a new file as well")
    parser.add_argument("--polls", action="store_true", help="show polls and acknowledgements too, not only count them")
    parser.add_argument("--seconds", type=float, metavar="N", help="end by itself after so long; else with Ctrl-C")
    parser.add_argument(
        "--show-cards", default="", metavar="REASON", help="show cards and PINs; the reason is kept with them"
    )


def carry_out(asked: argparse.Namespace) -> int:
    """Show until it is over."""
    with ExitStack() as closing:
        if asked.replay is not None:
            head, trace = _replayed(asked.replay, closing)
        else:
            choice, config = choose(asked, PortKind.OSDP)
            head, trace = _live(asked, choice, config, closing)
        keep = closing.enter_context(_kept(asked.capture, head))
        return _show(asked, head, trace, keep)


def _show(asked: argparse.Namespace, head: Head, trace: Trace, keep: TextIO | None) -> int:
    screen = Screen(polls=asked.polls, cards_shown=head.cards != MASKED)
    print(f"Port {head.port} at {head.baud} baud, from {head.at}. Cards and PINs: {head.cards}.", flush=True)
    clock = SystemClock()
    until_s = None if asked.seconds is None else clock.monotonic_s() + asked.seconds
    code = DONE if asked.replay is not None else FAILED  # whoever is watched has ended before we wanted to
    try:
        for traced in trace:
            if traced is not None:
                for line in screen.lines(traced):
                    print(line, flush=True)
                if keep is not None:
                    keep.write(json.dumps(traced_shape(traced)) + "\n")
            if until_s is not None and clock.monotonic_s() >= until_s:
                code = DONE
                break
    except KeyboardInterrupt:
        code = DONE
    print(screen.summary())
    return code


@contextmanager
def _kept(path: Path | None, head: Head) -> Iterator[TextIO | None]:
    """A new file for this user alone, with the head in it."""
    if path is None:
        yield None
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise CaptureError(f"{path} exists already; choose another name.") from error
    except OSError as error:
        raise CaptureError(f"{path} cannot be written: {error.strerror}.") from error
    with os.fdopen(descriptor, "w", buffering=1, encoding="utf-8") as file:
        file.write(json.dumps(head_shape(head)) + "\n")
        yield file


def _replayed(path: Path, closing: ExitStack) -> tuple[Head, Trace]:
    try:
        file = closing.enter_context(path.open(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise CaptureError(f"{path} cannot be read: {error.strerror}.") from error
    return read_capture(file)


def _live(asked: argparse.Namespace, choice: Choice, config: Config | None, closing: ExitStack) -> tuple[Head, Trace]:
    if config is not None and choice.name is not None:
        try:
            client = closing.enter_context(LocalClient(config.control_socket))
        except BridgeUnreachableError:
            print("The bridge is not running: only listening, to whoever talks on this line.", file=sys.stderr)
        else:
            return read_head(client.start_monitoring(choice.name, asked.show_cards)), _from_bridge(client)
    closing.enter_context(free(choice, config))
    baud = asked.baud or choice.baud
    if baud is None:
        raise LineChoiceError(f"{choice.path} is not in the settings: say its speed with --baud.")
    cards = f"shown: {asked.show_cards}" if asked.show_cards else MASKED
    head = Head(choice.name or choice.path, baud, write_time(SystemClock().moment().at), cards)
    return head, _listening(choice, baud, show_cards=bool(asked.show_cards))


def _from_bridge(client: LocalClient) -> Trace:
    while (line := client.next_line(LOOK_S)) is not None:
        yield read_traced(line) if line else None


def _listening(choice: Choice, baud: int, *, show_cards: bool) -> Trace:
    """Hear both directions and say nothing."""
    tracer, clock = Tracer(baud, show_cards=show_cards), SystemClock()
    with choice.open(baud) as line:
        while True:
            if select.select([line.fileno()], [], [], LOOK_S)[0]:
                yield from tracer.trace([Piece(clock.monotonic_s(), sent=False, data=line.read())])
            yield None


@dataclass
class Screen:
    """Lines for people. Times count from the first packet, in seconds."""

    polls: bool = False
    cards_shown: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    _began_s: float | None = None

    def lines(self, traced: Traced) -> Iterator[str]:
        """What is shown of one thing that happened."""
        self._began_s = traced.mono_s if self._began_s is None else self._began_s
        at = f"{traced.mono_s - self._began_s:10.3f}"
        packet = traced.packet
        if traced.noise:
            self.counts["noise"] += traced.noise
            yield f"{at}  --  {traced.noise} bytes that make no sense"
        if traced.lost:
            self.counts["lost"] += traced.lost
            yield f"{at}  --  {traced.lost} pieces were not seen: this program was too slow"
        if packet is None:
            return
        self.counts["in" if packet.reply else "out"] += 1
        if is_idle(packet) and not self.polls:
            self.counts["idle"] += 1
            return
        way = "<-" if packet.reply else "->"
        said = words_of(packet, cards_shown=self.cards_shown)
        check = "" if packet.crc else "  [checksum]"
        yield f"{at}  {way} {packet.address:3}  {name_of(packet):10}  {said}{check}".rstrip()

    def summary(self) -> str:
        """What was seen in all."""
        counts = self.counts
        parts = [f"{counts['out']} questions", f"{counts['in']} answers"]
        if counts["idle"]:
            parts.append(
                f"{counts['idle']} of them polls and acknowledgements that brought nothing (--polls shows them)"
            )
        if counts["noise"]:
            parts.append(f"{counts['noise']} senseless bytes")
        if counts["lost"]:
            parts.append(f"{counts['lost']} pieces not seen")
        return ", ".join(parts) + "."

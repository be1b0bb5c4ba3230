"""The port under load: floods, dripping callers and many addresses cost the doors and the memory nothing."""

from __future__ import annotations

import socket
import threading
import tracemalloc
from contextlib import ExitStack, suppress
from functools import partial
from typing import Self

from access_control.core.decision.building import DeviceKind, Point
from access_control.core.wire.neighbours import HELD, HERE, Tell, write_tell
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.events import CardPresented, LinkState, ReaderLinkChanged
from firmware_bridge.neighbours.listening import MOST_FROM_ONE, MOST_STRANGERS
from firmware_bridge.neighbours.neighbourhood import Neighbourhood
from tests.building.neighbours import key_of
from tests.building.processes import until
from tests.building.signed import ADA, DOORS, card
from tests.building.town import NONCE, Running, Town, sealed_by

FLOOD = 10_000
AT_ONCE = 100
LONGEST_S = 1.0  # a card's way through the bridge takes milliseconds; this is a bound for a loaded machine


class Flood:
    """Somebody who calls as often as it goes, says something and hangs up, until told to stop."""

    def __init__(self, port: int, message: bytes) -> None:
        self.calls = 0
        self._where = ("127.0.0.1", port)
        self._message = message
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._calling)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _calling(self) -> None:
        while not self._over.is_set():
            with ExitStack() as stack:
                lines = [stack.enter_context(socket.socket()) for _ in range(AT_ONCE)]
                for line in lines:
                    line.settimeout(0)
                    line.bind(("127.0.0.3", 0))
                    line.connect_ex(self._where)
                for line in lines:
                    with suppress(OSError):
                        line.send(self._message)
            self.calls += AT_ONCE


def _around(b: Running) -> Neighbourhood:
    assert b.bridge._desk is not None
    assert b.bridge._desk.neighbours is not None
    return b.bridge._desk.neighbours


def _has_called(stranger: Flood, times: int) -> bool:
    return stranger.calls >= times


def opens_in_s(b: Running, door: int) -> float:
    """From Ada's card to the command that opens a door."""
    before = len(b.commands)
    start = SystemClock().moment()
    b.bridge.emit(CardPresented(start, door, card(ADA)))
    lock = Point(DeviceKind.BOARD, 1, door - 1)

    def opened() -> list[float]:
        return [at for at, command in b.commands[before:] if command.point == lock and command.energised]

    return float(until(opened, "the door opens")[0] - start.mono_s)


def test_a_flood_costs_no_card_its_time_and_is_one_event(town: Town) -> None:
    b = town.introduced("b")
    for door in DOORS:
        b.bridge.emit(ReaderLinkChanged(SystemClock().moment(), door, LinkState.SECURE))
    port = town.three.installations["b"].port
    forged = write_tell(Tell(NONCE, sealed_by(key_of("a"))[1].replace(b'"drill":false', b'"drill":true ')))
    tracemalloc.start()
    try:
        with Flood(port, forged) as stranger:
            took_s = []
            for part, door in enumerate(DOORS, 1):
                until(partial(_has_called, stranger, part * FLOOD // len(DOORS)), "the flood is there")
                took_s.append(opens_in_s(b, door))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert max(took_s) < LONGEST_S
    assert most < 8 << 20
    (event,) = b.told("NEIGHBOUR_FLOOD")
    assert event["address"] == "127.0.0.3"
    assert len(b.events("DIRECTIVE_REFUSED")) <= 1
    assert b.emergencies() == []


def test_a_neighbour_is_heard_in_the_middle_of_a_flood_of_strangers(town: Town) -> None:
    b = town.introduced("b")
    port = town.three.installations["b"].port
    until(lambda: "127.0.0.1" in _around(b)._hosts, "it knows where its neighbours are")
    directive, sealed = sealed_by(key_of("a"))
    with Flood(port, b"AC-TELL 1 ") as stranger:
        until(lambda: stranger.calls >= AT_ONCE, "the flood is there")
        until(lambda: _told(b, sealed), "the neighbour is heard")
    assert b.emergencies() == [directive]


def _told(b: Running, sealed: bytes) -> bool:
    with suppress(OSError):
        return b.ask(sealed) == HELD
    return False


def test_callers_who_drip_or_say_nothing_take_few_places_and_not_for_long(town: Town) -> None:
    b = town.introduced("b")
    until(lambda: "127.0.0.1" in _around(b)._hosts, "it knows where its neighbours are")
    where = ("127.0.0.1", town.three.installations["b"].port)
    with ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection(where, 30, source_address=(f"127.0.0.{3 + n // 6}", 0)))
            for n in range(MOST_STRANGERS + 4)
        ]
        for line in lines:
            with suppress(OSError):
                line.sendall(b"AC-T")
        assert b.ask(b"") == HERE, "there is room for a neighbour"
        for line in lines:
            with suppress(OSError):
                assert line.recv(1) == b""
    assert b.told("NEIGHBOUR_FLOOD")
    listener = _around(b).listener
    assert listener is not None
    until(lambda: not listener._calls, "every call is over")


def test_one_address_has_few_calls_at_a_time(town: Town) -> None:
    b = town.introduced("b")
    where = ("127.0.0.1", town.three.installations["b"].port)
    with ExitStack() as stack:
        for _ in range(MOST_FROM_ONE):
            stack.enter_context(socket.create_connection(where, 30, source_address=("127.0.0.3", 0)))
        assert b.send(write_tell(Tell(NONCE)), "127.0.0.3") == b""
        assert b.send(write_tell(Tell(NONCE)), "127.0.0.4")


def test_a_message_that_comes_byte_by_byte_is_heard(town: Town) -> None:
    town.introduced("b")
    where = ("127.0.0.1", town.three.installations["b"].port)
    with socket.create_connection(where, 30) as line:
        for byte in write_tell(Tell(NONCE)):
            line.sendall(bytes([byte]))
        assert line.recv(200).startswith(b"AC-TOLD 1 ")

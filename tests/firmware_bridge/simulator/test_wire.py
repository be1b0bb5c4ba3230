from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.protocol.osdp.frames import FrameDecoder, Packet
from firmware_bridge.simulator.wire import Heard, LineFaults, Transmission, Wire

CHAR_S = 10 / 9600
ROUNDS = 1000 if int(os.environ.get("LONG", "0")) else 100
TEN = b"0123456789"


def heard_of(wire: Wire, until_s: float = 100.0) -> bytes:
    return b"".join(heard.data for heard in wire.heard(until_s))


def arrived(wire: Wire, until_s: float = 100.0) -> bytes:
    return b"".join(wire.for_host(until_s))


def test_devices_hear_a_command_when_its_last_byte_has_arrived() -> None:
    wire = Wire(9600)
    wire.host_sends(TEN, 1.0)
    end_s = 1.0 + 10 * CHAR_S
    assert wire.next_s() == pytest.approx(end_s)
    assert wire.heard(end_s - 0.0001) == []
    assert wire.heard(end_s) == [Heard(TEN, end_s, 9600)]
    assert wire.next_s() is None


def test_two_writes_follow_each_other_on_the_wire() -> None:
    wire = Wire(9600)
    wire.host_sends(TEN, 1.0)
    wire.host_sends(TEN, 1.001)
    first, second = wire.heard(2.0)
    assert second.ended_s == pytest.approx(1.0 + 20 * CHAR_S)
    assert second.begun_s == pytest.approx(first.ended_s)


def test_a_reply_arrives_in_groups_and_never_early() -> None:
    wire = Wire(9600, grain_s=0.004)
    wire.peer_sends(Transmission(TEN, 1.0))
    assert arrived(wire, 0.999) == b""
    assert arrived(wire, 1.0) == b""
    assert wire.next_s() == pytest.approx(1.0 + 3 * CHAR_S)
    assert arrived(wire, 1.0 + 3 * CHAR_S) == b"012"
    assert arrived(wire, 1.0 + 9.5 * CHAR_S) == b"345678"
    assert wire.next_s() == pytest.approx(1.0 + 10 * CHAR_S)
    assert arrived(wire) == b"9"


def test_byte_wise_means_every_byte_by_itself() -> None:
    wire = Wire(9600, grain_s=0.004)
    wire.faults = LineFaults(byte_wise=True)
    wire.peer_sends(Transmission(b"AB", 1.0))
    arrived(wire, 1.0)
    assert wire.next_s() == pytest.approx(1.0 + CHAR_S)


def test_whoever_speaks_into_another_ones_words_spoils_both() -> None:
    wire = Wire(9600)
    wire.peer_sends(Transmission(TEN, 1.0))
    assert arrived(wire, 1.0 + 5 * CHAR_S) == b"01234"
    wire.host_sends(TEN, 1.0 + 5 * CHAR_S)
    assert arrived(wire)[:5] != b"56789"
    assert heard_of(wire) != TEN


def test_a_reader_that_answers_while_the_bridge_speaks_spoils_both() -> None:
    wire = Wire(9600)
    wire.host_sends(TEN, 1.0)
    wire.peer_sends(Transmission(b"REPLY", 1.0 + 5 * CHAR_S))
    assert arrived(wire, 1.0 + 10.5 * CHAR_S) != b"REPLY"
    assert heard_of(wire) != TEN


def test_an_answer_right_behind_the_question_spoils_nothing() -> None:
    wire = Wire(9600)
    wire.host_sends(TEN, 1.0)
    (heard,) = wire.heard(2.0)
    wire.peer_sends(Transmission(b"REPLY", heard.ended_s))
    assert arrived(wire) == b"REPLY"


def test_a_cable_with_two_directions_has_no_collisions() -> None:
    wire = Wire(9600, half_duplex=False)
    wire.peer_sends(Transmission(TEN, 1.0))
    arrived(wire, 1.0)
    wire.host_sends(TEN, 1.0)
    assert (arrived(wire), heard_of(wire)) == (TEN, TEN)


def test_nothing_passes_a_cut_line_not_even_what_was_under_way() -> None:
    wire = Wire(9600)
    wire.host_sends(TEN, 1.0)
    wire.peer_sends(Transmission(TEN, 2.0))
    wire.peer_sends(Transmission(TEN, 1.5))
    assert arrived(wire, 1.5) == b""
    wire.faults = LineFaults(cut=True)
    wire.host_sends(TEN, 1.0)
    assert (heard_of(wire), arrived(wire)) == (b"", b"")
    wire.faults = LineFaults()
    wire.host_sends(b"BACK", 200.0)
    assert heard_of(wire, 300.0) == b"BACK"


@pytest.mark.parametrize("address", [None, 5])
def test_who_never_stops_sending_drowns_the_devices_and_not_the_bridge(address: int | None) -> None:
    wire = Wire(9600)
    wire.faults = LineFaults(jabber=True, jabber_as=address)
    arrived(wire, 1.0)
    wire.host_sends(TEN, 1.1)
    wire.peer_sends(Transmission(TEN, 1.2))
    noise = arrived(wire, 2.0)
    assert len(noise) == pytest.approx(960, abs=10)
    assert TEN not in noise
    assert heard_of(wire, 2.0) == TEN
    if address is not None:
        assert {item.address for item in FrameDecoder().feed(noise, 2.0) if isinstance(item, Packet)} == {5}
    wire.faults = LineFaults()
    arrived(wire, 3.0)
    assert arrived(wire, 4.0) == b""


def test_an_adapter_with_echo_hears_itself() -> None:
    wire = Wire(9600)
    wire.faults = LineFaults(echo=True)
    wire.host_sends(TEN, 1.0)
    assert (arrived(wire), heard_of(wire)) == (TEN, TEN)


@pytest.mark.parametrize(
    ("faults", "unlike"),
    [(LineFaults(garble=1.0), TEN), (LineFaults(drop=0.5), TEN), (LineFaults(duplicate=0.5), TEN)],
)
def test_faults_harm_both_directions_and_repeat_with_their_seed(faults: LineFaults, unlike: bytes) -> None:
    def run(seed: int) -> tuple[bytes, bytes]:
        wire = Wire(9600, seed=seed)
        wire.faults = faults
        wire.host_sends(TEN * 5, 1.0)
        wire.peer_sends(Transmission(TEN * 5, 50.0))
        return heard_of(wire), arrived(wire)

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert unlike * 5 not in run(7)


def test_noise_comes_by_itself_on_an_idle_line_and_ends_with_the_fault() -> None:
    wire = Wire(9600)
    wire.faults = LineFaults(noise_every_s=1.0)
    assert arrived(wire, 1.0) == b""
    wire.for_host(3.0)
    assert wire.for_host(3.2)
    assert heard_of(wire, 3.2)
    wire.faults = LineFaults()
    wire.for_host(4.0)
    assert wire.next_s() is None


def test_a_line_takes_the_speed_that_is_set() -> None:
    wire = Wire(9600)
    wire.baud = 115200
    wire.host_sends(TEN, 1.0)
    (heard,) = wire.heard(2.0)
    assert heard.baud == 115200
    assert heard.ended_s == pytest.approx(1.0 + 10 * 10 / 115200)


@settings(max_examples=ROUNDS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=30)), max_size=20), st.integers(0, 5))
def test_on_a_good_line_with_manners_nothing_is_lost_or_changed(turns: list[tuple[bool, bytes]], grain_ms: int) -> None:
    wire, now_s = Wire(9600, grain_s=grain_ms / 1000), 1.0
    to_peers = to_host = b""
    for from_host, data in turns:
        if from_host:
            wire.host_sends(data, now_s)
            to_peers += data
        else:
            wire.peer_sends(Transmission(data, now_s))
            to_host += data
        now_s += (len(data) + 2) * CHAR_S
        assert heard_of(wire, now_s) == (data if from_host else b"")
        assert arrived(wire, now_s) == (b"" if from_host else data)
        assert wire.next_s() is None

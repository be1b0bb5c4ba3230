"""A playbook of one reader on one link; frames are those of OSDP 2.2 (SIA, Annex E) where it gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.protocol.osdp.commands import (
    AskCapabilities,
    AskIdentity,
    AskInputs,
    AskLocalStatus,
    AskOutputs,
    AskReaders,
    Buzz,
    Challenge,
    KeepActive,
    OutputControl,
    OutputOrder,
    Poll,
    ServerCryptogram,
    SetCommunication,
    SetKey,
    SetOutputs,
)
from firmware_bridge.protocol.osdp.frames import BROADCAST, Packet
from firmware_bridge.protocol.osdp.replies import (
    Ack,
    Busy,
    Capabilities,
    ClientCryptogram,
    Communication,
    Function,
    Identity,
    InitialMac,
    InputStatus,
    Keypad,
    LocalStatus,
    Nak,
    NakCode,
    OutputStatus,
    RawCard,
    ReaderStatus,
)
from firmware_bridge.protocol.osdp.secure import CHALLENGE, SCBK_D, SERVER_PROOF
from firmware_bridge.simulator.config import ReaderConfig
from firmware_bridge.simulator.peripheral import OFFLINE_S, Peripheral, ReaderFaults
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.world import World

KEY = bytes(range(16))
CARD = Bits(0xBD88EB80 >> 6, 26)
LOCK = Point(DeviceKind.READER, 7, 0)
OPEN = SetOutputs((OutputOrder(0, OutputControl.ON),))
SHUT = SetOutputs((OutputOrder(0, OutputControl.OFF),))


class Bench:
    """A reader, its clock, and a panel that asks it things."""

    def __init__(self, world: World, make_panel: Callable[..., Any], config: ReaderConfig) -> None:
        self.world = world
        self.now_s = 100.0
        self.kept: list[Peripheral] = []
        self.reader = Peripheral(ReaderHead(config, world), keep=self.kept.append)
        self.panel = make_panel(self.carry, config.address)

    def carry(self, frame: bytes) -> bytes | None:
        return self.reader.receive(Packet.from_bytes(frame), self.now_s)


@pytest.fixture
def fresh(world: World, make_panel: Callable[..., Any]) -> Bench:
    """A reader out of its box, address 0."""
    return Bench(world, make_panel, ReaderConfig(7, "A", 0))


@pytest.fixture
def keyed(world: World, make_panel: Callable[..., Any]) -> Bench:
    """A reader with a key, address 0."""
    return Bench(world, make_panel, ReaderConfig(7, "A", 0, KEY))


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("53 00 08 00 04 60 EB AA", "53 80 08 00 04 40"),
        ("53 00 07 00 00 60 46", "53 80 07 00 00 40"),
    ],
    ids=["poll with CRC", "poll with check sum"],
)
def test_a_poll_of_the_standard_is_acknowledged_in_kind(fresh: Bench, asked: str, answered: str) -> None:
    reply = fresh.carry(bytes.fromhex(asked))
    assert reply is not None
    assert reply.startswith(bytes.fromhex(answered))


def test_a_card_goes_out_as_the_standard_shows_it(fresh: Bench) -> None:
    fresh.carry(bytes.fromhex("53 00 08 00 04 60 EB AA"))
    fresh.carry(bytes.fromhex("53 00 08 00 05 60 DA 99"))
    fresh.reader.head.present(CARD)
    poll = Packet(0, 2, 0x60).to_bytes()
    assert fresh.carry(poll) == bytes.fromhex("53 80 10 00 06 50 00 00 1A 00 BD 88 EB 80 63 6C".replace(" ", ""))


def test_the_same_sequence_number_gets_the_same_reply_and_nothing_is_done_twice(keyed: Bench) -> None:
    assert keyed.panel.secure()
    keyed.reader.head.present(CARD)
    assert keyed.panel.ask(Poll()) == RawCard(0, 0, CARD)
    assert keyed.panel.again() == keyed.panel.last_answer
    assert keyed.panel.again() == keyed.panel.last_answer
    assert keyed.panel.ask(Poll()) == Ack(), "the card is not there a second time"
    happened = keyed.world.watch()
    assert keyed.panel.ask(OPEN) == Ack()
    opening = keyed.panel.last_frame
    keyed.world.relay_commanded(LOCK, energised=False, by="test")
    assert keyed.carry(opening) == keyed.panel.last_answer
    assert keyed.world.outputs[LOCK] is False, "the repeated command was not carried out again"
    assert happened.qsize() == 2
    assert keyed.panel.ask(Poll()) == Ack(), "the session goes on"


def test_a_card_counts_as_fetched_when_the_panel_goes_on(fresh: Bench) -> None:
    fetched: list[RawCard] = []
    fresh.reader.card_fetched = fetched.append
    fresh.panel.ask(Poll())
    fresh.reader.head.present(CARD)
    fresh.panel.ask(Poll())
    fresh.panel.again()
    assert fetched == []
    fresh.panel.ask(Poll())
    assert fetched == [RawCard(0, 0, CARD)]


def test_a_card_does_not_count_as_fetched_when_the_panel_begins_anew(fresh: Bench) -> None:
    fetched: list[RawCard] = []
    fresh.reader.card_fetched = fetched.append
    fresh.reader.head.present(CARD)
    assert fresh.panel.ask(Poll()) == RawCard(0, 0, CARD)
    fresh.panel.restart()
    fresh.panel.ask(Poll())
    assert fetched == []


def test_sequence_zero_begins_anew(keyed: Bench) -> None:
    assert keyed.panel.secure()
    keyed.panel.restart()
    assert isinstance(keyed.panel.ask(AskIdentity()), Identity)
    assert not keyed.reader.secure
    assert keyed.panel.secure()


def test_a_sequence_number_out_of_turn_is_refused(fresh: Bench) -> None:
    assert fresh.carry(Packet(0, 2, 0x60).to_bytes()) == Packet(0, 2, 0x41, b"\x04", reply=True).to_bytes()
    fresh.panel.ask(Poll())
    skipped = fresh.carry(Packet(0, 3, 0x60).to_bytes())
    assert skipped == Packet(0, 3, 0x41, bytes((NakCode.SEQUENCE,)), reply=True).to_bytes()


def test_with_a_key_nothing_but_identity_is_told_in_clear(keyed: Bench) -> None:
    assert isinstance(keyed.panel.ask(AskIdentity()), Identity)
    capabilities = keyed.panel.ask(AskCapabilities())
    assert isinstance(capabilities, Capabilities)
    assert capabilities.of(Function.OUTPUTS).count == 1
    for command in (Poll(), OPEN, SetKey(bytes(16)), AskInputs()):
        assert keyed.panel.ask(command) == Nak(NakCode.SECURITY_NOT_MET)
    assert keyed.world.outputs == {}


def test_clear_text_in_a_session_ends_it_and_opens_nothing(keyed: Bench) -> None:
    assert keyed.panel.secure()
    keyed.panel._session = None
    assert keyed.panel.ask(OPEN) == Nak(NakCode.SECURITY_NOT_MET)
    assert not keyed.reader.secure
    assert keyed.world.outputs == {}


def test_with_a_key_the_key_that_everybody_knows_is_refused(keyed: Bench) -> None:
    assert not keyed.panel.secure(SCBK_D)
    assert not keyed.panel.secure(b"the wrong key...")


def test_a_reader_without_a_key_refuses_one_that_it_was_not_given(fresh: Bench) -> None:
    fresh.panel.restart()
    asked = fresh.panel.ask(Challenge(bytes(8)), security=bytes((CHALLENGE, 1)))
    assert asked == Nak(NakCode.SECURITY_NOT_MET)


def test_a_panel_without_the_key_gets_no_session(keyed: Bench) -> None:
    keyed.panel.restart()
    proof = keyed.panel.ask(Challenge(bytes(8)), security=bytes((CHALLENGE, 1)))
    assert isinstance(proof, ClientCryptogram)
    begun = keyed.panel.ask(ServerCryptogram(bytes(16)), security=bytes((SERVER_PROOF,)))
    assert isinstance(begun, InitialMac)
    assert not keyed.reader.secure
    again = keyed.panel.ask(ServerCryptogram(bytes(16)), security=bytes((SERVER_PROOF,)))
    assert again == Nak(NakCode.SECURITY_NOT_MET)


def test_a_wrong_mac_ends_the_session(keyed: Bench) -> None:
    assert keyed.panel.secure()
    forged = Packet(0, 2, 0x60, security=b"\x15", mac=b"1234").to_bytes()
    assert keyed.carry(forged) == Packet(0, 2, 0x41, b"\x06", reply=True).to_bytes()
    assert not keyed.reader.secure


def test_a_new_reader_takes_a_key_inside_secure_channel_only(fresh: Bench) -> None:
    assert fresh.panel.ask(SetKey(KEY)) == Nak(NakCode.SECURITY_NOT_MET)
    assert fresh.panel.secure(SCBK_D)
    assert fresh.panel.ask(SetKey(KEY)) == Ack()
    assert fresh.kept == [fresh.reader]
    assert fresh.panel.ask(Poll()) == Ack(), "the session goes on with its old keys"
    assert not fresh.panel.secure(SCBK_D)
    assert fresh.panel.secure(KEY)
    fresh.reader.restart(fresh.now_s)
    assert fresh.panel.secure(KEY)


def test_a_reader_says_that_it_waits_for_its_first_key_until_it_has_one(fresh: Bench) -> None:
    def waits() -> int:
        can = fresh.panel.ask(AskCapabilities())
        assert isinstance(can, Capabilities)
        return can.of(Function.SECURITY).count

    assert waits() == 1
    fresh.reader.key = KEY
    assert waits() == 0
    fresh.reader.key = None
    assert waits() == 1


def test_a_reader_answers_for_its_own_address_only(fresh: Bench) -> None:
    assert fresh.carry(Packet(1, 0, 0x60).to_bytes()) is None
    assert fresh.carry(Packet(0, 0, 0x40, reply=True).to_bytes()) is None
    to_all = fresh.carry(Packet(BROADCAST, 0, 0x61, b"\0").to_bytes())
    assert to_all is not None
    assert to_all[1] == 0xFF


def test_a_reader_moves_to_another_address(fresh: Bench) -> None:
    assert fresh.panel.ask(SetCommunication(9, 38400)) == Communication(9, 38400)
    assert (fresh.reader.address, fresh.reader.baud) == (9, 38400)
    assert fresh.kept == [fresh.reader]
    assert fresh.carry(Packet(0, 0, 0x60).to_bytes()) is None
    assert fresh.carry(Packet(9, 0, 0x6E, b"\x7f\x80\x25\0\0").to_bytes()) is not None
    assert fresh.reader.address == 9, "nobody can have the address for all"


def test_busy_means_ask_again(keyed: Bench) -> None:
    assert keyed.panel.secure()
    keyed.reader.set_faults(ReaderFaults(busy=2))
    sealed = keyed.panel._session.seal(Packet(0, 2, OPEN.CODE, OPEN.to_bytes())).to_bytes()
    busy = Packet(0, 0, Busy.CODE, reply=True).to_bytes()
    assert keyed.carry(sealed) == busy
    assert keyed.carry(sealed) == busy
    assert keyed.world.outputs == {}
    done = keyed.carry(sealed)
    assert done is not None
    assert Packet.from_bytes(done).security
    assert keyed.world.outputs[LOCK]


def test_faults_on_request(fresh: Bench) -> None:
    fresh.reader.set_faults(ReaderFaults(dead=True))
    assert fresh.panel.ask(Poll()) is None
    fresh.reader.set_faults(ReaderFaults(nak=9))
    assert fresh.panel.ask(Buzz(0, 2, 1, 1, 1)) == Nak(NakCode.UNABLE)
    fresh.reader.set_faults(ReaderFaults(deaf_to=Buzz.CODE))
    assert fresh.panel.ask(Buzz(0, 2, 1, 1, 1)) is None
    assert fresh.panel.ask(Poll()) == Ack()
    fresh.reader.set_faults(ReaderFaults())
    assert fresh.panel.ask(Buzz(0, 2, 1, 1, 1)) == Ack()


@pytest.mark.parametrize(
    ("code", "data", "why"),
    [
        (0x80, b"maker", NakCode.UNKNOWN_COMMAND),
        (0x68, b"\0", NakCode.LENGTH),
        (0x68, b"\x05\x02\0\0", NakCode.UNABLE),
        (0x76, bytes(8), NakCode.SECURITY_NOT_MET),
    ],
    ids=["unknown", "too short", "no such output", "handshake without its block"],
)
def test_what_it_cannot_do_is_refused_with_the_right_reason(fresh: Bench, code: int, data: bytes, why: NakCode) -> None:
    assert fresh.carry(Packet(0, 0, code, data).to_bytes()) == Packet(0, 0, 0x41, bytes((why,)), reply=True).to_bytes()


def test_after_long_silence_it_forgets_session_and_cards(keyed: Bench) -> None:
    assert keyed.panel.secure()
    keyed.reader.head.present(CARD)
    keyed.now_s += OFFLINE_S + 1
    assert keyed.panel.ask(Poll()) == Nak(NakCode.SEQUENCE)
    assert keyed.panel.secure()
    assert keyed.panel.ask(Poll()) == Ack()


def test_a_restart_drops_relays_session_and_colour_and_keeps_the_key(keyed: Bench) -> None:
    assert keyed.panel.secure()
    keyed.panel.ask(OPEN)
    assert keyed.world.outputs[LOCK]
    keyed.reader.restart(keyed.now_s)
    assert not keyed.world.outputs[LOCK]
    assert not keyed.reader.secure
    assert keyed.panel.secure()


def test_keys_inputs_tamper_and_power_are_told_one_by_one(fresh: Bench) -> None:
    head = fresh.reader.head
    head.press("12*#")
    head.set_tampered(tampered=True)
    head.set_tampered(tampered=True)
    head.set_power_failed(failed=True)
    fresh.world.on_input = lambda _point, _active: head.input_changed()
    fresh.world.set_input(Point(DeviceKind.READER, 7, 1), active=True)
    assert [fresh.panel.ask(Poll()) for _ in range(5)] == [
        Keypad(0, b"12\x7f\x0d"),
        LocalStatus(tampered=True, power_failed=False),
        LocalStatus(tampered=True, power_failed=True),
        InputStatus((0, 1)),
        Ack(),
    ]


def test_it_says_how_it_is_when_asked(fresh: Bench) -> None:
    fresh.panel.ask(OPEN)
    assert fresh.panel.ask(AskOutputs()) == OutputStatus((1,))
    assert fresh.panel.ask(AskInputs()) == InputStatus((0, 0))
    assert fresh.panel.ask(AskLocalStatus()) == LocalStatus(tampered=False, power_failed=False)
    fresh.reader.head.set_tampered(tampered=True)
    assert fresh.panel.ask(AskReaders()) == ReaderStatus((2,))
    assert fresh.panel.ask(KeepActive(100)) == Ack()


@pytest.mark.parametrize(
    ("control", "timer", "at_once", "later"),
    [
        (OutputControl.ON_FOR_TIMER, 5, True, False),
        (OutputControl.OFF_FOR_TIMER, 5, False, False),
        (OutputControl.ON_FOR_TIMER, 0, False, False),
        (OutputControl.ON_AFTER_TIMER, 0, True, True),
        (OutputControl.NOTHING, 0, False, False),
    ],
)
def test_timed_outputs(fresh: Bench, control: OutputControl, timer: int, at_once: bool, later: bool) -> None:
    fresh.panel.ask(SetOutputs((OutputOrder(0, control, timer),)))
    assert fresh.reader.head.outputs == [at_once]
    fresh.reader.head._timer_over(0, fresh.now_s + 0.6)
    assert fresh.reader.head.outputs == [later]


def test_a_timer_that_was_set_anew_does_not_end_early(fresh: Bench) -> None:
    head = fresh.reader.head
    fresh.panel.ask(SetOutputs((OutputOrder(0, OutputControl.ON_FOR_TIMER, 5),)))
    fresh.now_s += 0.4
    fresh.panel.ask(SetOutputs((OutputOrder(0, OutputControl.ON_FOR_TIMER, 5),)))
    head._timer_over(0, fresh.now_s + 0.1)
    assert head.outputs == [True]
    head._timer_over(0, fresh.now_s + 0.6)
    assert head.outputs == [False]
    fresh.panel.ask(SetOutputs((OutputOrder(0, OutputControl.ON_AFTER_TIMER),)))
    assert head.outputs == [True], "no timer runs any more, so it holds at once"


def test_an_order_while_the_timer_runs(fresh: Bench) -> None:
    head = fresh.reader.head
    fresh.panel.ask(SetOutputs((OutputOrder(0, OutputControl.ON_FOR_TIMER, 5),)))
    fresh.panel.ask(SetOutputs((OutputOrder(0, OutputControl.OFF_AFTER_TIMER),)))
    assert head.outputs == [True], "the timer is allowed to end"
    fresh.panel.ask(SHUT)
    assert head.outputs == [False]
    fresh.panel.ask(OPEN)
    head._timer_over(0, fresh.now_s + 0.6)
    assert head.outputs == [True], "the old timer means nothing any more"

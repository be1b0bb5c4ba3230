"""The handshake step by step, with one key and with two."""

import random

from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.exchange import Exchange, Phase
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.greeting import Greeting, Step
from firmware_bridge.protocol.osdp.handshake import CONDITIONS, WRONG_KEY, Refusal
from firmware_bridge.protocol.osdp.keyring import Keyring
from firmware_bridge.protocol.osdp.replies import Nak
from firmware_bridge.simulator.peripheral import Peripheral
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World
from tests.building.clock import SetClock
from tests.building.memory_line import reader

KEY, OTHER = b"K" * 16, b"O" * 16


class Hall:
    """A panel's greeting and a reader that hears it."""

    def __init__(self, key: bytes | None, spare: bytes | None = None, *, has: bytes = KEY) -> None:
        self.greeting = Greeting(Keyring(key, spare), random.Random(1).randbytes)
        self.pack = Envelope(1)
        self.reader: Peripheral = reader(1, has, World((), SetClock(), RelayLog(None)))

    def ask(self, phase: Phase) -> Step | Refusal:
        question = self.greeting.question(phase, self.pack)
        assert isinstance(question, Exchange)
        answer = self.reader.receive(Packet.from_bytes(question.frame), 0.0)
        assert answer is not None
        self.pack.answered()
        return self.greeting.judge(phase, Packet.from_bytes(answer), self.pack)


def test_two_questions_lead_to_a_session() -> None:
    hall = Hall(KEY)
    assert hall.ask(Phase.CHALLENGE) is Step.PROOF
    assert hall.ask(Phase.PROOF) is Step.SECURE
    assert hall.pack.session is not None
    assert hall.reader.secure


def test_outside_of_the_handshake_there_is_no_question_and_no_answer() -> None:
    hall = Hall(None)
    assert not hall.greeting.has_key
    assert hall.greeting.question(Phase.CHALLENGE, hall.pack) is None
    assert hall.greeting.question(Phase.PROOF, hall.pack) is None
    assert hall.greeting.judge(Phase.CHALLENGE, Packet(1, 0, 0x40, reply=True), hall.pack) is Step.AGAIN


def test_a_proof_without_a_session_begins_anew() -> None:
    hall = Hall(KEY)
    hall.ask(Phase.CHALLENGE)
    hall.pack.restart()
    assert hall.greeting.judge(Phase.PROOF, Packet(1, 0, 0x40, reply=True), hall.pack) is Step.AGAIN


def test_the_other_key_is_tried_and_then_first() -> None:
    hall = Hall(OTHER, KEY)
    assert hall.ask(Phase.CHALLENGE) is Step.OTHER_KEY
    hall.pack.restart()
    assert hall.ask(Phase.CHALLENGE) is Step.PROOF
    assert hall.ask(Phase.PROOF) is Step.SECURE
    hall.pack.restart()
    assert hall.ask(Phase.CHALLENGE) is Step.PROOF


def test_neither_key_is_a_refusal() -> None:
    hall = Hall(OTHER, b"X" * 16)
    assert hall.ask(Phase.CHALLENGE) is Step.OTHER_KEY
    hall.pack.restart()
    assert hall.ask(Phase.CHALLENGE) is WRONG_KEY


def test_a_refusal_that_only_means_damage_is_tried_again_and_others_are_not() -> None:
    hall = Hall(KEY)
    hall.ask(Phase.CHALLENGE)
    refused = Packet(1, 1, Nak.CODE, b"\x01", reply=True)
    assert hall.greeting.judge(Phase.PROOF, refused, hall.pack) is Step.AGAIN
    refused = Packet(1, 1, Nak.CODE, b"\x06", reply=True)
    assert hall.greeting.judge(Phase.PROOF, refused, hall.pack) is CONDITIONS

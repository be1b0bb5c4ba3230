"""What ports, readers and boards say about themselves."""

from __future__ import annotations

from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import (
    LinkAlarm,
    Moment,
    OutputFailed,
    OutputProved,
    PortChanged,
    Proof,
    ReaderAlarmed,
    ReaderTampered,
)
from tests.firmware_bridge.controller.playbook import MONO_0, Playbook, _spell
from tests.firmware_bridge.controller.school import START, output


def test_links_are_told_when_they_change() -> None:
    Playbook().run("""
        >> reader front secure
        << show front locked
        >> reader front down
        << event READER_OFFLINE reader 1 link=down
        << show front locked
        >> reader front down
        << show front locked
        >> reader front secure
        << event READER_ONLINE reader 1 link=secure
        << show front locked
        >> board down
        << event BOARD_OFFLINE board=1 link=down
        << relay front off routine
        << show front degraded
        << relay hall on 30s routine
        << show hall degraded
        << relay room12 off routine
        << show room12 degraded
        << relay shed off routine
        << show shed degraded
        << relay gate off routine
        << show gate degraded
        >> board down
        << relay front off routine
        << relay hall on 30s routine
        << relay room12 off routine
        << relay shed off routine
        << relay gate off routine
    """)


def test_a_port_that_goes_takes_its_devices_with_it_and_is_told_once() -> None:
    play = Playbook()
    play.run("""
        >> port A up
        >> port A down
        << event PORT_LOST port=A
        << show front locked
        << show hall locked
        << show room12 locked
        << show shed locked
        << show gate locked
        >> port A down
        << show front locked
        << show hall locked
        << show room12 locked
        << show shed locked
        << show gate locked
        >> port A up
        << event PORT_RESTORED port=A
        >> reader front secure
        << event READER_ONLINE reader 1 link=secure
        << show front locked
    """)
    assert {port.name: port.up for port in play.status().ports} == {"A": True}
    assert [reader.link for reader in play.status().readers] == ["secure"] + ["down"] * 4


def test_a_port_that_was_never_there_is_told_even_without_a_policy() -> None:
    controller = Controller()
    controller.start(Moment(START, MONO_0), None, None)
    (said,) = controller.handle(PortChanged(Moment(START, MONO_0), "A", up=False, why="It is not there."))
    assert isinstance(said, RecordEvent)
    assert (said.code, said.detail) == ("PORT_LOST", {"port": "A", "why": "It is not there."})
    assert [port.why for port in controller.status(MONO_0).ports] == ["It is not there."]


def test_a_port_with_boards_makes_their_doors_unknown() -> None:
    play = Playbook()
    play.play(["port", "B", "down"])
    assert {door.security for door in play.status().doors} == {"unknown"}
    assert play.status().boards[0].why == "Gone."


def test_tampering_is_told_once_and_shown_at_the_door() -> None:
    play = Playbook()
    said = [_spell(c) for c in play.tell(ReaderTampered(play.moment, 1, tampered=True))]
    assert said == ["event TAMPER front"]
    assert play.tell(ReaderTampered(play.moment, 1, tampered=True)) == []
    assert play.tell(ReaderTampered(play.moment, 99, tampered=True)) == []
    assert play.door("front").alarm == "tamper"
    assert play.status().readers[0].tampered
    said = [_spell(c) for c in play.tell(ReaderTampered(play.moment, 1, tampered=False))]
    assert said == ["event TAMPER_CLEARED front"]


def test_alarms_of_the_line_are_told_by_kind_and_bounded() -> None:
    play = Playbook()
    codes = {}
    for alarm in LinkAlarm:
        (said,) = play.tell(ReaderAlarmed(play.moment, 1, alarm, "What happened."))
        assert isinstance(said, RecordEvent)
        codes[alarm.value] = said.code
    assert codes == {
        "downgrade": "OSDP_SC_DOWNGRADE",
        "default_key": "OSDP_DEFAULT_KEY",
        "wrong_key": "OSDP_WRONG_KEY",
        "garbage": "READER_LINE_FAULT",
        "nak": "READER_LINE_FAULT",
    }
    told = [play.tell(ReaderAlarmed(play.moment, 1, LinkAlarm.GARBAGE, "Noise.")) for _ in range(50)]
    assert sum(map(len, told)) == 4
    assert len(play.tell(ReaderAlarmed(play.moment, 99, LinkAlarm.NAK, "A stranger."))) == 1


def test_trouble_on_an_input_is_told_and_bounded() -> None:
    play = Playbook()
    play.run("""
        >> rex front short
        << event INPUT_TROUBLE_SHORT front input=board 1.4
        >> rex front short
        >> rex front off
        << event INPUT_TROUBLE_CLEARED front input=board 1.4
    """)
    told = [play.play(["rex", "front", state]) for state in ("cut", "off") * 20]
    assert sum(map(len, told)) == 4


def test_outputs_that_are_no_locks_are_only_heard() -> None:
    play = Playbook()
    play.wait(3)
    assert play.tell(OutputProved(play.moment, output(7), energised=False, proof=Proof.READ_BACK)) == []
    assert play.tell(OutputFailed(play.moment, output(7), energised=True, why="No.")) == []
    assert play.status().boards[0].heard_age_s == 0


def test_a_fire_during_a_lockdown_is_said_to_be_one() -> None:
    play = Playbook()
    play.play(["lockdown", "front"])
    said = [_spell(command) for command in play.play(["fire", "on"])]
    assert "event FIRE_DURING_LOCKDOWN input=board 1.30" in said
    play.play(["release", "asked-1"])
    play.play(["fire", "off"])
    said = [_spell(command) for command in play.play(["fire", "on"])]
    assert "event FIRE_DURING_LOCKDOWN input=board 1.30" not in said

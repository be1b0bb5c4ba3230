"""What ports, readers and boards say about themselves."""

from __future__ import annotations

import pytest

from access_control.core.decision.model import DeviceKind, Point
from access_control.core.decision.slots import Slot
from access_control.core.wire.events import words_of
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.devices import FAULT_OVER_S, MOST_FAULTS
from firmware_bridge.controller.events import (
    BoardAlarmed,
    BoardTampered,
    DevicePowered,
    InputChanged,
    InputState,
    LinkAlarm,
    Moment,
    OutputFailed,
    OutputProved,
    PortChanged,
    Proof,
    ReaderAlarmed,
    ReaderTampered,
)
from tests.firmware_bridge.controller.playbook import MONO_0, Playbook, _shown, _spell
from tests.firmware_bridge.controller.school import FIRE, START, changed, output


def test_links_are_told_when_they_change() -> None:
    Playbook().run("""
        >> reader front secure
        << show front locked
        >> reader front down
        << event READER_OFFLINE front link=down
        << show front locked
        >> reader front down
        << show front locked
        >> reader front secure
        << event READER_ONLINE front link=secure
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
        << event READER_ONLINE front link=secure
        << show front locked
    """)
    assert {port.name: port.up for port in play.status().ports} == {"A": True}
    assert [reader.link for reader in play.status().readers] == ["secure"] + ["down"] * 4


def test_a_line_that_is_never_quiet_is_one_event_and_takes_its_devices_with_it() -> None:
    play = Playbook()
    play.run("""
        >> port A up
        >> jabber A on
        << event LINE_JABBER port=A
        << show front locked
        << show hall locked
        << show room12 locked
        << show shed locked
        << show gate locked
        >> reader front down
        << show front locked
        >> jabber A off
        << event LINE_JABBER_ENDED port=A
        >> reader front secure
        << event READER_ONLINE front link=secure
        << show front locked
    """)


def test_two_devices_at_one_address_are_told_with_the_door_and_what_to_do() -> None:
    play = Playbook()
    said = play.controller.handle(ReaderAlarmed(play.moment, 1, LinkAlarm.CONFLICT, "Unplug the other."))
    (told,) = [command for command in said if isinstance(command, RecordEvent)]
    assert (told.code, told.reader, told.door) == ("ADDRESS_CONFLICT", 1, 1)
    assert words_of(told.code, told.detail).endswith("Unplug the other.")

    said = play.controller.handle(BoardAlarmed(play.moment, 1, LinkAlarm.CONFLICT, "Unplug the other."))
    assert [c.detail for c in said if isinstance(c, RecordEvent)] == [{"board": 1, "why": "Unplug the other."}]


def test_a_line_that_is_noisy_again_and_again_is_told_three_times_an_hour() -> None:
    play = Playbook()
    codes = []
    for _ in range(10):
        for state in ("on", "off"):
            said = play.play(["jabber", "A", state])
            codes += [command.code for command in said if isinstance(command, RecordEvent)]
    assert codes == ["LINE_JABBER", "LINE_JABBER_ENDED"] * 3
    assert {port.name: port.up for port in play.status().ports} == {"A": True}


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


def test_a_boards_tamper_and_alarms_are_told_with_its_number_and_bounded() -> None:
    play = Playbook()
    opened, closed = (BoardTampered(play.moment, 1, tampered) for tampered in (True, False))
    said = [event for step in (closed, opened, opened, closed) for event in play.tell(step)]
    assert [(event.code, event.detail) for event in said if isinstance(event, RecordEvent)] == [
        ("TAMPER", {"board": 1}),
        ("TAMPER_CLEARED", {"board": 1}),
    ]
    alarmed = [play.tell(BoardAlarmed(play.moment, 1, LinkAlarm.WRONG_KEY, "What happened.")) for _ in range(9)]
    records = [event for step in alarmed for event in step if isinstance(event, RecordEvent)]
    assert len(records) == 1
    assert (records[0].code, records[0].reader, records[0].detail["board"]) == ("OSDP_WRONG_KEY", None, 1)


def test_a_failing_power_supply_is_told_with_the_door_when_it_begins_and_when_it_ends() -> None:
    play = Playbook()
    play.run("""
        >> power front well
        >> power front failing
        << event POWER_FAIL front
        >> power front failing
        >> wait 100
        >> power front well
        << event POWER_RESTORE front
    """)
    (said,) = play.play(["power", "hall", "failing"])
    assert isinstance(said, RecordEvent)
    assert (said.reader, said.door) == (2, 2)
    assert [reader.reader for reader in play.status().readers if reader.power_failing] == [2]

    (said,) = play.tell(DevicePowered(play.moment, (DeviceKind.BOARD, 1), failing=True))
    assert isinstance(said, RecordEvent)
    assert (said.code, said.reader, said.door, said.detail) == ("POWER_FAIL", None, None, {"board": 1})
    assert play.status().boards[0].power_failing


def test_power_that_comes_and_goes_is_told_a_few_times_and_then_as_it_stands() -> None:
    play = Playbook()
    states = ["failing", "well"] * 10 + ["failing"]
    said = [command for state in states for command in play.play(["power", "front", state])]
    assert [command.code for command in said if isinstance(command, RecordEvent)] == ["POWER_FAIL", "POWER_RESTORE"] * 3
    (last,) = [command for command in play.wait(61) if isinstance(command, RecordEvent)]
    assert (last.code, last.door, last.detail["unreported"]) == ("POWER_FAIL", 1, 15)


def test_alarms_of_the_line_are_told_by_kind_and_bounded() -> None:
    play = Playbook()
    codes = {}
    for alarm in LinkAlarm:
        (said,) = play.tell(ReaderAlarmed(play.moment, 1, alarm, "What happened."))
        assert isinstance(said, RecordEvent)
        codes[alarm.value] = said.code
        assert (said.reader, said.door) == (1, 1), "whoever reads it must know where to go"
    assert codes == {
        "downgrade": "OSDP_SC_DOWNGRADE",
        "default_key": "OSDP_DEFAULT_KEY",
        "wrong_key": "OSDP_WRONG_KEY",
        "garbage": "READER_LINE_FAULT",
        "nak": "READER_LINE_FAULT",
        "conflict": "ADDRESS_CONFLICT",
    }
    assert len(play.tell(ReaderAlarmed(play.moment, 99, LinkAlarm.NAK, "A stranger."))) == 1


@pytest.mark.parametrize("kind", [ReaderAlarmed, BoardAlarmed])
def test_nonsense_that_lasts_is_told_once_and_then_every_few_hours(kind: type[ReaderAlarmed | BoardAlarmed]) -> None:
    play = Playbook()
    told: list[RecordEvent] = []

    def hear(noise: str, seconds: int) -> None:
        for second in range(0, seconds, 60):
            said = play.tell(kind(play.moment, 1, LinkAlarm.GARBAGE, noise.format(second)))
            told.extend(one for one in said if isinstance(one, RecordEvent))
            play.wait(60)

    hear("{} bytes made no sense.", 9 * 3600)
    assert [one.detail.get("unreported") for one in told] == [None, 239, 239]
    hear("A card came.", 60)
    assert len(told) == 4, "another fault of the same kind is told by itself"
    play.wait(FAULT_OVER_S)
    hear("{} bytes made no sense.", 60)
    assert len(told) == 5, "it was over, and begins anew"


def test_whoever_makes_up_words_without_end_is_told_of_as_one() -> None:
    play = Playbook()
    said = [
        one
        for n in range(100)
        for one in play.tell(ReaderAlarmed(play.moment, 1, LinkAlarm.NAK, f"It says {'x' * n}."))
        if isinstance(one, RecordEvent)
    ]
    assert len(said) == MOST_FAULTS + 1


def test_an_input_that_reports_what_means_nothing_is_told_and_is_no_fire() -> None:
    play = Playbook()
    said = play.tell(InputChanged(play.moment, FIRE, InputState.UNKNOWN))
    assert [one.code for one in said if isinstance(one, RecordEvent)] == ["INPUT_UNREADABLE"]
    assert play.door("hall").command == "lock"
    said = play.play(["fire", "off"])
    assert [one.code for one in said if isinstance(one, RecordEvent)] == ["INPUT_TROUBLE_CLEARED"]
    assert play.play(["board", "down"])
    said = play.play(["board", "up"])
    assert "INPUT_UNREADABLE" not in {one.code for one in said if isinstance(one, RecordEvent)}


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


def test_trouble_on_an_input_to_which_nothing_is_wired_is_shown_and_no_event() -> None:
    play = Playbook()
    unused = Point(DeviceKind.READER, 1, 9)
    for state in (InputState.CUT, InputState.SHORT, InputState.NORMAL, InputState.UNKNOWN):
        assert play.tell(InputChanged(play.moment, unused, state)) == []
        play.wait(1)
    assert play.tell(InputChanged(play.moment, unused, InputState.CUT)) == []
    assert [(wire.use, wire.state) for wire in play.status().wires if wire.point == str(unused)] == [("", "cut")]


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


def test_inputs_that_cannot_be_read_any_more_prove_nothing_and_hold_nobody() -> None:
    play = Playbook()
    play.run("""
        >> rex hall on
        << relay hall off emergency
        << event REX hall
        >> unread front
        << event INPUT_UNREADABLE front input=board 1.3
        >> rex hall unread
        << event INPUT_UNREADABLE hall input=board 1.7
    """)
    assert play.door("front").position == "unknown"
    assert play.door("front").security != "secured"
    play.wait(29)
    assert play.door("hall").command == "unlock"
    play.wait(2)
    assert play.door("hall").command == "lock"
    play.run("""
        >> rex hall on
        << relay hall off emergency
        << event INPUT_TROUBLE_CLEARED hall input=board 1.7
        << event REX hall
        >> close front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
    """)
    assert play.door("front").security == "secured"


def test_a_lockdown_during_a_fire_is_said_to_be_one() -> None:
    play = Playbook()
    play.play(["fire", "on"])
    assert "event FIRE_DURING_LOCKDOWN input=board 1.30" in _shown(play.play(["heard", "lockdown", "d1", "site"]))
    assert "event FIRE_DURING_LOCKDOWN input=board 1.30" not in _shown(play.play(["lockdown", "building:1"]))
    for id_ in ("d1", "asked-1"):
        play.play(["release", id_])
    assert "event FIRE_DURING_LOCKDOWN input=board 1.30" in _shown(play.play(["lockdown", "front"]))
    play.play(["release", "asked-2"])
    play.play(["fire", "off"])
    assert "event FIRE_DURING_LOCKDOWN input=board 1.30" not in _shown(play.play(["lockdown", "site"]))


def test_another_emergency_during_a_fire_is_none_that_hides_people() -> None:
    play = Playbook()
    play.play(["fire", "on"])
    assert "event FIRE_DURING_LOCKDOWN input=board 1.30" not in _shown(play.play(["evacuate", "site"]))


def test_an_open_line_raises_no_fire_and_ends_none() -> None:
    panel = Point(DeviceKind.READER, 5, 0)
    play = Playbook(changed(doors={3: {"lock": {"fire_input": panel}}}))
    play.play(["reader", "gate", "clear"])
    assert _shown(play.tell(InputChanged(play.moment, panel, InputState.ACTIVE))) == []
    assert "event ACCESS_GRANTED room12 by ada" in _shown(play.play(["card", "room12", "ada"]))
    play.wait(10)
    play.play(["reader", "gate", "secure"])
    said = _shown(play.tell(InputChanged(play.moment, panel, InputState.ACTIVE)))
    assert "event FIRE_INPUT_ON input=reader 5.0" in said
    play.play(["reader", "gate", "clear"])
    assert _shown(play.tell(InputChanged(play.moment, panel, InputState.NORMAL))) == []
    assert play.door("room12").slot is Slot.FIRE

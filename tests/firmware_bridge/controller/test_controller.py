"""The controller as a whole: what comes first, and what it does with what it does not know."""

from __future__ import annotations

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import EmergencyAction, Orders, Revision
from firmware_bridge.controller.commands import (
    DriveOutput,
    RecordEvent,
    RememberPassUsed,
    RememberPolicyAge,
    ShowAtReader,
)
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import (
    CardPresented,
    DirectiveHeard,
    EmergencyAsked,
    KeysPressed,
    Moment,
    PolicyAccepted,
    TextScanned,
    TimePassed,
)
from tests.firmware_bridge.controller.playbook import MONO_0, Playbook
from tests.firmware_bridge.controller.school import START, card, draft, policy_of

MOMENT = Moment(START, MONO_0)


def test_the_first_commands_bring_every_door_where_it_belongs() -> None:
    play = Playbook(quiet=False)
    kinds = [type(command) for command in play.commands]
    assert kinds == [DriveOutput] * 5 + [RememberPolicyAge] + [ShowAtReader] * 5
    driven = {command.point.index: command.energised for command in play.commands if isinstance(command, DriveOutput)}
    assert driven == {1: False, 2: True, 3: False, 4: False, 5: False}


def test_a_card_is_recorded_before_the_lock_moves_and_a_pass_is_spent_as_the_door_opens() -> None:
    Playbook().run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> open front
        << event ACCESS_TAKEN front by ada
        << event DOOR_OPENED front by=grant
        >> wait 1
        << relay front off grant
        << show front locked
        >> close front
        << event DOOR_CLOSED front
        >> wait 5
        >> scan front 7
        << event GRANTED_PASS front pass_id=0000000000000007
        << show front granted 5s
        << relay front on 5s grant momentary
        >> open front
        << event ACCESS_TAKEN front pass_id=0000000000000007
        << remember pass 7
        << event DOOR_OPENED front by=grant
    """)


def test_in_an_emergency_every_lock_comes_before_any_record() -> None:
    Playbook().run("""
        >> lockdown site
        << relay front off emergency
        << relay hall on 30s emergency
        << relay room12 off emergency
        << relay shed off emergency
        << relay gate off emergency
        << raise lockdown site
        << event SRP_LOCKDOWN_START directive=asked-1 scope=site by=desk doors=1,2,3,4,5
        << show front lockdown silent
        << show hall lockdown silent
        << show room12 lockdown silent
        << show shed lockdown silent
        << show gate lockdown silent
    """)


def test_a_bridge_without_a_policy_refuses_everybody_and_says_so() -> None:
    controller = Controller()
    assert controller.start(MOMENT, None, None) == []
    said = controller.handle(CardPresented(MOMENT, 1, card("ada")))
    assert [command.code for command in said if isinstance(command, RecordEvent)] == ["DENIED_POLICY"]
    assert any(isinstance(command, ShowAtReader) for command in said)
    status = controller.status(MONO_0)
    assert (status.policy, status.orders, status.doors, status.clock_trusted) == (None, None, (), False)
    assert controller.next_deadline_s() is None


def test_an_emergency_cannot_be_started_without_a_policy_but_one_that_is_heard_waits_for_it() -> None:
    controller = Controller()
    controller.start(MOMENT, None, None)
    asked = EmergencyAsked(MOMENT, "d1", EmergencyAction.LOCKDOWN, "site", "desk", drill=False)
    (refused,) = controller.handle(asked)
    assert isinstance(refused, RecordEvent)
    assert refused.code == "DIRECTIVE_REFUSED"
    directive = Playbook().directive("lockdown", "d2", "site")
    assert controller.handle(DirectiveHeard(MOMENT, directive)) == []
    controller.handle(PolicyAccepted(MOMENT, policy_of(draft())))
    assert controller.status(MONO_0).door(1).lockdown


def test_a_reader_that_nobody_knows_is_told_a_few_times_a_minute() -> None:
    play = Playbook()
    codes = []
    for _ in range(30):
        said = play.tell(CardPresented(play.moment, 99, card("ada")))
        codes += [command.code for command in said if isinstance(command, RecordEvent)]
    assert codes == ["DENIED_UNKNOWN_READER"] * 10
    assert play.tell(KeysPressed(play.moment, 99, "1")) == []
    assert play.tell(TextScanned(play.moment, 99, "x")) != []
    play.wait(61)
    (told, *_) = play.tell(CardPresented(play.moment, 99, card("ada")))
    assert isinstance(told, RecordEvent)
    assert told.detail == {"unreported": 21}


def test_time_never_runs_backwards() -> None:
    play = Playbook()
    play.play(["card", "front", "ada"])
    earlier = Moment(START, MONO_0 - 500)
    assert play.tell(TimePassed(earlier)) == []
    assert play.door("front").command == "unlock"


def test_used_passes_and_orders_are_taken_from_before_the_restart() -> None:
    play = Playbook(orders=Orders(Revision(3, 4), DirectiveSet()))
    assert play.status().orders == Revision(3, 4)
    spent = [*play.play(["scan", "front", "7"]), *play.play(["open", "front"])]
    assert any(isinstance(command, RememberPassUsed) for command in spent)

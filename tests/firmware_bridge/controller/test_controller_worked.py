"""Who wins at a door: the worked situations of docs/doors.md, one playbook each."""

from __future__ import annotations

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import (
    Orders,
    Override,
    OverrideEffect,
    Revision,
    Timetable,
)
from firmware_bridge.controller.commands import Urgency
from firmware_bridge.controller.events import OrdersAccepted
from firmware_bridge.store.uuid7 import uuid7
from tests.firmware_bridge.controller.playbook import Playbook, with_directives
from tests.firmware_bridge.controller.school import T0, changed

OPEN_ALL_DAY = Timetable(starts=(T0 - 3600,), ends=(T0 + 36000,))


def manual_unlock(id_: str, door: int) -> Override:
    return Override(id_, door, OverrideEffect.UNLOCK, "desk", "Delivery", T0 + 7200)


def test_hours_and_secure() -> None:
    Playbook(changed(doors={1: {"scheduled_unlock": OPEN_ALL_DAY}})).run("""
        >> secure site
        << relay front off emergency
        << relay gate off emergency
        << raise secure site
        << event SCHEDULE_UNLOCK_END front
        << event SRP_SECURE_START directive=asked-1 scope=site by=desk doors=1,2,3,4,5
        << show front secure
        << show gate secure
        >> prove all
        << event DOOR_SECURED front directive=asked-1 ms=0 state=secured
        << event DOOR_SECURED gate directive=asked-1 ms=0 state=secured
        >> wait 60
        >> release asked-1
        << event SRP_SECURE_END directive=asked-1 by=principal reason=All clear, police said so
        << event SCHEDULE_UNLOCK_START front
        << relay front on 30s routine
        << show front unlocked
        << show gate locked
    """)


def test_a_manual_unlock_and_lockdown() -> None:
    play = Playbook()
    play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 1), DirectiveSet(), (manual_unlock("u1", 5),))))
    assert play.door("gate").command == "unlock"
    play.run("""
        >> lockdown site
        << relay front off emergency
        << relay hall on 30s emergency
        << relay room12 off emergency
        << relay shed off emergency
        << relay gate off emergency
        << raise lockdown site
        << remember cancelled u1
        << event MANUAL_OVERRIDE_CANCELLED gate override=u1
        << event SRP_LOCKDOWN_START directive=asked-1 scope=site by=desk doors=1,2,3,4,5
        << show front lockdown silent
        << show hall lockdown silent
        << show room12 lockdown silent
        << show shed lockdown silent
        << show gate lockdown silent
        >> release asked-1
        << event SRP_LOCKDOWN_END directive=asked-1 by=principal reason=All clear, police said so
        << show front locked
        << show hall locked
        << show room12 locked
        << show shed locked
        << show gate locked
    """)
    play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 2), DirectiveSet(), (manual_unlock("u1", 5),))))
    assert play.door("gate").command == "lock", "not even when the same Orders come again"
    u2 = manual_unlock(uuid7(play.moment.at.replace(hour=11)), 5)
    play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 3), DirectiveSet(), (u2,))))
    assert play.door("gate").command == "unlock"


def test_fire_and_lockdown_at_a_magnet() -> None:
    play = Playbook()
    play.run("""
        >> lockdown building:1
        << relay front off emergency
        << relay hall on 30s emergency
        << relay room12 off emergency
        << raise lockdown building:1
        << event SRP_LOCKDOWN_START directive=asked-1 scope=building:1 by=desk doors=1,2,3
        << show front lockdown silent
        << show hall lockdown silent
        << show room12 lockdown silent
        >> fire on
        << relay hall off emergency
        << event FIRE_INPUT_ON input=board 1.30
        << event FIRE_DURING_LOCKDOWN input=board 1.30
        << event FIRE_RELEASE_APPLIED hall
        << remember fire hall held
        << event FIRE_RELEASE_APPLIED room12
        << remember fire room12 held
        << event SECURE_FAILED hall directive=asked-1 ms=0 state=not_secure
        >> fire off
        << event FIRE_INPUT_OFF input=board 1.30
        << event FIRE_RELEASE_CLEARED hall
        << remember fire hall over
        << relay hall on 30s routine
    """)
    assert play.door("hall").lockdown


def test_fire_and_lockdown_at_an_outside_door_that_fire_leaves_alone() -> None:
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
        >> fire on
        << relay hall off emergency
        << event FIRE_INPUT_ON input=board 1.30
        << event FIRE_DURING_LOCKDOWN input=board 1.30
        << event FIRE_RELEASE_APPLIED hall
        << remember fire hall held
        << event FIRE_RELEASE_APPLIED room12
        << remember fire room12 held
        << event SECURE_FAILED hall directive=asked-1 ms=0 state=not_secure
        >> card front olga
        << event GRANTED_RESPONDER front by olga despite_lock=True
        << show front granted 5s silent
        << relay front on 5s grant momentary
        >> card gate ada
        << event DENIED_LOCKDOWN gate by ada
        << show gate refused 2s silent
    """)


def test_fire_and_hours_at_a_fire_door_with_a_strike() -> None:
    Playbook(changed(doors={3: {"scheduled_unlock": OPEN_ALL_DAY}})).run("""
        >> fire on
        << relay hall off emergency
        << relay room12 off emergency
        << event FIRE_INPUT_ON input=board 1.30
        << event FIRE_RELEASE_APPLIED hall
        << remember fire hall held
        << event FIRE_RELEASE_APPLIED room12
        << remember fire room12 held
        << show hall unlocked
        << show room12 locked
        >> card room12 ada
        << event DENIED_FIRE room12 by ada
        << show room12 refused 2s
        >> unlock room12
        << event UNLOCK_ACTION_REFUSED room12 by=desk reason=LOCKED_BY_HIGHER_PRIORITY slot=fire
        >> fire off
        << event FIRE_INPUT_OFF input=board 1.30
        << event FIRE_RELEASE_CLEARED hall
        << remember fire hall over
        << relay hall on 30s routine
        << show hall locked
        >> reset room12
        << event FIRE_RELEASE_CLEARED room12 by=desk
        << remember fire room12 over
        << relay room12 on 30s routine
        << show room12 unlocked
    """)


def test_lockdown_and_a_teacher() -> None:
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
        # The classroom opens without a sound; the outside door does not.
        >> card room12 ada
        << event ACCESS_GRANTED room12 by ada despite_lock=True
        << show room12 granted 5s silent
        << relay room12 on 5s grant momentary
        >> card front ada
        << event DENIED_LOCKDOWN front by ada
        << show front refused 2s silent
    """)


def test_lockdown_and_a_responder() -> None:
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
        >> card front olga
        << event GRANTED_RESPONDER front by olga despite_lock=True
        << show front granted 5s silent
        << relay front on 5s grant momentary
    """)


def test_lockdown_and_an_exit_at_a_magnet() -> None:
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
        >> prove all
        << event DOOR_SECURED front directive=asked-1 ms=0 state=secured
        << event DOOR_SECURED hall directive=asked-1 ms=0 state=secured
        << event DOOR_SECURED room12 directive=asked-1 ms=0 state=secured
        << event SECURE_FAILED shed directive=asked-1 ms=0 state=not_monitored
        << event DOOR_SECURED gate directive=asked-1 ms=0 state=secured
        >> rex hall on
        << relay hall off emergency
        << event REX hall during=lockdown
        >> open hall
        << event DOOR_OPENED hall by=exit
        >> rex hall off
        >> close hall
        << event DOOR_CLOSED hall
        >> wait 29
        >> wait 1.1
        << relay hall on 30s routine
    """)


def test_lockdown_and_a_restart() -> None:
    directive = Playbook().directive("lockdown", "d1", "site")
    orders = with_directives(Orders(Revision(1, 1), DirectiveSet()), directive)
    play = Playbook(orders=orders, quiet=False)
    assert [getattr(command, "urgency", None) for command in play.commands[:5]] == [Urgency.EMERGENCY] * 5
    assert play.door("front").lockdown
    play.run("""
        >> board up
        << relay front off emergency
        << relay hall on 30s emergency
        << relay room12 off emergency
        << relay shed off emergency
        << relay gate off emergency
        << event BOARD_ONLINE board=1 link=up
        >> card front ada
        << event DENIED_LOCKDOWN front by ada
        << show front refused 2s silent
    """)


def test_an_edge_of_the_hours_during_lockdown() -> None:
    soon = Timetable(starts=(T0 + 100,), ends=(T0 + 36000,))
    Playbook(changed(doors={1: {"scheduled_unlock": soon}})).run("""
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
        >> prove all
        << event DOOR_SECURED front directive=asked-1 ms=0 state=secured
        << event DOOR_SECURED hall directive=asked-1 ms=0 state=secured
        << event DOOR_SECURED room12 directive=asked-1 ms=0 state=secured
        << event SECURE_FAILED shed directive=asked-1 ms=0 state=not_monitored
        << event DOOR_SECURED gate directive=asked-1 ms=0 state=secured
        >> wait 200
        >> release asked-1
        << event SRP_LOCKDOWN_END directive=asked-1 by=principal reason=All clear, police said so
        << event SCHEDULE_UNLOCK_START front
        << relay front on 30s routine
        << show front unlocked
        << show hall locked
        << show room12 locked
        << show shed locked
        << show gate locked
    """)


def test_lockdown_in_one_building_and_secure_everywhere() -> None:
    play = Playbook()
    play.run("""
        >> secure site
        << relay front off emergency
        << relay gate off emergency
        << raise secure site
        << event SRP_SECURE_START directive=asked-1 scope=site by=desk doors=1,2,3,4,5
        << show front secure
        << show gate secure
        >> heard lockdown d1 building:1
        << relay front off emergency
        << relay hall on 30s emergency
        << relay room12 off emergency
        << event SRP_LOCKDOWN_START directive=d1 scope=building:1 by=principal doors=1,2,3
        << show front lockdown silent
        << show hall lockdown silent
        << show room12 lockdown silent
        >> card room12 ben
        << event DENIED_LOCKDOWN room12 by ben
        << show room12 refused 2s silent
        >> card gate ben
        << event DENIED_SECURE gate by ben
        << show gate refused 2s
    """)
    assert [(status.number, status.slot.name, status.lockdown) for status in play.status().doors] == [
        ("1", "LOCKDOWN", True),
        ("2", "LOCKDOWN", True),
        ("3", "LOCKDOWN", True),
        ("4", "DEFAULT", False),
        ("5", "SECURE", False),
    ]


def test_a_drill() -> None:
    Playbook().run("""
        >> lockdown building:1 drill
        << relay front off emergency
        << relay hall on 30s emergency
        << relay room12 off emergency
        << raise lockdown building:1
        << event SRP_LOCKDOWN_START drill directive=asked-1 scope=building:1 by=desk doors=1,2,3
        << show front lockdown silent
        << show hall lockdown silent
        << show room12 lockdown silent
        >> prove front off
        << event DOOR_SECURED front drill directive=asked-1 ms=0 state=secured
        >> card front ben
        << event DENIED_LOCKDOWN front by ben
        << show front refused 2s silent
        >> release asked-1
        << event SRP_LOCKDOWN_END drill directive=asked-1 by=principal reason=All clear, police said so
        << show front locked
        << show hall locked
        << show room12 locked
    """)

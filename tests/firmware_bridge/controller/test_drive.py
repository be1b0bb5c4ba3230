"""One output: leases, proofs, and what is tried again."""

from __future__ import annotations

from access_control.core.decision.model import DeviceKind, Lock, LockKind, Point, UnlockWhen
from access_control.core.decision.slots import Effect
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.drive import GRANT_DELIVERY_S, LEASE_S, RENEW_S, LockDrive
from firmware_bridge.controller.events import Moment, OutputProved, Proof
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import START

READER_RELAY, BOARD_RELAY = Point(DeviceKind.READER, 1, 0), Point(DeviceKind.BOARD, 1, 0)


def bring(drive: LockDrive, effect: Effect, now: float, *, until: float | None = None) -> list[DriveOutput]:
    answer = Answer(Moment(START, now), now)
    drive.bring(effect, answer, Urgency.ROUTINE, until=until)
    return [command for command in answer.commands() if isinstance(command, DriveOutput)]


def prove(drive: LockDrive, now: float, proof: Proof, *, on: bool) -> bool:
    return drive.proved(OutputProved(Moment(START, now), drive.point, on, proof))


def test_polarity() -> None:
    on, off = (LockDrive(Lock(LockKind.MAGLOCK, BOARD_RELAY, when)) for when in UnlockWhen)
    assert [on.energised(effect) for effect in Effect] == [False, True, False]
    assert [off.energised(effect) for effect in Effect] == [True, False, False]
    assert [on.releases(effect) for effect in Effect] == [False, True, False]
    assert [off.releases(effect) for effect in Effect] == [False, True, True]


def test_an_energised_output_is_a_lease_that_is_renewed_in_time() -> None:
    drive = LockDrive(Lock(LockKind.STRIKE, BOARD_RELAY))
    (command,) = bring(drive, Effect.UNLOCK, 0)
    assert (command.lease_s, command.expires_mono_s) == (LEASE_S, None)
    assert bring(drive, Effect.UNLOCK, RENEW_S - 0.1) == []
    assert drive.deadline(momentary=False) == RENEW_S
    assert len(bring(drive, Effect.UNLOCK, RENEW_S)) == 1
    assert len(bring(drive, Effect.LOCK, RENEW_S)) == 1
    assert drive.deadline(momentary=False) is None
    assert bring(drive, Effect.LOCK, 1000) == []


def test_a_momentary_unlock_ends_by_itself_and_comes_in_time_or_not_at_all() -> None:
    drive = LockDrive(Lock(LockKind.STRIKE, BOARD_RELAY))
    (command,) = bring(drive, Effect.UNLOCK, 0, until=5)
    assert (command.lease_s, command.expires_mono_s) == (5, GRANT_DELIVERY_S)
    assert bring(drive, Effect.UNLOCK, 3, until=5) == []
    (longer,) = bring(drive, Effect.UNLOCK, 3, until=8)
    assert longer.lease_s == 5
    (steady,) = bring(drive, Effect.UNLOCK, 4)
    assert (steady.lease_s, steady.expires_mono_s) == (LEASE_S, None)


def test_a_proof_counts_for_ten_seconds_or_for_a_readers_session() -> None:
    for point, how, lasting in (
        (BOARD_RELAY, Proof.READ_BACK, False),
        (BOARD_RELAY, Proof.ACKNOWLEDGED, False),
        (READER_RELAY, Proof.READ_BACK, False),
        (READER_RELAY, Proof.ACKNOWLEDGED, True),
    ):
        drive = LockDrive(Lock(LockKind.STRIKE, point))
        bring(drive, Effect.LOCK, 0)
        assert not drive.fresh(0)
        assert prove(drive, 1, how, on=False)
        assert drive.fresh(11)
        assert drive.fresh(11.1) is lasting
        drive.lost()
        assert not drive.fresh(1)


def test_what_was_only_sent_is_no_proof() -> None:
    drive = LockDrive(Lock(LockKind.STRIKE, BOARD_RELAY))
    bring(drive, Effect.LOCK, 0)
    assert prove(drive, 1, Proof.SENT, on=False)
    assert (drive.proof, drive.fresh(1)) == (Proof.SENT, False)


def test_a_proof_that_is_older_than_the_command_proves_nothing() -> None:
    drive = LockDrive(Lock(LockKind.STRIKE, BOARD_RELAY))
    assert prove(drive, 0, Proof.READ_BACK, on=True)
    bring(drive, Effect.LOCK, 5)
    assert prove(drive, 4.9, Proof.READ_BACK, on=False)
    assert not drive.fresh(5)
    # The command may still be on its way.
    assert prove(drive, 5.5, Proof.READ_BACK, on=True)
    assert not prove(drive, 6.1, Proof.READ_BACK, on=True)


def test_a_relay_that_moves_by_itself_is_told_and_put_right() -> None:
    play = Playbook()
    play.run("""
        >> prove front on
        << event LOCK_FAULT front
        << relay front off routine
        >> wait 2 unproved
        >> prove front on
        << relay front off routine
    """)
    assert play.door("front").alarm == "fault"
    play.run("""
        >> prove front off
        << event LOCK_FAULT_CLEARED front
    """)
    assert play.door("front").alarm == "none"


def test_a_lease_that_lapsed_is_the_end_of_an_unlock_or_a_fault() -> None:
    Playbook().run("""
        >> lapse front
        << relay front off routine
        >> lapse hall
        << event OUTPUT_LAPSED hall
        << relay hall on 30s routine
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 4.8
        >> lapse front
        << relay front off routine
        << show front locked
        >> card gate eve
        << event GRANTED_EXTENDED gate by eve
        << show gate granted_extended 20s
        << relay gate on 20s grant momentary
        >> wait 1
        << event ACCESS_NOT_TAKEN front by ada
        >> lapse gate
        << event OUTPUT_LAPSED gate
        << relay gate on 19s grant momentary
    """)


def test_whoever_leaves_does_not_wait_for_what_a_less_urgent_unlock_has_failed_at() -> None:
    play = Playbook()
    play.run("""
        >> card hall ada
        << event ACCESS_GRANTED hall by ada
        << show hall granted 5s
        << relay hall off grant momentary
        >> fail hall off
        << event LOCK_FAULT hall
        >> rex hall on
        << relay hall off emergency
        << event REX hall
        # One that the device refuses is not tried again at once, or nothing else would pass its line.
        >> fail hall off
        >> rex hall off
        >> rex hall on
        << event REX hall
        >> wait 1.9 unproved
        >> wait 0.2 unproved
        << relay hall off emergency
    """)


def test_a_fire_and_a_lockdown_do_not_wait_either() -> None:
    play = Playbook()
    play.run("""
        >> fail front off
        << event LOCK_FAULT front
    """)
    said = play.play(["lockdown", "site"])
    assert [c.urgency for c in said if isinstance(c, DriveOutput) and c.point.index == 1] == [Urgency.EMERGENCY]
    play = Playbook()
    play.play(["card", "hall", "ada"])
    play.play(["fail", "hall", "off"])
    said = play.play(["fire", "on"])
    assert [c.urgency for c in said if isinstance(c, DriveOutput) and c.point.index == 2] == [Urgency.EMERGENCY]


def test_a_command_that_failed_is_tried_again_and_a_late_unlock_is_not() -> None:
    Playbook().run("""
        >> fail hall on
        << event LOCK_FAULT hall
        >> wait 1 unproved
        >> wait 1.1 unproved
        << relay hall on 30s routine
        >> fail hall on
        >> prove hall on
        >> wait 2 unproved
        << relay hall on 30s routine
        >> prove hall on
        << event LOCK_FAULT_CLEARED hall
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> fail front on expired
        << event OUTPUT_EXPIRED front
        << relay front off routine
        << show front locked
        # An old failure does not matter any more.
        >> fail front on expired
        >> fail front off
        << event LOCK_FAULT front
        # What must change is not kept waiting.
        >> card front eve
        << event GRANTED_EXTENDED front by eve
        << show front granted_extended 20s
        << relay front on 20s grant momentary
    """)


def test_an_exit_does_not_rely_on_a_grant_that_may_still_be_dropped_on_its_way() -> None:
    Playbook().run("""
        >> card hall ada
        << event ACCESS_GRANTED hall by ada
        << show hall granted 5s
        << relay hall off grant momentary
        >> rex hall on
        << relay hall off emergency
        << event REX hall
    """)


def test_an_exit_needs_no_second_command_when_the_relay_is_where_it_belongs() -> None:
    Playbook().run("""
        >> card hall ada
        << event ACCESS_GRANTED hall by ada
        << show hall granted 5s
        << relay hall off grant momentary
        >> prove hall off acknowledged
        >> rex hall on
        << event REX hall
    """)


def test_a_board_that_acknowledges_and_does_not_switch_is_believed_only_when_it_is_read_back() -> None:
    play = Playbook()
    play.run("""
        >> prove front on read_back
        << event LOCK_FAULT front
        << relay front off routine
        >> prove front off acknowledged
    """)
    assert (play.door("front").security, play.door("front").alarm) == ("unknown", "fault")
    play.run("""
        # every five seconds the same, and nothing more to tell
        >> wait 5 unproved
        >> prove front on read_back
        << relay front off routine
        >> prove front off acknowledged
        >> prove front off read_back
        << event LOCK_FAULT_CLEARED front
    """)
    assert play.door("front").security == "secured"


def test_a_late_acknowledgement_of_an_older_command_casts_no_doubt_on_a_device_without_read_back() -> None:
    play = Playbook()
    play.run("""
        >> wait 2
        >> prove front on acknowledged
        << event LOCK_FAULT front
        << relay front off routine
        >> prove front off acknowledged
        << event LOCK_FAULT_CLEARED front
    """)
    assert play.door("front").security == "secured"


def test_an_unlock_that_is_overtaken_before_the_lock_took_it_is_told_and_tried_no_more() -> None:
    Playbook().run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
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
        >> fail front on superseded
        << event OUTPUT_SUPERSEDED front slot=lockdown
        # A lock that an unlock overtakes is nothing to tell: the magnet of the hall holds with power.
        >> fail hall on superseded
    """)


def test_letting_go_of_a_magnet_is_an_unlock_too() -> None:
    Playbook().run("""
        >> fail hall off superseded
        << event OUTPUT_SUPERSEDED hall slot=default
    """)

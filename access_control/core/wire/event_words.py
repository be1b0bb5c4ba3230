"""What each event code means, in the words that people read, and how loudly it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from access_control.core.decision.model import EmergencyAction
from access_control.core.decision.reasons import WORDS, Reason
from access_control.core.wire.event_codes import EventCode, Severity

E = EventCode
INFO, NOTICE, WARNING, ALARM, CRITICAL = Severity
Detail = Mapping[str, str | int | float | bool | None]

EVENTS: Final[Mapping[EventCode, tuple[Severity, str]]] = MappingProxyType(
    {
        E.ACCESS_TAKEN: (INFO, "The door was opened after a grant."),
        E.ACCESS_NOT_TAKEN: (INFO, "Access was granted, but nobody opened the door."),
        E.DOOR_OPENED: (INFO, "The door opened."),
        E.DOOR_CLOSED: (INFO, "The door closed."),
        E.DOOR_FORCED: (ALARM, "The door opened without a grant, an exit button or an unlock: forced. Go and look."),
        E.DOOR_FORCED_CLEARED: (NOTICE, "The forced-door alarm ended: it was acknowledged and the door is closed."),
        E.DOOR_HELD_PREALARM: (NOTICE, "The door has stood open nearly too long. Close it."),
        E.DOOR_HELD: (ALARM, "The door is propped open. Go and close it."),
        E.DOOR_HELD_CLEARED: (NOTICE, "The door that was propped open is closed again."),
        E.DOOR_SECURED: (INFO, "The door is locked and closed, and that is proved."),
        E.SECURE_FAILED: (
            CRITICAL,
            "The door is not secure: it is not proved locked and closed. Walk there and lock it.",
        ),
        E.DOOR_LOCK_CMD: (INFO, "The lock was told to lock."),
        E.DOOR_UNLOCK_CMD: (INFO, "The lock was told to unlock."),
        E.DOOR_ALARM_ACKNOWLEDGED: (NOTICE, "Someone acknowledged the door's alarm."),
        E.REX: (INFO, "Someone left by the exit button or motion sensor."),
        E.LATCH_FAULT: (ALARM, "The door is closed but its latch is not thrown. Push it shut and check the strike."),
        E.LATCH_FAULT_CLEARED: (NOTICE, "The latch is thrown again."),
        E.LOCK_FAULT: (ALARM, "The lock's relay did not do what it was told. Check the board and its wiring."),
        E.LOCK_FAULT_CLEARED: (NOTICE, "The lock's relay follows its commands again."),
        E.OUTPUT_LAPSED: (WARNING, "An output was switched off because nobody renewed it."),
        E.OUTPUT_EXPIRED: (WARNING, "A command came too late for its device and was dropped on purpose."),
        E.INPUT_TROUBLE_OPEN: (ALARM, "An input's wire is cut. Check the cable."),
        E.INPUT_TROUBLE_SHORT: (ALARM, "An input's wires touch each other. Check the cable."),
        E.INPUT_UNREADABLE: (
            ALARM,
            "An input reports a state that means nothing, or never holds still. Check its cable and its device.",
        ),
        E.INPUT_TROUBLE_CLEARED: (NOTICE, "An input's wiring is sound again."),
        E.TAMPER: (ALARM, "A device was opened or taken off the wall. Go and look."),
        E.TAMPER_CLEARED: (NOTICE, "A device that had been opened is closed again."),
        E.READER_OFFLINE: (WARNING, "The reader does not answer. Check its power and its line."),
        E.READER_ONLINE: (NOTICE, "The reader answers again."),
        E.READER_LOCKOUT: (WARNING, "The reader pauses: too many refused tries in a short time."),
        E.READER_LOCKOUT_RELEASED: (INFO, "The reader takes cards again after its pause."),
        E.READER_LINE_FAULT: (WARNING, "A device or its line is in trouble. Check its cable and its power."),
        E.BOARD_OFFLINE: (ALARM, "The relay board does not answer. Check its power and its line."),
        E.BOARD_ONLINE: (NOTICE, "The relay board answers again."),
        E.PORT_LOST: (ALARM, "A serial port is gone. Check the adapter and its plug."),
        E.PORT_RESTORED: (NOTICE, "A serial port is back."),
        E.OSDP_SC_ESTABLISHED: (INFO, "The reader's line is encrypted."),
        E.OSDP_SC_DOWNGRADE: (
            CRITICAL,
            "A device stopped encrypting. Nothing is taken from it; check for tampering.",
        ),
        E.OSDP_DEFAULT_KEY: (
            CRITICAL,
            "A device uses the well-known default key. Commission it with a key of its own.",
        ),
        E.OSDP_WRONG_KEY: (ALARM, "A device does not have the key that this bridge keeps for it. Find out why."),
        E.FIRE_INPUT_ON: (CRITICAL, "The fire panel reports an alarm."),
        E.FIRE_INPUT_OFF: (NOTICE, "The fire panel's alarm is over."),
        E.FIRE_RELEASE_APPLIED: (ALARM, "The fire alarm set the door to its fire position."),
        E.FIRE_RELEASE_CLEARED: (NOTICE, "The door left its fire position; what else holds now applies again."),
        E.FIRE_DURING_LOCKDOWN: (CRITICAL, "The fire panel reports an alarm during a Lockdown. The Lockdown goes on."),
        E.SRP_HOLD_START: (WARNING, "Hold began: in your room or area, clear the halls."),
        E.SRP_HOLD_SCOPE_CHANGED: (NOTICE, "The doors under the Hold have changed."),
        E.SRP_HOLD_END: (NOTICE, "The Hold is released."),
        E.SRP_SECURE_START: (CRITICAL, "Secure began: get inside, lock outside doors."),
        E.SRP_SECURE_SCOPE_CHANGED: (WARNING, "The doors under the Secure have changed."),
        E.SRP_SECURE_END: (NOTICE, "The Secure is released."),
        E.SRP_LOCKDOWN_START: (CRITICAL, "Lockdown began: locks, lights, out of sight."),
        E.SRP_LOCKDOWN_SCOPE_CHANGED: (CRITICAL, "The doors under the Lockdown have changed."),
        E.SRP_LOCKDOWN_END: (NOTICE, "The Lockdown is released."),
        E.SRP_EVACUATE_START: (CRITICAL, "Evacuate began."),
        E.SRP_EVACUATE_SCOPE_CHANGED: (WARNING, "The doors under the Evacuate have changed."),
        E.SRP_EVACUATE_END: (NOTICE, "The Evacuate is released."),
        E.SRP_SHELTER_START: (CRITICAL, "Shelter began."),
        E.SRP_SHELTER_SCOPE_CHANGED: (WARNING, "The doors under the Shelter have changed."),
        E.SRP_SHELTER_END: (NOTICE, "The Shelter is released."),
        E.MANUAL_OVERRIDE_SET: (NOTICE, "An operator set the door by hand."),
        E.MANUAL_OVERRIDE_ENDED: (NOTICE, "An operator's setting of the door ended."),
        E.MANUAL_OVERRIDE_CANCELLED: (NOTICE, "An emergency ended an operator's unlock for good."),
        E.SCHEDULE_UNLOCK_START: (INFO, "The schedule unlocked the door."),
        E.SCHEDULE_UNLOCK_END: (INFO, "The schedule locked the door again."),
        E.ROOM_LOCKED: (NOTICE, "Someone inside locked the room."),
        E.ROOM_UNLOCKED: (NOTICE, "The room's own lock was undone."),
        E.UNLOCK_ACTION_DONE: (NOTICE, "An operator unlocked the door once from afar."),
        E.UNLOCK_ACTION_REFUSED: (NOTICE, "An operator's unlock from afar was refused."),
        E.ACTION_DONE: (INFO, "An operator's command was carried out."),
        E.ACTION_REFUSED: (NOTICE, "An operator's command was refused."),
        E.BRIDGE_STARTED: (NOTICE, "The bridge started."),
        E.BRIDGE_STOPPED: (NOTICE, "The bridge was stopped properly; its outputs are in their safe states."),
        E.BRIDGE_UNCLEAN_STOP: (WARNING, "The bridge had stopped without warning. Check its power and its log."),
        E.POLICY_APPLIED: (INFO, "A new Policy is in force."),
        E.POLICY_REFUSED: (ALARM, "A Policy was refused; the one in force stays."),
        E.POLICY_DAMAGED: (ALARM, "The stored Policy was damaged and set aside; the bridge needs it again."),
        E.ORDERS_APPLIED: (INFO, "New Orders are in force."),
        E.ORDERS_REFUSED: (ALARM, "Orders were refused; those in force stay."),
        E.ORDERS_DAMAGED: (
            ALARM,
            "The stored Orders were damaged and set aside; emergencies are kept apart and go on.",
        ),
        E.DIRECTIVE_REFUSED: (ALARM, "An emergency directive was refused, or is over already; it starts nothing."),
        E.RELEASE_REFUSED: (ALARM, "The release of an emergency was refused; what is in force goes on."),
        E.KEYS_APPLIED: (NOTICE, "The school's keys changed."),
        E.KEYS_REFUSED: (ALARM, "A statement of the school's keys was refused; the known keys stay."),
        E.CLOCK_TRUSTED: (NOTICE, "The bridge's clock is known to be right."),
        E.CLOCK_UNTRUSTED: (WARNING, "The bridge's clock is not proved; timed rights and passes wait until it is."),
        E.CLOCK_SKEW: (WARNING, "The bridge's clock was wrong and was corrected."),
        E.HORIZON_NEAR: (WARNING, "The timetables of this Policy end soon. Publish a new one."),
        E.EVENT_LATE: (WARNING, "An event was written late; the door did not wait for it."),
        E.EVENTS_FOLDED: (NOTICE, "The disk is short: old routine grants were folded into counts."),
        E.EVENTS_DROPPED: (WARNING, "The disk is full: diagnostic events were dropped. Make room on it."),
        E.EVENTS_LOST: (CRITICAL, "Events could not be stored and are lost. Make room on the disk at once."),
        E.LOG_GAP: (CRITICAL, "Numbers are missing in the record of events."),
        E.OUTBOX_DAMAGED: (CRITICAL, "The record of events was damaged; it was set aside and a new one begun."),
        E.OUTBOX_FULL: (CRITICAL, "The record of events is full. Connect the bridge or make room on its disk."),
        E.OUTBOX_RECOVERED: (NOTICE, "The record of events has room again."),
        E.MEMORY_DAMAGED: (ALARM, "The bridge's memory was damaged and set aside; emergencies were read from copies."),
        E.DISK_FULL: (ALARM, "The disk is full. Doors go on; make room on it."),
        E.DISK_RECOVERED: (NOTICE, "The disk takes events again; what waited is stored."),
        E.CONTROLLER_FAULT: (CRITICAL, "The bridge met a fault of its own and went on. Send its log to the makers."),
        E.SERVICE_OFFLINE: (WARNING, "The bridge does not reach the service. Doors go on by themselves; events wait."),
        E.SERVICE_ONLINE: (NOTICE, "The bridge reaches the service again."),
        E.SERVICE_REFUSED: (ALARM, "The service does not talk to this bridge. Doors go on by themselves."),
        E.SERVICE_KEY_WRONG: (
            CRITICAL,
            "What answers at the service's address has a key that the school did not name. Nothing was said to it.",
        ),
        E.BRIDGE_DUPLICATED: (
            CRITICAL,
            "A second program uses this bridge's identity. Find out which is the real one and stop the other.",
        ),
        E.SELF_TEST_STARTED: (NOTICE, "Someone at the bridge tries the lock: it is released for a moment."),
        E.SELF_TEST_PASSED: (NOTICE, "The lock passed its test: it let go, locked again and proved it."),
        E.SELF_TEST_FAILED: (ALARM, "The lock failed its test. Go and look."),
        E.PANIC_ACTIVATED: (CRITICAL, "A panic button was pressed."),
        E.PANIC_RESTORED: (NOTICE, "The panic button was let go. What it started goes on until somebody releases it."),
        E.INPUT_FOUND_ACTIVE: (
            ALARM,
            "A panic input was active when it was set up and started nothing. Check its wiring and its resting state.",
        ),
        E.POWER_FAIL: (
            ALARM,
            "The power supply fails. Find out why before what it feeds stops, or its battery is empty.",
        ),
        E.POWER_RESTORE: (NOTICE, "The power supply is well again."),
        E.BATTERY_LOW: (ALARM, "A standby battery is low. Replace it before the mains fail."),
        E.BATTERY_RESTORED: (NOTICE, "The standby battery is charged again."),
        E.KEY_BOX_OPENED: (ALARM, "The key box was opened. Go and look who has the keys."),
        E.KEY_BOX_CLOSED: (NOTICE, "The key box is closed again."),
        E.FIRE_DOOR_RELEASED: (INFO, "The fire alarm unlocked the door, and that is proved."),
        E.FIRE_DOOR_LATCHED: (INFO, "The fire alarm cut the lock's power and the door latched, and that is proved."),
        E.FIRE_DOOR_STAYED: (INFO, "The door stayed as it was under the fire alarm, and that is proved."),
        E.FIRE_DOOR_FAILED: (CRITICAL, "The door has not proved what it shall do in a fire. Go and look."),
        E.NEIGHBOUR_FLOOD: (
            ALARM,
            "Too many messages come to the port for neighbouring bridges. Find out who sends them.",
        ),
        E.NEIGHBOUR_NONSENSE: (WARNING, "What came to the port for neighbouring bridges is no message of a bridge."),
        E.NEIGHBOUR_PORT_TAKEN: (ALARM, "The bridge cannot listen for its neighbours."),
        E.RELEASE_CODE_WRONG: (ALARM, "Someone at the bridge gave a wrong code to end an emergency. It goes on."),
        E.RELEASE_BEGUN: (
            ALARM,
            "Someone asked at a reader to end the emergency. It goes on unless a second person agrees within a minute.",
        ),
        E.RELEASE_AGREED: (ALARM, "A second person agreed at the reader to end the emergency at this bridge's doors."),
        E.RELEASE_LAPSED: (WARNING, "Ending the emergency at a reader came to nothing. The emergency goes on."),
        E.RELEASE_SAME_PERSON: (
            WARNING,
            "The same person asked twice at a reader to end the emergency. A second, different person has to agree.",
        ),
        E.RELEASE_PIN_WRONG: (
            ALARM,
            "Someone at a reader gave a wrong PIN to a card that may end an emergency. It goes on.",
        ),
        E.RELEASE_NOT_ALLOWED: (
            ALARM,
            "Someone tried to end an emergency at a reader with a card that may not. It goes on.",
        ),
        E.POLICY_AGEING: (WARNING, "The service has not said for long whether the stored rules still hold."),
        E.POLICY_TOO_OLD: (ALARM, "The service has not said for too long whether the stored rules still hold."),
        E.POLICY_CONFIRMED: (NOTICE, "The stored rules are up to date again; every door goes by its hours."),
        E.OUTPUT_SUPERSEDED: (NOTICE, "An unlock was overtaken before the lock's device took it."),
        E.LINE_JABBER: (ALARM, "A device on a line never stops sending, so nothing else on it is heard. Unplug it."),
        E.LINE_JABBER_ENDED: (NOTICE, "The line on which a device never stopped sending is quiet again."),
        E.ADDRESS_CONFLICT: (
            ALARM,
            "Two devices on a line talk at once, or one answers for another. Give each an address of its own.",
        ),
        E.DISK_READ_ONLY: (
            ALARM,
            "The disk can only be read. Doors go on; a restart forgets what waits. Exchange it.",
        ),
        E.DEVICE_KEY_SET: (NOTICE, "Someone at the bridge gave a device its first key, and it proved it."),
        E.DEVICE_KEY_ROTATED: (NOTICE, "Someone at the bridge gave a device another key, and it proved it."),
        E.DEVICE_KEY_SETTLED: (
            NOTICE,
            "Someone at the bridge finished a broken exchange of keys.",
        ),
        E.DEVICE_MOVED: (NOTICE, "Someone at the bridge gave a device another address or speed."),
        E.COMMISSIONING_FAILED: (WARNING, "Someone at the bridge tried to set a device up, and that failed."),
        E.SERVICE_RESTORED: (
            CRITICAL,
            (
                "The service's database is an older copy. Repeat what was changed since: lost badges, passes, replaced "
                "bridges. An emergency that ended since may run here again: release it."
            ),
        ),
        E.REX_STUCK: (
            WARNING,
            (
                "The exit button or motion sensor has been on for 5 minutes. Leaving works, but may raise the "
                "forced-door alarm until it is let go. Check whether it is stuck or taped."
            ),
        ),
        E.REX_STUCK_CLEARED: (NOTICE, "The exit button or motion sensor that stayed on was let go."),
        E.CLOCK_ACCEPTED: (NOTICE, "Someone at the bridge said that its clock is right, and it is believed."),
        E.DISK_HUNG: (ALARM, "The disk stood still for a while. Doors went on; look at the disk and its cable."),
    }
)
_LOUD_REASONS: Final[Mapping[Reason, Severity]] = {
    Reason.GRANTED_RESPONDER: NOTICE,
    Reason.DENIED_LOST: ALARM,
    Reason.DENIED_STOLEN: ALARM,
    Reason.DENIED_PASS_FORGED: ALARM,
    Reason.DENIED_PASS_USED: WARNING,
    Reason.DENIED_MAX_ATTEMPTS: WARNING,
    Reason.DENIED_BAD_READ: WARNING,
    Reason.DENIED_POLICY: ALARM,
}


def severity_of(code: str) -> Severity:
    """How loudly an event code or a decision's reason speaks.

    Raises:
        ValueError: no such code.
    """
    if code in EventCode.__members__:
        return EVENTS[EventCode(code)][0]
    reason = Reason(code)
    quiet = NOTICE if words_deny(reason) else INFO
    return _LOUD_REASONS.get(reason, quiet)


def words_deny(reason: Reason) -> bool:
    """Whether a reason is one for refusing."""
    return reason.startswith(("DENIED_", "LOCKED_"))


def words_of(code: str, detail: Detail | None = None) -> str:
    """What an event means in plain words, with the ``why`` of its detail where it has one.

    A ``why`` that begins with the same sentence says all of it, and stands alone. A code that only a newer bridge knows
    has words, too: codes are added within a version of the wire.
    """
    words = _plain_words(code)
    why = (detail or {}).get("why")
    if not isinstance(why, str) or not why:
        return words
    return why if _first_sentence(why) == _first_sentence(words) else f"{words} {why}"


def _plain_words(code: str) -> str:
    if code in EventCode.__members__:
        return EVENTS[EventCode(code)][1]
    if code in Reason.__members__:
        return WORDS[Reason(code)]
    return f"This bridge reports something that this version of the service does not know: {code}. Update the service."


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")


def start_of(action: EmergencyAction) -> EventCode:
    """The code for the beginning of an emergency action."""
    return EventCode(f"SRP_{action.name}_START")


def change_of(action: EmergencyAction) -> EventCode:
    """The code for a change of the doors that an emergency action covers."""
    return EventCode(f"SRP_{action.name}_SCOPE_CHANGED")


def end_of(action: EmergencyAction) -> EventCode:
    """The code for the end of an emergency action."""
    return EventCode(f"SRP_{action.name}_END")

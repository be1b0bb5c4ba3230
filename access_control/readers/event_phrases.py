"""Short phrases for the feed: why somebody was refused, and what happened at a door. Longer words: ``words_of``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import EventCode

R, E = Reason, EventCode

REFUSED_BECAUSE: Final[Mapping[Reason, str]] = {
    R.DENIED_UNKNOWN_READER: "the reader is not set up",
    R.DENIED_READER_DISABLED: "the reader is switched off",
    R.DENIED_BAD_READ: "the card could not be read",
    R.DENIED_FACILITY_CODE: "the card is another school's or company's",
    R.DENIED_UNKNOWN_CREDENTIAL: "nobody here has this card",
    R.DENIED_LOST: "the badge was reported lost. Take it in",
    R.DENIED_STOLEN: "the badge was reported stolen. Look who is at the door",
    R.DENIED_DAMAGED: "the badge was reported damaged",
    R.DENIED_DESTROYED: "the badge was reported destroyed",
    R.DENIED_DISABLED: "the badge was switched off",
    R.DENIED_SUSPENDED: "the badge is suspended",
    R.DENIED_UNASSIGNED: "the badge is not given to anybody",
    R.DENIED_NOT_YET_ACTIVE: "the badge does not count yet",
    R.DENIED_EXPIRED: "the badge has ended",
    R.DENIED_HOLDER_INACTIVE: "the person has left the school",
    R.DENIED_MAX_ATTEMPTS: "too many refused tries; the reader pauses",
    R.DENIED_FIRE: "the fire alarm cut the lock's power",
    R.DENIED_LOCKDOWN: "Lockdown",
    R.DENIED_SECURE: "Secure",
    R.DENIED_HOLD: "Hold",
    R.DENIED_EVACUATE: "Evacuate",
    R.DENIED_SHELTER: "Shelter",
    R.DENIED_ROOM_LOCKED: "somebody inside locked the room",
    R.DENIED_ALL: "the door is out of service",
    R.LOCKED_BY_HIGHER_PRIORITY: "the door is locked by hand",
    R.DENIED_DENY_RULE: "an access level forbids this door",
    R.DENIED_NO_LEVEL: "no access level",
    R.DENIED_DOOR: "not a door of theirs",
    R.DENIED_OUT_OF_SCHEDULE: "not at this hour",
    R.DENIED_CLOCK_UNTRUSTED: "the bridge does not know the time",
    R.DENIED_PAST_HORIZON: "the stored rules have run out",
    R.DENIED_PIN_REQUIRED: "no PIN was typed",
    R.DENIED_WRONG_PIN: "the PIN was wrong",
    R.DENIED_PASS_NOT_TAKEN_HERE: "this reader takes no visitor passes",
    R.DENIED_PASS_UNREADABLE: "the code is no visitor pass",
    R.DENIED_PASS_FORGED: "this school did not make the pass. Look who is at the door",
    R.DENIED_PASS_OTHER_SITE: "the pass is for another school",
    R.DENIED_PASS_OTHER_DOOR: "the pass is for another door",
    R.DENIED_PASS_NOT_YET: "the visit has not begun",
    R.DENIED_PASS_EXPIRED: "the visit is over",
    R.DENIED_PASS_USED: "the pass was used already. Was it copied?",
    R.DENIED_PASS_NOT_KEPT: "the bridge cannot write to its disk, so it takes no pass for a single entry",
    R.DENIED_PASS_CANCELLED: "the pass was cancelled",
    R.DENIED_INVITATION: "an invitation is for the front desk, not for a door",
    R.DENIED_VISITOR_SIGNED_OUT: "the visitor has signed out",
    R.DENIED_POLICY: "the stored rules contradict themselves. Call whoever looks after the system",
    R.DENIED_POLICY_OLD: "the stored rules have not been confirmed for too long",
}
"""Follows ``refused at door 8, Loading dock:`` and ends without a full stop."""

AT_DOOR: Final[Mapping[EventCode, str]] = {
    E.DOOR_OPENED: "opened.",
    E.DOOR_CLOSED: "closed.",
    E.DOOR_FORCED: "forced open. Go and look.",
    E.DOOR_FORCED_CLEARED: "closed again, and somebody saw the alarm.",
    E.DOOR_HELD_PREALARM: "has stood open nearly too long.",
    E.DOOR_HELD: "propped open. Go and close it.",
    E.DOOR_HELD_CLEARED: "closed again; it had been propped open.",
    E.DOOR_SECURED: "secured.",
    E.SECURE_FAILED: "NOT secure. Walk there and lock it.",
    E.DOOR_LOCK_CMD: "told to lock.",
    E.DOOR_UNLOCK_CMD: "told to unlock.",
    E.REX: "opened from inside; leaving never needs a card.",
    E.REX_STUCK: (
        "its exit button or motion sensor has been on for 5 minutes. Leaving works, but may raise the forced-door "
        "alarm until it is let go. Check whether it is stuck or taped."
    ),
    E.REX_STUCK_CLEARED: "its exit button or motion sensor that stayed on was let go.",
    E.LATCH_FAULT: "closed, but its latch is not seen. Push it shut and check the strike.",
    E.LATCH_FAULT_CLEARED: "latched again.",
    E.LOCK_FAULT: "does not do what it is told. Check the board and its wiring.",
    E.LOCK_FAULT_CLEARED: "does what it is told again.",
    E.OUTPUT_SUPERSEDED: "was told to lock before it could unlock.",
    E.FIRE_RELEASE_APPLIED: "in its fire position: the fire panel reports an alarm.",
    E.FIRE_RELEASE_CLEARED: "left its fire position.",
    E.SCHEDULE_UNLOCK_START: "unlocked by its schedule.",
    E.SCHEDULE_UNLOCK_END: "locked by its schedule.",
    E.SELF_TEST_STARTED: "released for a moment, to try its lock.",
    E.SELF_TEST_PASSED: "passed the test of its lock.",
    E.SELF_TEST_FAILED: "failed the test of its lock. Go and look.",
    E.ROOM_LOCKED: "locked by somebody inside.",
    E.ROOM_UNLOCKED: "no longer locked from inside.",
    E.MANUAL_OVERRIDE_ENDED: "no longer set by hand.",
    E.MANUAL_OVERRIDE_CANCELLED: "unlocked by hand no longer: an emergency ended that for good.",
    E.TAMPER: "a device was opened or taken off the wall. Go and look.",
    E.TAMPER_CLEARED: "the device that had been opened is closed again.",
    E.INPUT_TROUBLE_OPEN: "the wire of an input is cut. Check the cable.",
    E.INPUT_TROUBLE_SHORT: "the wires of an input touch each other. Check the cable.",
    E.INPUT_UNREADABLE: "an input cannot be read, or never holds still. Check its cable and its device.",
    E.INPUT_TROUBLE_CLEARED: "the wiring of its input is sound again.",
    E.READER_LOCKOUT: "its reader pauses after too many refused tries.",
    E.READER_LOCKOUT_RELEASED: "its reader takes cards again.",
}
"""Follows the door's number in bold."""

COMMISSIONED: Final[Mapping[EventCode, str]] = {
    E.DEVICE_KEY_SET: "given its first key by {by}, and proved it.",
    E.DEVICE_KEY_ROTATED: "given another key by {by}, and proved it.",
    E.DEVICE_KEY_SETTLED: "found to have its {key} key by {by}, after an exchange that was broken off.",
    E.DEVICE_MOVED: "given address {to_address} and {to_baud} baud by {by}.",
    E.COMMISSIONING_FAILED: "{by} tried to {step}, and failed. {why}",
}
"""Follows the device's name and a colon; the words in braces are particulars of the event."""

COMMISSIONING_STEPS: Final[Mapping[str, str]] = {
    "commission": "give it its first key",
    "rotate": "exchange its key",
    "move": "give it another address or speed",
}

SET_BY_HAND: Final[Mapping[str, str]] = {
    "lock": "locked by hand",
    "unlock": "unlocked by hand",
    "block": "taken out of service",
}

RELEASING: Final[Mapping[EventCode, str]] = {
    EventCode.RELEASE_BEGUN: "asked at {door} to end the emergency. A second person has to agree within a minute.",
    EventCode.RELEASE_AGREED: "agreed at {door} to end the emergency at all doors of its bridge.",
    EventCode.RELEASE_LAPSED: "asked at {door} to end the emergency, and it came to nothing.",
    EventCode.RELEASE_SAME_PERSON: "asked twice at {door} to end the emergency. A different person has to agree.",
    EventCode.RELEASE_PIN_WRONG: "gave a wrong PIN at {door} to end the emergency. It goes on.",
    EventCode.RELEASE_NOT_ALLOWED: "tried to end the emergency at {door} and may not. It goes on.",
}
"""What somebody did at a marked reader during an emergency."""

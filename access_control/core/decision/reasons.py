"""Why a read was granted or refused: public codes, append-only, with the plain words for each.

A code in data never changes its meaning and is never reused. Names follow the BACnet access events where one exists
(docs/decisions.md has the table).
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Reason(StrEnum):
    """The one reason a decision carries."""

    ACCESS_GRANTED = "ACCESS_GRANTED"
    GRANTED_EXTENDED = "GRANTED_EXTENDED"
    GRANTED_RESPONDER = "GRANTED_RESPONDER"
    GRANTED_PASS = "GRANTED_PASS"
    DENIED_UNKNOWN_READER = "DENIED_UNKNOWN_READER"
    DENIED_READER_DISABLED = "DENIED_READER_DISABLED"
    DENIED_BAD_READ = "DENIED_BAD_READ"
    DENIED_FACILITY_CODE = "DENIED_FACILITY_CODE"
    DENIED_UNKNOWN_CREDENTIAL = "DENIED_UNKNOWN_CREDENTIAL"
    DENIED_LOST = "DENIED_LOST"
    DENIED_STOLEN = "DENIED_STOLEN"
    DENIED_DAMAGED = "DENIED_DAMAGED"
    DENIED_DESTROYED = "DENIED_DESTROYED"
    DENIED_DISABLED = "DENIED_DISABLED"
    DENIED_SUSPENDED = "DENIED_SUSPENDED"
    DENIED_UNASSIGNED = "DENIED_UNASSIGNED"
    DENIED_NOT_YET_ACTIVE = "DENIED_NOT_YET_ACTIVE"
    DENIED_EXPIRED = "DENIED_EXPIRED"
    DENIED_HOLDER_INACTIVE = "DENIED_HOLDER_INACTIVE"
    DENIED_MAX_ATTEMPTS = "DENIED_MAX_ATTEMPTS"
    DENIED_FIRE = "DENIED_FIRE"
    DENIED_LOCKDOWN = "DENIED_LOCKDOWN"
    DENIED_SECURE = "DENIED_SECURE"
    DENIED_HOLD = "DENIED_HOLD"
    DENIED_EVACUATE = "DENIED_EVACUATE"
    DENIED_SHELTER = "DENIED_SHELTER"
    DENIED_ROOM_LOCKED = "DENIED_ROOM_LOCKED"
    DENIED_ALL = "DENIED_ALL"
    LOCKED_BY_HIGHER_PRIORITY = "LOCKED_BY_HIGHER_PRIORITY"
    DENIED_DENY_RULE = "DENIED_DENY_RULE"
    DENIED_NO_LEVEL = "DENIED_NO_LEVEL"
    DENIED_DOOR = "DENIED_DOOR"
    DENIED_OUT_OF_SCHEDULE = "DENIED_OUT_OF_SCHEDULE"
    DENIED_CLOCK_UNTRUSTED = "DENIED_CLOCK_UNTRUSTED"
    DENIED_PAST_HORIZON = "DENIED_PAST_HORIZON"
    DENIED_PIN_REQUIRED = "DENIED_PIN_REQUIRED"
    DENIED_WRONG_PIN = "DENIED_WRONG_PIN"
    DENIED_PASS_NOT_TAKEN_HERE = "DENIED_PASS_NOT_TAKEN_HERE"
    DENIED_PASS_UNREADABLE = "DENIED_PASS_UNREADABLE"
    DENIED_PASS_FORGED = "DENIED_PASS_FORGED"
    DENIED_PASS_OTHER_SITE = "DENIED_PASS_OTHER_SITE"
    DENIED_PASS_OTHER_DOOR = "DENIED_PASS_OTHER_DOOR"
    DENIED_PASS_NOT_YET = "DENIED_PASS_NOT_YET"
    DENIED_PASS_EXPIRED = "DENIED_PASS_EXPIRED"
    DENIED_PASS_USED = "DENIED_PASS_USED"
    DENIED_PASS_CANCELLED = "DENIED_PASS_CANCELLED"
    DENIED_INVITATION = "DENIED_INVITATION"
    DENIED_VISITOR_SIGNED_OUT = "DENIED_VISITOR_SIGNED_OUT"
    DENIED_POLICY = "DENIED_POLICY"
    DENIED_POLICY_OLD = "DENIED_POLICY_OLD"
    DENIED_PASS_NOT_KEPT = "DENIED_PASS_NOT_KEPT"


WORDS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.ACCESS_GRANTED: "Admitted.",
        Reason.GRANTED_EXTENDED: "Admitted, with the longer time to get through the door.",
        Reason.GRANTED_RESPONDER: "Admitted as police, fire or medical service.",
        Reason.GRANTED_PASS: "Visitor admitted with a pass.",
        Reason.DENIED_UNKNOWN_READER: "The reader is not set up for this building. Ask whoever set it up.",
        Reason.DENIED_READER_DISABLED: "The reader is switched off in the settings. Use another door.",
        Reason.DENIED_BAD_READ: (
            "The card could not be read properly. Present it again; if that does not help, have the card checked."
        ),
        Reason.DENIED_FACILITY_CODE: "The card belongs to another school or company.",
        Reason.DENIED_UNKNOWN_CREDENTIAL: "Nobody here has this card. If it should work, register it first.",
        Reason.DENIED_LOST: "The card was reported lost. Take it in and tell the office who had it.",
        Reason.DENIED_STOLEN: "The card was reported stolen. Look who is at the door and call security.",
        Reason.DENIED_DAMAGED: "The card was marked as damaged. Give its holder a new one.",
        Reason.DENIED_DESTROYED: "The card was recorded as destroyed, yet somebody has it. Call security.",
        Reason.DENIED_DISABLED: "The card is switched off. The office can switch it on again.",
        Reason.DENIED_SUSPENDED: "The card is suspended for now. The office knows why and until when.",
        Reason.DENIED_UNASSIGNED: "The card belongs to nobody at the moment. Assign it before it is used.",
        Reason.DENIED_NOT_YET_ACTIVE: "The badge is not valid yet. Check the day it starts.",
        Reason.DENIED_EXPIRED: "The badge is no longer valid. Extend it if the person should still have access.",
        Reason.DENIED_HOLDER_INACTIVE: "The person is no longer active here, so the badge does not work.",
        Reason.DENIED_MAX_ATTEMPTS: (
            "Too many refusals in a row: this reader, or this person's PIN, takes a break of a minute. "
            "Wait, then try once."
        ),
        Reason.DENIED_FIRE: (
            "Fire alarm: this fire door has latched and its lock has no power. Leaving works; to come in, use the key."
        ),
        Reason.DENIED_LOCKDOWN: "Lockdown: this door stays shut for this badge. Responders' badges and keys work.",
        Reason.DENIED_SECURE: "Secure: the outside doors are locked and this badge does not open them. Ask the office.",
        Reason.DENIED_HOLD: "Hold: everybody stays where they are until the hold is over.",
        Reason.DENIED_EVACUATE: "Evacuation: nobody goes back in with this badge. Go to the assembly point.",
        Reason.DENIED_SHELTER: "Shelter: this badge does not open the door now. Ask staff at the door to let you in.",
        Reason.DENIED_ROOM_LOCKED: "Somebody inside has locked this room. Only they, a responder or a key can open it.",
        Reason.DENIED_ALL: "The door is blocked or out of service. Use another door.",
        Reason.LOCKED_BY_HIGHER_PRIORITY: "An operator has locked this door. The office can lift the lock.",
        Reason.DENIED_DENY_RULE: "A rule forbids this person this door at this time.",
        Reason.DENIED_NO_LEVEL: "The person has no access level for any door of this building. Give one if needed.",
        Reason.DENIED_DOOR: "The person's access levels do not include this door.",
        Reason.DENIED_OUT_OF_SCHEDULE: "The person may use this door, but not at this time.",
        Reason.DENIED_CLOCK_UNTRUSTED: (
            "The door's controller is not sure of the time, so it refuses what depends on the time. It recovers when "
            "the connection is back; until then open by hand."
        ),
        Reason.DENIED_PAST_HORIZON: (
            "The door's timetables have run out because it has had no new settings for too long. "
            "Restore its connection."
        ),
        Reason.DENIED_PIN_REQUIRED: "The badge alone is not enough here: a PIN is needed as well.",
        Reason.DENIED_WRONG_PIN: "The PIN was wrong.",
        Reason.DENIED_PASS_NOT_TAKEN_HERE: "This reader takes no visitor passes. Send the visitor to the entrance.",
        Reason.DENIED_PASS_UNREADABLE: "What was scanned is not a visitor pass, or is damaged. Print the pass again.",
        Reason.DENIED_PASS_FORGED: "The pass was not made by this school or has been altered. Speak to the visitor.",
        Reason.DENIED_PASS_OTHER_SITE: "The pass was made at another school.",
        Reason.DENIED_PASS_OTHER_DOOR: "The pass does not cover this door. Send the visitor to the main entrance.",
        Reason.DENIED_PASS_NOT_YET: "The visit has not begun yet. The pass works from its start.",
        Reason.DENIED_PASS_EXPIRED: "The visit is over, so the pass no longer works. Make a new one if it goes on.",
        Reason.DENIED_PASS_USED: (
            "The pass has been used already and may have been copied. Compare the visitor with the photo."
        ),
        Reason.DENIED_PASS_NOT_KEPT: (
            "The door's controller cannot write, so it could not note that this pass is used. "
            "Let the visitor in by hand and have the disk checked."
        ),
        Reason.DENIED_PASS_CANCELLED: "The pass was cancelled. Ask the visitor to come to the desk.",
        Reason.DENIED_INVITATION: "This is the invitation, not the pass. Send the visitor to the desk to check in.",
        Reason.DENIED_VISITOR_SIGNED_OUT: "The visitor has signed out. Ask them to check in again.",
        Reason.DENIED_POLICY: (
            "The door's settings contradict themselves, so nothing was opened. Publish the settings again."
        ),
        Reason.DENIED_POLICY_OLD: (
            "The door has not heard for too long whether its settings still hold, so it refuses what depends on the "
            "hour. Restore its connection."
        ),
    }
)
"""What each reason means to the person who looks at it: what happened and, where it helps, what to do.

Never shown at the reader: there every refusal looks the same.
"""

BACNET: Mapping[Reason, int] = MappingProxyType(
    {
        Reason.ACCESS_GRANTED: 1,
        Reason.GRANTED_EXTENDED: 1,
        Reason.GRANTED_RESPONDER: 1,
        Reason.GRANTED_PASS: 1,
        Reason.DENIED_FIRE: 9,
        Reason.LOCKED_BY_HIGHER_PRIORITY: 9,
        Reason.DENIED_ALL: 128,
        Reason.DENIED_UNKNOWN_CREDENTIAL: 129,
        Reason.DENIED_WRONG_PIN: 132,
        Reason.DENIED_DOOR: 134,
        Reason.DENIED_PASS_OTHER_DOOR: 134,
        Reason.DENIED_NO_LEVEL: 135,
        Reason.DENIED_OUT_OF_SCHEDULE: 136,
        Reason.DENIED_LOCKDOWN: 137,
        Reason.DENIED_SECURE: 137,
        Reason.DENIED_HOLD: 137,
        Reason.DENIED_EVACUATE: 137,
        Reason.DENIED_SHELTER: 137,
        Reason.DENIED_MAX_ATTEMPTS: 140,
        Reason.DENIED_LOST: 143,
        Reason.DENIED_STOLEN: 144,
        Reason.DENIED_DAMAGED: 145,
        Reason.DENIED_DESTROYED: 146,
        Reason.DENIED_DISABLED: 147,
        Reason.DENIED_UNASSIGNED: 149,
        Reason.DENIED_NOT_YET_ACTIVE: 151,
        Reason.DENIED_PASS_NOT_YET: 151,
        Reason.DENIED_EXPIRED: 152,
        Reason.DENIED_PASS_EXPIRED: 152,
        Reason.DENIED_SUSPENDED: 153,
        Reason.DENIED_PASS_USED: 156,
    }
)
"""The BACnet access event of each reason that has one (ASHRAE 135, BACnetAccessEvent); the others have none."""

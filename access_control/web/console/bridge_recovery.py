"""What the pages say of the recovery passphrase and of a machine that is to take a bridge's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from access_control.people.actors import operator_names
from access_control.people.permissions import Permission
from access_control.readers.bridges import get_bridge
from access_control.readers.enrolment import fingerprint
from access_control.readers.models import BridgeState
from access_control.readers.recovery import CopyState, copy_states, former_copies, recovery_row
from access_control.readers.recovery_models import RecoveryKeyRow, Replacement, SealedKeysRow
from access_control.readers.replacement import replacement_of
from access_control.web.console.own_password import PasswordAgain
from access_control.web.console.places import bridges_for

COPY_WORDS: Final = {
    CopyState.NO_PASSPHRASE: "The school has no recovery passphrase, so there is no copy.",
    CopyState.MISSING: "No copy has come yet. The bridge sends one by itself within minutes of being reached.",
    CopyState.EARLIER_PASSPHRASE: "Only the passphrase before the present one opens the copy that is here. "
    "The bridge sends a new one within minutes of being reached.",
    CopyState.BEHIND: "The copy that is here is not of the keys that the bridge has now. "
    "If it stays so, firmware-bridge doctor says why at the bridge.",
    CopyState.GOOD: "A sealed copy is here; only the recovery passphrase opens it.",
}


@dataclass(frozen=True, slots=True)
class CopyView:
    """The copy of one bridge's keys; ``taken_at`` is when it came, ``earlier`` how many of machines before are kept."""

    bridge_id: str
    name: str
    state: CopyState
    taken_at: datetime | None
    earlier: int = 0

    @property
    def good(self) -> bool:
        """Whether the bridge can be replaced with its keys."""
        return self.state is CopyState.GOOD

    @property
    def said(self) -> str:
        """How it stands, with what to do."""
        kept = ""
        if self.earlier:
            kept = (
                " What an earlier machine had sealed is kept, too; enroll --replace --former-keys takes the keys in it."
            )
        return COPY_WORDS[self.state] + kept


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """The passphrase and every copy; ``made`` is ``None`` before there is a passphrase."""

    made: RecoveryKeyRow | None
    by: str
    copies: Sequence[CopyView]


@dataclass(frozen=True, slots=True)
class ReplacementView:
    """A bridge's copy, the machine that is to take its place, and the form that asks for one."""

    copy: CopyView | None
    coming: Replacement | None
    fingerprint: str
    too_late: bool
    form: PasswordAgain


def recovery_view(session: Session) -> RecoveryView:
    """How it stands with the passphrase and the copies of the bridges in use that whoever looks may see."""
    made = recovery_row(session)
    names = operator_names(session, [made.made_by] if made is not None else [])
    by = "" if made is None else names.get(made.made_by, "somebody on the service's machine")
    return RecoveryView(made, by, _copies(session))


def replacement_view(session: Session, bridge_id: str, at: datetime, form: PasswordAgain | None) -> ReplacementView:
    """How it stands with replacing one bridge."""
    in_use = get_bridge(session, bridge_id).state is BridgeState.CONFIRMED
    coming = replacement_of(session, bridge_id)
    copy = next((one for one in _copies(session) if one.bridge_id == bridge_id), None) if in_use else None
    shown = "" if coming is None or coming.public_key is None else fingerprint(coming.public_key)
    too_late = coming is not None and coming.code_until is not None and coming.code_until <= at
    return ReplacementView(copy, coming, shown, too_late, form or PasswordAgain("replace", formdata=None))


def _copies(session: Session) -> list[CopyView]:
    states = copy_states(session)
    found = []
    for line in bridges_for(session, Permission.BRIDGE_VIEW, revoked=False):
        state = states.get(line.bridge.id)
        if state is not None:
            row = session.get(SealedKeysRow, line.bridge.id)
            taken_at, earlier = None if row is None else row.taken_at, len(former_copies(session, line.bridge.id))
            found.append(CopyView(line.bridge.id, line.bridge.name, state, taken_at, earlier))
    return found

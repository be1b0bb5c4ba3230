"""The forms that order something at a door: releasing it once, locking or unlocking it by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from access_control.core.decision.model import OverrideEffect
from access_control.web.console.fields import ConsoleForm, Line, Pick

EFFECT_WORDS: Final = {
    OverrideEffect.UNLOCK: "Unlock it",
    OverrideEffect.LOCK: "Lock it, no cards but responders",
    OverrideEffect.BLOCK: "Block it, out of service",
}
MINUTES: Final = ((15, "15 min"), (5, "5 min"), (30, "30 min"), (60, "1 h"), (120, "2 h"), (480, "8 h"))


class ReleaseForm(ConsoleForm):
    """Why a door is released once."""

    def __init__(self, **more: Any) -> None:
        super().__init__(prefix="release-", **more)

    why = Line("Reason", needed="Say why, in a few words.")


class OverrideForm(ConsoleForm):
    """Locking or unlocking by hand."""

    effect = Pick("What", convert=OverrideEffect)
    minutes = Pick("For how long", convert=int, needed=False)
    why = Line("Reason", needed="Say why, in a few words.")

    def ends(self, at: datetime) -> datetime | None:
        """When it ends by itself; ``None`` is never."""
        minutes = self.minutes.picked
        return None if minutes is None else at + timedelta(minutes=minutes)


def offer(form: OverrideForm) -> OverrideForm:
    """Fill the lists."""
    form.effect.offer(EFFECT_WORDS.items())
    form.minutes.offer(MINUTES, nothing="Until somebody ends it")
    return form


def fresh() -> OverrideForm:
    """The form with the usual: unlocked for 15 minutes."""
    return offer(OverrideForm(formdata=None, data={"effect": OverrideEffect.UNLOCK.value, "minutes": "15"}))

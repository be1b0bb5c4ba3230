"""Step 3 of the check: a visitor is checked in, the pass opens the vestibule, and after sign-out it opens nothing."""

from __future__ import annotations

from functools import cached_property

from access_control.demo.evidence import Evidence, StepFailedError, ms
from access_control.demo.frontdesk import FrontDesk, Guest
from access_control.demo.plan import MAIN_ENTRANCE

ARRIVE_S = 3.0
"""How long a revocation may take to the bridge before somebody tries again."""


class Visitors:
    """Steps at the front desk and in the vestibule."""

    def __init__(self, evidence: Evidence) -> None:
        """Nothing happens before a step is asked for."""
        self._evidence = evidence
        self._guest: Guest | None = None

    @cached_property
    def _desk(self) -> FrontDesk:
        return FrontDesk(self._evidence.desk, self._evidence.demo.school)

    def checks_in(self) -> str:
        """Name, host and reason on the front desk's page; the page hands out the pass."""
        self._guest = self._desk.check_in("Maren", "Solberg", host="Hannah Whitfield", reason="Interview")
        self._evidence.page(self._evidence.desk, "/desk?tab=on_site", "Maren Solberg")
        return f"a pass of {len(self._guest.text)} characters"

    def pass_opens_the_vestibule(self) -> str:
        """A pass that no bridge has heard of before."""
        guest, after = self._here(), self._evidence.mark()
        shown_s = self._evidence.show_pass(guest.text)
        moved = self._evidence.released(MAIN_ENTRANCE, shown_s)
        self._evidence.event("GRANTED_PASS", after, MAIN_ENTRANCE)
        self._evidence.walked_through(MAIN_ENTRANCE, shown_s)
        return f"scan to lock {ms(moved.mono_s - shown_s)}"

    def signed_out_it_is_refused(self) -> str:
        """Revocation is judged before use: the refusal says *signed out*, not *used*."""
        return self._refused_after_sign_out(self._here())

    def never_used_it_is_refused_too(self) -> str:
        """Another visitor, who signs out without ever having shown the pass."""
        return self._refused_after_sign_out(
            self._desk.check_in("Ivo", "Brandt", host="Noor Haddad", reason="Book delivery")
        )

    def for_later(self) -> None:
        """Check somebody in whose pass is shown while the service is stopped."""
        self._guest = self._desk.check_in("Lena", "Faber", host="Ellen Cho", reason="Piano tuning")

    @property
    def text(self) -> str:
        """What stands in the pass of the visitor who was checked in last."""
        return self._here().text

    def leaves(self) -> str:
        """Sign the last visitor out, so that nobody seems to be inside after the check."""
        self._desk.sign_out(self._here())
        return ""

    def _refused_after_sign_out(self, guest: Guest) -> str:
        self._desk.sign_out(guest)
        self._evidence.rest(ARRIVE_S)
        after = self._evidence.mark()
        shown_s = self._evidence.show_pass(guest.text)
        self._evidence.event("DENIED_VISITOR_SIGNED_OUT", after, MAIN_ENTRANCE)
        self._evidence.gave_up(MAIN_ENTRANCE, shown_s)
        self._evidence.stayed_locked(MAIN_ENTRANCE, shown_s)
        return "refused as signed out"

    def _here(self) -> Guest:
        if self._guest is None:
            raise StepFailedError("No visitor was checked in.")
        return self._guest

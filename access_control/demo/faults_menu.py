"""The menu of things to break."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from access_control.demo.scene import Fault


class FaultsMenu(ModalScreen[Fault | None]):
    """Asks which fault; escape asks for none."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave_it", "Leave it")]

    def __init__(self, door: str) -> None:
        """``door`` is how people call the door that is chosen."""
        super().__init__()
        self._door = door

    def compose(self) -> ComposeResult:
        """A title, the faults, and how to leave."""
        with Vertical(id="faults"):
            yield Static(f"Break something at door {self._door}", id="faults-title")
            yield OptionList(*(Option(fault.value, id=fault.name) for fault in Fault))
            yield Static("Enter chooses, Escape leaves everything as it is.", id="faults-keys")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Hand back the choice."""
        self.dismiss(Fault[event.option.id] if event.option.id else None)

    def action_leave_it(self) -> None:
        """Hand back nothing."""
        self.dismiss(None)

"""The demo's page in the terminal: doors, people, and what happens. Everything real happens on the stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from rich.markup import escape
from rich.text import Text
from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Button, DataTable, Footer, OptionList, RichLog, Static
from textual.widgets.option_list import Option
from textual.worker import WorkerState

from access_control.demo.faults_menu import FaultsMenu
from access_control.demo.people import BY_REF, CHARACTERS, SPECIAL, Character
from access_control.demo.scene import DoorRow, Fault, LogLine, Mark, Scene, Stage, StageError, Tone

LOOK_EVERY_S: Final = 0.25
ARMED_S: Final = 5.0
STRANGER: Final = "stranger"
COLUMNS: Final = (("Door", 22), ("State", 15), ("Proved", 8), ("Reader", 8))
MARK_STYLES: Final = {
    Mark.SECURED: "green",
    Mark.UNLOCKED: "bold cyan",
    Mark.OPEN: "bold cyan",
    Mark.NOT_SECURE: "bold yellow",
    Mark.NOT_MONITORED: "yellow",
    Mark.ALARM: "bold white on red",
    Mark.UNKNOWN: "bold magenta",
}
TONE_STYLES: Final = {Tone.GOOD: "green", Tone.REFUSED: "yellow", Tone.ALARM: "bold red", Tone.PLAIN: ""}


class SchoolPage(App[None]):
    """A small school to try things on."""

    TITLE = "School access control, demonstration"
    CSS_PATH = "page.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "present", "Card"),
        Binding("v", "scan_pass", "Pass"),
        Binding("x", "leave", "Exit"),
        Binding("l", "lockdown", "Lockdown"),
        Binding("r", "release", "Release"),
        Binding("k", "bridge", "Kill/start"),
        Binding("f", "faults", "Faults"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, stage: Stage) -> None:
        """Show what is on ``stage``."""
        super().__init__()
        self.stage = stage
        self._scene = Scene((), bridge_runs=False)
        self._passes = 0
        self._armed: tuple[str, str, Timer] | None = None

    def compose(self) -> ComposeResult:
        """The parts, top to bottom."""
        yield Static("Starting ...", id="banner")
        with Horizontal(id="top"):
            doors: DataTable[Text] = DataTable(id="doors", cursor_type="row", cell_padding=0)
            yield doors
            with Vertical(id="who"):
                yield Static("People", id="who-title")
                yield OptionList(*people_options(), id="people")
        yield Static("", id="chosen")
        with Horizontal(id="deeds"):
            yield Button("Present the card", id="present", variant="primary")
            yield Button("Walk out", id="leave")
            yield Button("Start a lockdown", id="lockdown", variant="error")
            yield Button("Release", id="release")
        yield RichLog(id="log", wrap=True, max_lines=1000, min_width=20)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Fill in what never changes, and begin to look."""
        table = self.query_one("#doors", DataTable)
        for name, width in COLUMNS:
            table.add_column(name, width=width, key=name)
        self.query_one("#people", OptionList).highlighted = 0
        table.focus()
        self.set_interval(LOOK_EVERY_S, self._look)
        self._look()

    # What is chosen

    @property
    def door(self) -> int:
        """The door that the cursor is on."""
        table = self.query_one("#doors", DataTable)
        return self._scene.doors[table.cursor_row].door if self._scene.doors else 1

    @property
    def person(self) -> str:
        """Who is chosen: the number of a character, or the stranger."""
        people = self.query_one("#people", OptionList)
        option = people.highlighted_option
        return STRANGER if option is None or option.id is None else option.id

    @on(DataTable.RowHighlighted, "#doors")
    @on(OptionList.OptionHighlighted, "#people")
    def _show_choice(self) -> None:
        row = next((row for row in self._scene.doors if row.door == self.door), None)
        where = f"door {row.number}, {row.name}" if row else "no door"
        why = f" [dim]({escape(row.why)})[/]" if row and row.why and row.mark is not Mark.SECURED else ""
        self.query_one("#chosen", Static).update(f"{describe(self.person)} at {where}{why}")

    # Looking

    def _look(self) -> None:
        if not any(worker.group == "look" and worker.state is WorkerState.RUNNING for worker in self.workers):
            self._look_once()

    @work(thread=True, group="look", exit_on_error=False)
    def _look_once(self) -> None:
        scene = self.stage.look()
        if self.is_running:
            self.call_from_thread(self.show_scene, scene)

    def show_scene(self, scene: Scene) -> None:
        """Draw a scene."""
        table = self.query_one("#doors", DataTable)
        for row in scene.doors:
            key, cells = str(row.door), door_cells(row)
            if key not in table.rows:
                table.add_row(*cells, key=key)
            elif row not in self._scene.doors:
                for (column, _), cell in zip(COLUMNS, cells, strict=True):
                    table.update_cell(key, column, cell)
        self._scene = scene
        for line in scene.news:
            self.write(line)
        self._show_banner(scene)
        self._show_choice()

    def _show_banner(self, scene: Scene) -> None:
        banner = self.query_one("#banner", Static)
        banner.set_class(bool(scene.emergency), "emergency")
        banner.set_class(not scene.bridge_runs, "down")
        if not scene.bridge_runs:
            banner.update("The bridge is down: nothing is known of any door. Press k to start it again.")
        else:
            banner.update(scene.emergency or "A school morning. Choose a door and a person, then present the card.")

    def write(self, line: LogLine) -> None:
        """Add a line to the log."""
        text = Text(f"{line.at} ", style="dim")
        text.append(line.words, TONE_STYLES[line.tone])
        self.query_one("#log", RichLog).write(text)

    # Deeds

    @work(thread=True, group="deeds", exit_on_error=False)
    def _do(self, deed: Callable[[], str]) -> None:
        try:
            said = LogLine("·", deed())
        except StageError as error:
            said = LogLine("·", str(error), Tone.ALARM)
        if self.is_running and said.words:
            self.call_from_thread(self.write, said)

    @on(DataTable.RowSelected, "#doors")
    @on(OptionList.OptionSelected, "#people")
    @on(Button.Pressed, "#present")
    def action_present(self) -> None:
        """Present the chosen person's card at the chosen door."""
        person, door = self.person, self.door
        if person == STRANGER:
            self._do(lambda: self.stage.present_stranger(door))
        else:
            self._do(lambda: self.stage.present(int(person), door))

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Walk out through the chosen door."""
        door = self.door
        self._do(lambda: self.stage.leave(door))

    def action_scan_pass(self) -> None:
        """Scan a visitor's pass at the main entrance: a new one, then the same again, and so on."""
        self._passes += 1
        again = self._passes % 2 == 0
        self._do(lambda: self.stage.scan_pass(again=again))

    @on(Button.Pressed, "#lockdown")
    def action_lockdown(self) -> None:
        """Start a lockdown, at the second press."""
        self._twice("lockdown", "Again: lock down", self.stage.start_lockdown)

    @on(Button.Pressed, "#release")
    def action_release(self) -> None:
        """End the emergency, at the second press."""
        self._twice("release", "Again: release", self.stage.release)

    def _twice(self, button: str, again: str, deed: Callable[[], str]) -> None:
        """The first press arms, the second within five seconds does it."""
        armed = self._armed
        self._disarm()
        if armed is not None and armed[0] == button:
            self._do(deed)
            return
        shown = self.query_one(f"#{button}", Button)
        self._armed = (button, str(shown.label), self.set_timer(ARMED_S, self._disarm))
        shown.label = again
        shown.add_class("armed")
        key = button[0]
        self.write(LogLine("·", f"Press {key} once more within {ARMED_S:.0f} seconds, or wait to leave it."))

    def _disarm(self) -> None:
        if self._armed is None:
            return
        button, label, timer = self._armed
        timer.stop()
        self._armed = None
        shown = self.query_one(f"#{button}", Button)
        shown.label = label
        shown.remove_class("armed")

    def action_bridge(self) -> None:
        """Kill the bridge with -9, or start it again. Processes are started from the main thread; see Child."""
        try:
            said = self.stage.kill_bridge() if self._scene.bridge_runs else self.stage.start_bridge()
        except StageError as error:
            said = str(error)
        self.write(LogLine("·", said))
        self._look()

    def action_faults(self) -> None:
        """Choose something to break."""

        def chosen(fault: Fault | None) -> None:
            if fault is not None:
                self._do(lambda: self.stage.fault(fault, door))

        door = self.door
        row = next((row for row in self._scene.doors if row.door == door), None)
        self.push_screen(FaultsMenu(f"{row.number} {row.name}" if row else str(door)), chosen)


def door_cells(row: DoorRow) -> tuple[Text, Text, Text, Text]:
    """One row of the table of doors."""
    style = MARK_STYLES[row.mark]
    reader = Text(row.reader)
    for colour in ("red", "green", "amber"):
        if colour in row.reader:
            reader.stylize("yellow" if colour == "amber" else colour)
    # Milliseconds are about a door that is secured; on any other the age of the proof matters more.
    confirmed = row.confirmed if row.mark is Mark.SECURED else ""
    proof = Text(confirmed or row.proved, "bold" if confirmed else "dim", no_wrap=True)
    return (
        Text(f"{row.number} {row.name}", no_wrap=True, overflow="ellipsis"),
        Text(f"{row.mark.shape} {row.words}", style, no_wrap=True, overflow="ellipsis"),
        proof,
        reader,
    )


def describe(person: str) -> str:
    """Who is chosen, in words."""
    if person == STRANGER:
        return "[b]A card nobody gave out[/]"
    character = BY_REF[int(person)]
    tells = f" ({character.tells})" if character.tells else ""
    return f"[b]{escape(character.name)}[/], {escape(character.role.lower())}{escape(tells)}"


def people_options() -> list[Option | None]:
    """Those worth trying first, then everybody, with lines between the groups."""
    usual = [character for character in CHARACTERS if character not in SPECIAL]
    staff = [character for character in usual if character.role != "Student"]
    students = [character for character in usual if character.role == "Student"]

    def option(character: Character) -> Option:
        return Option(f"{character.name}", id=str(character.ref))

    groups = (staff[:5], students[:3], list(SPECIAL))
    options: list[Option | None] = []
    for group in groups:
        options += [*map(option, group), None]
    options += [Option("(a stranger's card)", id=STRANGER), None, *map(option, (*staff[5:], *students[3:]))]
    return options

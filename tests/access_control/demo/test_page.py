"""The page does what its keys and buttons say, and shows what the stage says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, DataTable, OptionList, RichLog, Static

from access_control.demo.building import NAMES
from access_control.demo.page import SchoolPage, door_cells
from access_control.demo.people import CHARACTERS, called
from access_control.demo.scene import DoorRow, Fault, LogLine, Mark, Scene, StageError, unknown_doors

Act = Callable[[SchoolPage, Pilot[None]], Awaitable[None]]


def rows() -> tuple[DoorRow, ...]:
    return tuple(DoorRow(door, str(door), name, Mark.SECURED, "secured", "1 s ago") for door, name in NAMES.items())


@dataclass
class Rehearsal:
    """A stage on which nothing happens but being written down."""

    deeds: list[str] = field(default_factory=list)
    scene: Scene = field(default_factory=lambda: Scene(rows(), bridge_runs=True))
    trouble: str = ""

    def look(self) -> Scene:
        scene, self.scene = self.scene, replace(self.scene, news=())
        return scene

    def _note(self, deed: str) -> str:
        if self.trouble:
            raise StageError(self.trouble)
        self.deeds.append(deed)
        return f"Done: {deed}."

    def present(self, person: int, door: int) -> str:
        return self._note(f"{person} at {door}")

    def present_stranger(self, door: int) -> str:
        return self._note(f"stranger at {door}")

    def scan_pass(self, *, again: bool) -> str:
        return self._note("same pass" if again else "new pass")

    def leave(self, door: int) -> str:
        return self._note(f"leave by {door}")

    def start_lockdown(self) -> str:
        return self._note("lockdown")

    def release(self) -> str:
        return self._note("release")

    def kill_bridge(self) -> str:
        self.scene = Scene(unknown_doors([(d, str(d), n) for d, n in NAMES.items()]), bridge_runs=False)
        return self._note("kill")

    def start_bridge(self) -> str:
        self.scene = Scene(rows(), bridge_runs=True)
        return self._note("start")

    def fault(self, fault: Fault, door: int) -> str:
        return self._note(f"{fault.name} at {door}")


def played(act: Act, stage: Rehearsal, size: tuple[int, int] = (80, 24)) -> list[str]:
    """Play an act on the page and give back the deeds."""

    async def run() -> None:
        page = SchoolPage(stage)
        async with page.run_test(size=size) as pilot:
            await settled(page, pilot)
            await act(page, pilot)
            await settled(page, pilot)

    asyncio.run(run())
    return stage.deeds


async def settled(page: SchoolPage, pilot: Pilot[None]) -> None:
    await page.workers.wait_for_complete()
    await pilot.pause()


async def seen_anew(page: SchoolPage, pilot: Pilot[None]) -> None:
    page.show_scene(page.stage.look())
    await settled(page, pilot)


def text_of(page: SchoolPage, name: str) -> str:
    return str(page.query_one(name, Static).render())


def log_of(page: SchoolPage) -> str:
    return "\n".join(strip.text for strip in page.query_one("#log", RichLog).lines)


def test_choosing_a_door_and_a_person_and_presenting_the_card() -> None:
    async def act(page: SchoolPage, pilot: Pilot[None]) -> None:
        await pilot.press("down", "down")
        page.query_one("#people", OptionList).highlighted = 4
        await settled(page, pilot)
        assert "Tom Alvarado, science teacher at door 3, Bus loop" in text_of(page, "#chosen")
        await pilot.press("p")
        await settled(page, pilot)
        assert "Done: 5 at 3." in log_of(page)

    assert played(act, Rehearsal()) == ["5 at 3"]


def test_enter_and_the_button_present_the_card_too() -> None:
    async def act(_page: SchoolPage, pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        await pilot.click("#present")
        await pilot.click("#leave")

    assert played(act, Rehearsal()) == ["1 at 1", "1 at 1", "leave by 1"]


def test_everybody_can_be_chosen_and_a_stranger() -> None:
    async def act(page: SchoolPage, pilot: Pilot[None]) -> None:
        people = page.query_one("#people", OptionList)
        names = {option.id for option in people.options}
        assert names == {*(str(character.ref) for character in CHARACTERS), "stranger"}
        people.highlighted = people.get_option_index("stranger")
        await settled(page, pilot)
        await pilot.press("p")

    assert played(act, Rehearsal()) == ["stranger at 1"]


def test_a_lockdown_takes_two_presses() -> None:
    async def act(page: SchoolPage, pilot: Pilot[None]) -> None:
        await pilot.press("l")
        await settled(page, pilot)
        assert page.query_one("#lockdown", Button).has_class("armed")
        await pilot.press("l")
        await settled(page, pilot)
        assert not page.query_one("#lockdown", Button).has_class("armed")

    assert played(act, Rehearsal()) == ["lockdown"]


def test_one_press_of_each_does_nothing() -> None:
    async def act(page: SchoolPage, pilot: Pilot[None]) -> None:
        await pilot.press("l", "r", "l")
        assert str(page.query_one("#release", Button).label) == "Release"

    assert played(act, Rehearsal()) == []


def test_waiting_leaves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("access_control.demo.page.ARMED_S", 0.05)

    async def act(_page: SchoolPage, pilot: Pilot[None]) -> None:
        await pilot.press("r")
        await pilot.pause(0.3)
        await pilot.press("r")

    assert played(act, Rehearsal()) == []


def test_a_pass_is_new_then_the_same_again() -> None:
    async def act(page: SchoolPage, pilot: Pilot[None]) -> None:
        await pilot.press("v")
        await settled(page, pilot)
        await pilot.press("v")
        await settled(page, pilot)
        await pilot.press("v")

    assert played(act, Rehearsal()) == ["new pass", "same pass", "new pass"]


def test_killing_the_bridge_shows_that_nothing_is_known() -> None:
    async def act(page: SchoolPage, pilot: Pilot[None]) -> None:
        await pilot.press("k")
        await settled(page, pilot)
        await seen_anew(page, pilot)
        assert "bridge is down" in text_of(page, "#banner")
        assert "? unknown" in str(page.query_one("#doors", DataTable).get_row("1")[1])
        await pilot.press("k")

    assert played(act, Rehearsal()) == ["kill", "start"]


def test_breaking_something_at_the_chosen_door() -> None:
    async def act(page: SchoolPage, pilot: Pilot[None]) -> None:
        await pilot.press("down", "f")
        await pilot.pause()
        await pilot.press("down", "enter")
        await settled(page, pilot)
        await pilot.press("f")
        await pilot.pause()
        await pilot.press("escape")

    assert played(act, Rehearsal()) == ["WEDGED at 2"]


def test_trouble_is_a_sentence_in_the_log() -> None:
    stage = Rehearsal(trouble="The bridge refused the document.")

    async def act(page: SchoolPage, pilot: Pilot[None]) -> None:
        await pilot.press("p")
        await settled(page, pilot)
        assert "The bridge refused the document." in log_of(page)
        await pilot.press("k")
        await settled(page, pilot)

    assert played(act, stage) == []


def test_an_emergency_is_on_the_banner_and_the_log_tells_the_news() -> None:
    news = (LogLine("10:00:00", "Lockdown began."),)
    stage = Rehearsal(scene=Scene(rows(), bridge_runs=True, emergency="LOCKDOWN in force", news=news))

    async def act(page: SchoolPage, pilot: Pilot[None]) -> None:
        assert text_of(page, "#banner") == "LOCKDOWN in force"
        assert page.query_one("#banner").has_class("emergency")
        assert "Lockdown began." in log_of(page)
        await pilot.press("q")

    played(act, stage)


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
def test_everything_is_on_the_screen(size: tuple[int, int]) -> None:
    async def act(page: SchoolPage, _pilot: Pilot[None]) -> None:
        for name in ("#banner", "#doors", "#people", "#present", "#release", "#log"):
            region = page.query_one(name).region
            assert region.area > 0
            assert page.screen.region.contains_region(region), name
        assert page.query_one("#doors", DataTable).max_scroll_y == 0
        assert page.query_one("#log").region.height >= 5
        assert "Quit" in page.export_screenshot()

    played(act, Rehearsal(), size)


def test_a_state_is_told_by_shape_and_word_and_not_by_colour_alone() -> None:
    secured = DoorRow(1, "1", "Main entrance", Mark.SECURED, "secured", "now", "● red", "143 ms")
    assert [cell.plain for cell in door_cells(secured)] == ["1 Main entrance", "■ secured", "143 ms", "● red"]
    forced = replace(secured, mark=Mark.ALARM, words="FORCED OPEN")
    assert [cell.plain for cell in door_cells(forced)] == ["1 Main entrance", "▲ FORCED OPEN", "now", "● red"]


def test_characters_are_found_by_name() -> None:
    assert called("Tom Alvarado").ref == 5

"""The decision corpus as bytes: a card or pass at a reader on a serial line, the real bridge, and the lock's relay.

Each case has a building of its own, and a bridge that starts with nothing but its keys. Facts are brought about as they
come about: a fire by the fire panel's contact, a used pass by using it, a break of the reader by guessing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.decision.model import Known
from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import EventCode, EventRecord
from access_control.core.wire.policy import PolicyDraft
from firmware_bridge.simulator.doors import Door
from tests.building.corpus_bridge import FIRE_BOARD, FIRE_INPUT, CorpusBridge, plain
from tests.corpus.loading import FOLDER, Case, building, load
from tests.corpus.schema import FileRow

NO_BUTTON = "a button that locks a room from inside is not wired yet"
ONE_READ = "within five seconds the bridge takes it for the same read and decides nothing"
UNREACHABLE: Mapping[str, str] = {
    "reads: a reader that nobody set up": "a line asks only the readers that Policy names, so no card can come from it",
    "reads: nothing was read": "a line carries a card or it carries none",
    "reads: a card and a text at once": "a line carries cards or texts, never both at once",
    "pins: letters": "a keypad has no letters",
    "pins: digits of another script": "a keypad has no digits but 0 to 9",
    "passes: an empty scan": "a scanner that read nothing sends nothing",
    "passes: control characters": "the line drops what nobody can print, and nothing is left",
    "passes: the same pass again within five seconds": ONE_READ,
    "passes: signed out within five seconds": ONE_READ,
    "passes: a room locked from inside": NO_BUTTON,
    "doors: a room locked from inside": NO_BUTTON,
    "doors: a responder passes a room locked from inside": NO_BUTTON,
    "doors: a room of which nobody knows whether it is locked from inside": NO_BUTTON,
    "doors: an interior door locked from inside": NO_BUTTON,
    "doors: a room locked from inside in a lockdown refuses staff": NO_BUTTON,
}
"""The cases that no input of a building can bring about, and why. Everything else is run."""

REASONS = frozenset(reason.value for reason in Reason)
PATIENCE_S = 10.0
SETTLED_S = 0.05


def drafts() -> dict[str, PolicyDraft]:
    """The school of each corpus file, as a service would hand it over."""
    found = {}
    for path in (FOLDER / "decisions").glob("*.json"):
        found[path.stem] = building(msgspec.json.decode(path.read_bytes(), type=FileRow).school).draft()
    return found


DRAFTS = drafts()


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with a path short enough for a socket."""
    with TemporaryDirectory(prefix="corpus") as name:
        yield Path(name)


@pytest.mark.parametrize("case", [case for case in load() if case.name not in UNREACHABLE], ids=str)
def test_the_relay_moves_as_the_corpus_says(case: Case, place: Path) -> None:
    draft = DRAFTS[case.name.partition(":")[0]]
    scanning = {case.read.reader} if case.read.text is not None else set[int]()
    with CorpusBridge(draft, scanning, case.at, place) as school:
        eventually(school.up)
        bring_about(case, school)
        before = school.coil(door_of(case))
        verdict = put_to(school, case)
        assert verdict.code == case.expect.reason, plain(verdict)
        if case.expect.granted:
            assert verdict.detail.get("despite_lock", False) is case.expect.despite_lock
            watch_unlock(school, case, locked_before=not before)
        else:
            time.sleep(SETTLED_S)
            assert school.coil(door_of(case)) is before


def test_only_cases_that_exist_are_left_out() -> None:
    assert UNREACHABLE.keys() <= {case.name for case in load()}
    assert len(UNREACHABLE) == 15


def eventually(fact: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(int(PATIENCE_S / 0.005)):
        if fact():
            return
        time.sleep(0.005)
    pytest.fail(f"did not become so: {fact}")


def door_of(case: Case) -> int:
    return case.policy.readers[case.read.reader].door


def told(school: CorpusBridge, codes: frozenset[str], reader: int | None = None) -> EventRecord:
    """The next event with one of ``codes``, at one reader if it is named."""
    found: list[EventRecord] = []

    def came() -> bool:
        found.extend(e for e in school.news() if e.code in codes and reader in {None, e.reader})
        return bool(found)

    eventually(came)
    return found[0]


def bring_about(case: Case, school: CorpusBridge) -> None:
    """Put the bridge into the case's state by what reaches it from outside."""
    if case.facts.clock_trusted is Known.YES:
        school.trust_clock(trusted=True)
        told(school, frozenset({EventCode.CLOCK_TRUSTED}))
    if case.facts.fire_at_door is Known.YES:
        school.building.world.set_input(FIRE_INPUT, active=True)
        told(school, frozenset({EventCode.FIRE_INPUT_ON}))
    if case.facts.fire_at_door is Known.UNKNOWN:
        school.building.set_board_faults(FIRE_BOARD, dead=True)
        told(school, frozenset({EventCode.BOARD_OFFLINE}))
    # A bridge always knows whether a pass was used; the rule takes unknown for used.
    if case.facts.pass_used is not Known.NO:
        use_pass(school, case)
    school.apply_orders(case.orders)
    if case.facts.locked_out is Known.YES:
        guess(school, case)
    school.settled()
    time.sleep(SETTLED_S)
    school.news()


def use_pass(school: CorpusBridge, case: Case) -> None:
    """Go in with the case's pass, and come back when nobody takes it for the same read any more."""
    assert case.read.text is not None
    school.building.scan(case.read.reader, case.read.text)
    eventually(lambda: school.coil(door_of(case)))
    school.building.at_door(door_of(case), Door.pull)
    eventually(lambda: _after_a_moment(school, EventCode.ACCESS_TAKEN))
    school.building.at_door(door_of(case), Door.close)
    school.leap(10)
    eventually(lambda: not school.coil(door_of(case)))


def _after_a_moment(school: CorpusBridge, code: EventCode) -> bool:
    school.leap(0.02)  # a contact counts once it has lasted for its debounce time
    return any(event.code == code for event in school.news())


def guess(school: CorpusBridge, case: Case) -> None:
    """Present what nobody has until the reader takes a break."""
    for number in range(60001, 60006):
        if case.read.text is None:
            school.building.present(case.read.reader, encode(FORMATS["H10301"], 17, number))
        else:
            school.building.scan(case.read.reader, f"COUPON {number}")
        last = told(school, REASONS, case.read.reader)
        assert last.code in {Reason.DENIED_UNKNOWN_CREDENTIAL, Reason.DENIED_PASS_UNREADABLE}
    eventually(lambda: reader_state(school, case) == "locked_out")


def reader_state(school: CorpusBridge, case: Case) -> str:
    readers = school.client.status()["readers"]
    return next("locked_out" if reader["locked_out"] else "" for reader in readers if reader["id"] == case.read.reader)


def put_to(school: CorpusBridge, case: Case) -> EventRecord:
    """Present what the case presents; the event that says what came of it."""
    read = case.read
    if read.text is not None:
        school.building.scan(read.reader, read.text)
    if read.bits is not None:
        school.building.present(read.reader, read.bits)
    if read.pin is not None:
        type_in(school, read.reader, f"{read.pin}#")
    if case.expect.pin_wanted:
        eventually(lambda: "pin_wanted" in str(shown(school, case)))
        school.leap(6)
    return told(school, REASONS, read.reader)


def shown(school: CorpusBridge, case: Case) -> object:
    return school.building.readers[case.read.reader].head.face.history


def type_in(school: CorpusBridge, reader: int, keys: str) -> None:
    """Key after key, no faster than the line fetches them."""
    head = school.building.readers[reader].head
    for start in range(0, len(keys), 8):
        school.building.press(reader, keys[start : start + 8])
        eventually(lambda: not head._waiting)


def watch_unlock(school: CorpusBridge, case: Case, *, locked_before: bool) -> None:
    """The relay releases the lock, for exactly as long as the corpus says unless something else unlocks it too."""
    door = door_of(case)
    eventually(lambda: school.coil(door))
    if locked_before:
        school.leap(case.expect.unlock_s - 0.01)
        school.settled()
        time.sleep(SETTLED_S)
        assert school.coil(door)
        school.leap(0.02)
        eventually(lambda: not school.coil(door))

"""The decision corpus as bytes: a card or pass at a reader on a serial line, the real bridge, and the lock's relay.

Cases with the same documents share a building and a bridge, which starts with nothing but its keys; between two cases
enough time passes for everything to end. Facts are brought about as they come about, in a building of their own: a fire
by the fire panel's contact, a used pass by using it, a break of the reader by guessing.
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
from access_control.core.decision.policy_age import DAY_S
from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import EventCode, EventRecord
from access_control.core.wire.policy import PolicyDraft
from firmware_bridge.controller.events import StorageJudged
from firmware_bridge.devices import throttle
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
    "passes: a line as long as a book": "the line drops what is longer than any code",
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
LONG_S = 700.0
"""After so long no grant, PIN, pause or repetition of an earlier case is left."""
SETTLED_S = 0.05


def drafts() -> dict[str, PolicyDraft]:
    """The school of each corpus file, as a service would hand it over."""
    found = {}
    for path in (FOLDER / "decisions").glob("*.json"):
        found[path.stem] = building(msgspec.json.decode(path.read_bytes(), type=FileRow).school).draft()
    return found


DRAFTS = drafts()


def file_of(case: Case) -> str:
    return case.name.partition(":")[0]


def batches() -> list[list[Case]]:
    """The cases that can be run, together where documents are the same and nothing has to be brought about."""
    found: dict[object, list[Case]] = {}
    for case in load():
        if case.name not in UNREACHABLE:
            alone = case.name if case.differs - {"clock_trusted"} else ""
            at = case.at if case.orders.overrides else None
            scanned = case.read.text is not None
            found.setdefault((file_of(case), repr(case.orders), at, scanned, alone), []).append(case)
    return list(found.values())


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with a path short enough for a socket."""
    with TemporaryDirectory(prefix="corpus") as name:
        yield Path(name)


@pytest.mark.parametrize("cases", batches(), ids=lambda cases: f"{cases[0]} and {len(cases) - 1} more")
def test_the_relay_moves_as_the_corpus_says(cases: list[Case], place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Only the brain's time leaps between two cases: to the port they are more cards than people can present.
    monkeypatch.setattr(throttle, "READS_AT_ONCE", 1_000_000)
    scanning = {case.read.reader for case in cases if case.read.text is not None}
    with CorpusBridge(DRAFTS[file_of(cases[0])], scanning, cases[0].at, place) as school:
        eventually(school.up)
        bring_about(cases[0], school)
        wrong = {}
        for case in cases:
            wrong[case.name] = judge(case, school)
            school.leap(LONG_S)
    assert not {name: what for name, what in wrong.items() if what}


def judge(case: Case, school: CorpusBridge) -> str:
    """Put one case to the building: what is wrong with what happens, or nothing."""
    school.clock.at = case.at
    school.trust_clock(trusted=case.facts.clock_trusted is Known.YES)
    school.settled()
    door = door_of(case)
    before = school.coil(door)
    verdict = put_to(school, case)
    if verdict.code != case.expect.reason:
        return f"the bridge said {plain(verdict)}"
    if not case.expect.granted:
        time.sleep(SETTLED_S)
        return "" if school.coil(door) is before else "the relay moved"
    if verdict.detail.get("despite_lock", False) is not case.expect.despite_lock:
        return "it was not said whether a lock was passed"
    return watch_unlock(school, case, locked_before=not before)


def test_only_cases_that_exist_are_left_out() -> None:
    assert UNREACHABLE.keys() <= {case.name for case in load()}
    assert len(UNREACHABLE) == 16


def eventually(fact: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(int(PATIENCE_S / 0.005)):
        if fact():
            return
        time.sleep(0.005)
    pytest.fail(f"did not become so: {fact}")


def door_of(case: Case) -> int:
    """The case's door; one that is watched for any reader that nobody set up."""
    reader = case.policy.readers.get(case.read.reader)
    return 1 if reader is None else reader.door


def told(school: CorpusBridge, codes: frozenset[str], after: int = 0, reader: int | None = None) -> EventRecord:
    """The first event with one of ``codes`` after so many events, at one reader if it is named."""
    found: list[EventRecord] = []

    def came() -> bool:
        found[:] = [e for e in school.events()[after:] if e.code in codes and reader in {None, e.reader}]
        return bool(found)

    eventually(came)
    return found[0]


def bring_about(case: Case, school: CorpusBridge) -> None:
    """Put the bridge into the case's state by what reaches it from outside."""
    eventually(lambda: doors_are_known(school))
    school.trust_clock(trusted=case.facts.clock_trusted is Known.YES)
    if case.facts.fire_at_door is Known.YES:
        school.building.world.set_input(FIRE_INPUT, active=True)
        told(school, frozenset({EventCode.FIRE_INPUT_ON}))
    if case.facts.fire_at_door is Known.UNKNOWN:
        school.building.set_board_faults(FIRE_BOARD, dead=True)
        told(school, frozenset({EventCode.BOARD_OFFLINE}))
    if case.facts.policy_old is not Known.NO:
        get_old(school, case)
    # A bridge always knows whether a pass was used; the rule takes unknown for used.
    if case.facts.pass_used is not Known.NO:
        use_pass(school, case)
    if case.facts.pass_use_kept is Known.NO:
        school.bridge.emit(StorageJudged(school.clock.moment(), works=False))
    school.apply_orders(case.orders)
    if case.facts.locked_out is Known.YES:
        guess(school, case)
    if case.facts.pin_paused is Known.YES:
        guess_pin(school, case)
    school.settled()
    time.sleep(SETTLED_S)


def doors_are_known(school: CorpusBridge) -> bool:
    """Whether every contact has said *closed* for its debounce time, which passes here."""
    school.leap(0.1)
    return all(door["position"] == "closed" for door in school.client.status()["doors"])


def get_old(school: CorpusBridge, case: Case) -> None:
    """Let the limit of the case's door pass without a word of the service, or the time since the Policy was made."""
    limit_days = case.policy.age_limits[case.policy.doors[door_of(case)].door_class]
    by_date_s = (case.at - case.policy.made_at).total_seconds()
    school.leap(limit_days * DAY_S if case.facts.policy_old is Known.YES else by_date_s)
    eventually(school.up)


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
    return any(event.code == code for event in school.events())


def guess(school: CorpusBridge, case: Case) -> None:
    """Present what nobody has until the reader takes a break."""
    for number in range(60001, 60006):
        if case.read.text is None:
            school.building.present(case.read.reader, encode(FORMATS["H10301"], 17, number))
        else:
            school.building.scan(case.read.reader, f"COUPON {number}")
        time.sleep(SETTLED_S)
    told(school, frozenset({EventCode.READER_LOCKOUT}))


def guess_pin(school: CorpusBridge, case: Case) -> None:
    """Type wrong PINs to the case's card until its PIN takes a break, too slowly for the reader to take one."""
    assert case.read.bits is not None
    for _ in range(5):
        school.leap(20)
        before = len(school.events())
        school.building.present(case.read.reader, case.read.bits)
        type_in(school, case.read.reader, "0000#")
        told(school, frozenset({Reason.DENIED_WRONG_PIN}), before, case.read.reader)
    school.leap(3)


def put_to(school: CorpusBridge, case: Case) -> EventRecord:
    """Present what the case presents; the event that says what came of it."""
    read, before = case.read, len(school.events())
    asked = looks_for_pin(school, read.reader)
    if read.text is not None:
        school.building.scan(read.reader, read.text)
    if read.bits is not None:
        school.building.present(read.reader, read.bits)
    if read.pin is not None:
        type_in(school, read.reader, f"{read.pin}#")
    if case.expect.pin_wanted:
        eventually(lambda: looks_for_pin(school, read.reader) > asked)
        school.leap(6)
    return told(school, REASONS, before, read.reader)


def looks_for_pin(school: CorpusBridge, reader: int) -> int:
    """How often the reader's light has asked for a PIN."""
    found = school.building.readers.get(reader)
    return 0 if found is None else sum("amber" in how for _, _, how in tuple(found.head.face.history))


def type_in(school: CorpusBridge, reader: int, keys: str) -> None:
    """Key after key, no faster than the line fetches them."""
    head = school.building.readers[reader].head
    for start in range(0, len(keys), 8):
        school.building.press(reader, keys[start : start + 8])
        eventually(lambda: not head._waiting)


def watch_unlock(school: CorpusBridge, case: Case, *, locked_before: bool) -> str:
    """Watch the lock for exactly as long as the corpus says, unless something else unlocks it too; what is wrong."""
    door = door_of(case)
    eventually(lambda: school.coil(door))
    if not locked_before:
        return ""
    school.leap(case.expect.unlock_s - 0.01)
    school.settled()
    time.sleep(SETTLED_S)
    if not school.coil(door):
        return "the relay locked too soon"
    school.leap(0.02)
    eventually(lambda: not school.coil(door))
    return ""

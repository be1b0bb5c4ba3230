"""Events as people read them: who or which door first, and names only where they may be seen."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import EventCode, words_of
from access_control.people.models import Operator
from access_control.readers.door_readers import ReaderForm, add_reader
from access_control.readers.event_sentences import Names, Told, names_for, tell, tell_all
from access_control.readers.events import take_events
from access_control.readers.records import EventRow
from tests.building.published import LiveSchool
from tests.building.said import STREAM, raw_event
from tests.building.sites import AT, BY

NAMES = Names(
    doors={8: ("8", "Loading dock")},
    readers={3: "Outside"},
    bridges={"b": "North bridge"},
    people={5: "Priya Nair"},
    operators={"operator:1": "A. Rivera"},
    passes={"ff": "Victor Hale"},
)


def told(code: str, names: Names = NAMES, severity: str = "info", **more: Any) -> Told:
    plain = {"bridge_id": "b", "door_id": 8, "reader_id": 3, "holder_ref": None, "detail": {}}
    return tell(EventRow(code=code, severity=severity, **{**plain, **more}), names)


@pytest.mark.parametrize(
    ("code", "more", "sentence"),
    [
        (
            "DEVICE_KEY_ROTATED",
            {"detail": {"by": "Ann Doe", "user": "local:root", "port": "A", "address": 3}},
            "Outside: given another key by Ann Doe (as root), and proved it.",
        ),
        (
            "DEVICE_KEY_SET",
            {"reader_id": None, "detail": {"by": "local:root", "user": "local:root", "board": 1, "name": "Relays"}},
            "Relays: given its first key by the system's user root, and proved it.",
        ),
        (
            "DEVICE_KEY_SETTLED",
            {"detail": {"by": "Ann Doe", "user": "local:root", "key": "new"}},
            "Outside: found to have its new key by Ann Doe (as root), after an exchange that was broken off.",
        ),
        (
            "DEVICE_MOVED",
            {
                "reader_id": None,
                "door_id": None,
                "detail": {"by": "Ann Doe", "user": "local:root", "port": "A", "address": 3}
                | {"to_address": 7, "to_baud": 9600},
            },
            "North bridge, port A, address 3: given address 7 and 9600 baud by Ann Doe (as root).",
        ),
        (
            "COMMISSIONING_FAILED",
            {"detail": {"by": "Ann Doe", "user": "local:root", "step": "rotate", "why": "Nobody answers."}},
            "Outside: Ann Doe (as root) tried to exchange its key, and failed. Nobody answers.",
        ),
        ("ACCESS_GRANTED", {"holder_ref": 5}, "Priya Nair admitted at door 8, Loading dock."),
        (
            "GRANTED_RESPONDER",
            {"holder_ref": 5, "detail": {"despite_lock": True}},
            "Priya Nair admitted as a responder at door 8, Loading dock, although it is locked for others.",
        ),
        ("GRANTED_PASS", {"detail": {"pass_id": "ff"}}, "Victor Hale admitted with a pass at door 8, Loading dock."),
        (
            "DENIED_UNKNOWN_CREDENTIAL",
            {},
            "An unknown badge refused at door 8, Loading dock: nobody here has this card.",
        ),
        ("DENIED_DOOR", {}, "A badge refused at door 8, Loading dock: not for this door."),
        ("ACCESS_TAKEN", {"detail": {"pass_id": "ff"}}, "Victor Hale went through door 8, Loading dock."),
        ("ACCESS_TAKEN", {"holder_ref": 5}, "Priya Nair went through door 8, Loading dock."),
        ("ACCESS_TAKEN", {"detail": {"by": "operator:1"}}, "Door 8 opened after it was unlocked from the console."),
        ("ACCESS_NOT_TAKEN", {"holder_ref": 5}, "Priya Nair was admitted, but did not open door 8, Loading dock."),
        (
            "POWER_FAIL",
            {"door_id": None, "reader_id": None, "detail": {"alarm_input": 2, "name": "Cabinet supply"}},
            f"Cabinet supply: {words_of('POWER_FAIL')}",
        ),
        ("POWER_RESTORE", {}, "Door 8, Outside: The power supply is well again."),
        ("POWER_RESTORE", {"reader_id": 99}, "Door 8: The power supply is well again."),
        (
            "READER_OFFLINE",
            {"detail": {"why": "Nothing comes back."}},
            "Door 8, Outside: The reader does not answer. Check its power and its line. Nothing comes back.",
        ),
        (
            "PANIC_ACTIVATED",
            {"door_id": None, "reader_id": None, "detail": {"alarm_input": 1, "name": "Counter"}},
            "Counter: A panic button was pressed.",
        ),
        ("FIRE_DOOR_RELEASED", {"detail": {"ms": 183}}, "Door 8 unlocked at the fire alarm, proved after 183 ms."),
        ("FIRE_DOOR_LATCHED", {"detail": {"ms": 90}}, "Door 8 latched at the fire alarm, proved after 90 ms."),
        ("FIRE_DOOR_STAYED", {"detail": {"ms": 7}}, "Door 8 stayed as it was at the fire alarm, proved after 7 ms."),
        (
            "FIRE_DOOR_FAILED",
            {"detail": {"ms": 0, "why": "It is open."}},
            "Door 8 has not proved what it shall do in a fire. It is open.",
        ),
        (
            "LOG_GAP",
            {"bridge_id": "site", "door_id": None, "detail": {"bridge": "b", "from_seq": 1204, "to_seq": 1209}},
            "North bridge: events 1,204 to 1,209 are missing in its record.",
        ),
        (
            "LOG_GAP",
            {"bridge_id": "site", "door_id": None, "detail": {"bridge": "gone", "from_seq": 7, "to_seq": 7}},
            "A bridge: event 7 is missing in its record.",
        ),
        (
            "LOG_GAP",
            {"door_id": None, "reader_id": None, "detail": {"why": "The disk went back."}},
            "North bridge: Numbers are missing in the record of events. The disk went back.",
        ),
        ("DOOR_SECURED", {"detail": {"ms": 412}}, "Door 8 secured, proved after 412 ms."),
        ("UNLOCK_ACTION_DONE", {"detail": {"by": "operator:1"}}, "A. Rivera unlocked door 8, Loading dock once."),
        (
            "UNLOCK_ACTION_REFUSED",
            {"detail": {"by": "operator:9", "why": "There is a lockdown."}},
            "Somebody in the console could not unlock door 8, Loading dock. There is a lockdown.",
        ),
    ],
)
def test_the_sentence_of_an_event(code: str, more: dict[str, Any], sentence: str) -> None:
    assert told(code, **more).sentence == sentence


def test_who_may_not_see_people_reads_the_same_without_names() -> None:
    hidden = NAMES.without_people()
    assert told("ACCESS_GRANTED", hidden, holder_ref=5).sentence == "Somebody admitted at door 8, Loading dock."
    visitor = told("GRANTED_PASS", hidden, detail={"pass_id": "ff"}).sentence
    assert visitor == "A visitor admitted with a pass at door 8, Loading dock."
    by_hand = told("UNLOCK_ACTION_DONE", hidden, detail={"by": "operator:1"}).sentence
    assert by_hand == "Somebody in the console unlocked door 8, Loading dock once."


@pytest.mark.parametrize("code", [*Reason, *EventCode])
@pytest.mark.parametrize("more", [{}, {"door_id": None, "reader_id": None}, {"holder_ref": 5}])
def test_every_code_is_a_sentence_and_never_names_whom_one_may_not_see(code: str, more: dict[str, Any]) -> None:
    said = told(code, NAMES.without_people(), **more)
    assert said.sentence.endswith((".", "!"))
    assert code not in said.sentence
    assert not re.search("Priya|Rivera|Hale", said.sentence)
    assert said.glyph in {"check", "stop", "alarm", "person", "dot"}
    assert said.explains == (code in Reason.__members__)


def test_a_door_that_is_gone_has_its_number_in_the_site() -> None:
    assert told("DOOR_SECURED", door_id=99).sentence == "Door (no. 99) secured."


def test_an_alarm_is_marked() -> None:
    assert told("DENIED_STOLEN", severity="alarm").glyph == "alarm"
    assert told("DENIED_DOOR").glyph == "stop"


def test_what_only_a_newer_bridge_knows_is_told_as_loudly_as_the_bridge_says() -> None:
    sentence = (
        "Door 8, Outside: This bridge reports something that this version of the service does not know: DOOR_PAINTED. "
        "Update the service."
    )
    assert told("DOOR_PAINTED").sentence == sentence
    assert told("DOOR_PAINTED").glyph == "dot"
    assert told("DOOR_PAINTED", severity="critical").glyph == "alarm"


def test_names_are_read_for_what_events_mention(live: LiveSchool) -> None:
    operator = BY.removeprefix("operator:")
    with live.writing() as session:
        reader = add_reader(session, AT, ReaderForm(live.door, "Outside", "usb1", 1, ("H10301",)), BY).id
        session.add(
            Operator(id=operator, login="r", name="A. Rivera", password_hash="x", session_salt="y", created_at=AT)
        )
        holder, where = live.school.person, {"door": live.door, "reader": reader}
        raws = [
            raw_event(live.bridge, 1, "ACCESS_GRANTED", AT, holder=holder, **where),
            raw_event(live.bridge, 2, "UNLOCK_ACTION_DONE", AT, door=live.door, detail={"by": BY}),
        ]
        take_events(session, AT, live.bridge, STREAM, 1, raws)
    with live.database.reading() as session:
        rows = list(session.scalars(select(EventRow).order_by(EventRow.seq)))
        sentences = [one.sentence for one in tell_all(rows, names_for(session, rows))]
    assert sentences == ["Priya Nair admitted at door 1, Door 1.", "A. Rivera unlocked door 1, Door 1 once."]


def test_who_set_a_device_up_is_shown_only_to_those_who_may_see_people() -> None:
    detail = {"by": "Ann Doe", "user": "local:root"}
    shown = told("DEVICE_KEY_ROTATED", NAMES.without_people(), detail=detail).sentence
    assert shown == "Outside: given another key by somebody at the bridge, and proved it."


def test_a_reader_that_is_called_after_its_door_does_not_name_it_twice() -> None:
    names = replace(NAMES, readers={3: "Door 8, card reader", 4: "Door 80, card reader"})
    assert told("READER_ONLINE", names).bold == "Door 8, card reader:"
    assert told("READER_ONLINE", names, reader_id=4).bold == "Door 8, Door 80, card reader:"

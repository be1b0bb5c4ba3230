"""Every fault has a button where it can happen, a name, and a sentence that says what to watch."""

from collections import Counter

from access_control.demo.faults import KINDS, SWITCHES, Fault, Group
from access_control.demo.plan import BY_ID, DOORS, Side


def test_every_fault_is_described_and_can_be_pressed_somewhere() -> None:
    assert set(KINDS) == set(Fault) == {switch.fault for switch in SWITCHES.values()}
    for kind in KINDS.values():
        assert kind.watch.endswith(".")
        assert kind.watch.count(". ") == 0, "one sentence"
        assert kind.title


def test_what_the_issue_of_a_bad_day_names_is_there() -> None:
    wanted = {
        "service_gone-service",
        "bridge_gone-arts",
        "line_cut-main-A",
        "line_garbage-arts-B",
        "boards_cut-main-C",
        "board_dead-3",
        "reader_dead-14",
        "contact_stuck-1",
        "fire-main",
        "panic-arts",
        "mains-main",
    }
    assert wanted <= set(SWITCHES)


def test_each_door_reader_line_and_building_has_its_own() -> None:
    counted = Counter(switch.fault for switch in SWITCHES.values())
    for fault, kind in KINDS.items():
        if kind.group in {Group.READER, Group.DOOR}:
            assert counted[fault] == len(DOORS)
        if kind.group is Group.BUILDING:
            assert counted[fault] == len(Side)
    assert counted[Fault.LINE_CUT] == counted[Fault.LINE_GARBAGE] == 4
    assert counted[Fault.BOARD_DEAD] == 3


def test_a_place_is_named_as_people_find_it() -> None:
    assert SWITCHES["reader_dead-14"].where == f"door {BY_ID[14].number}, {BY_ID[14].name}"
    assert SWITCHES["line_cut-arts-B"].where == "line B, readers of doors 7, 22, 202, 204, gym and arts"
    assert SWITCHES["board_dead-1"].where.startswith("board 1, locks of doors 1, 2, 3, 4, 5, 20, 21, 101,")

"""What the panel tells is what the buildings wrote, once, in order."""

import json
from pathlib import Path

import pytest

from access_control.demo.panel.feed import Feed, told


def line(what: str, second: int, **detail: object) -> str:
    return json.dumps({"what": what, "at": f"2026-11-24T15:00:{second:02}.000Z", "mono_s": second, **detail}) + "\n"


def test_two_buildings_are_told_in_order_and_once(tmp_path: Path) -> None:
    main, arts = tmp_path / "main.jsonl", tmp_path / "arts.jsonl"
    main.write_text(line("card", 1, reader=1))
    feed = Feed([main, arts])
    assert feed.since(0) == []
    with main.open("a") as file:
        file.write(line("card", 4, reader=8) + line("lock", 6, door=8, released=True))
    arts.write_text(line("door", 5, door=13, open=True) + '{"what": "half')
    told_now = feed.since(0)
    assert [(found.door, found.words) for found in told_now] == [
        ("101", "A card is presented to the reader."),
        ("6", "The door opens."),
        ("101", "The lock releases."),
    ]
    assert feed.since(told_now[-1].n) == []
    assert feed.since(told_now[0].n) == told_now[1:]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"what": "led", "shows": "red/off"}, "The reader shows red, blinking."),
        ({"what": "led", "shows": "red/green"}, "The reader shows red and green in turn."),
        ({"what": "led", "shows": "off"}, "The reader shows no light."),
        ({"what": "buzzer", "shows": "2 x 100 ms"}, "The reader sounds: 2 x 100 ms."),
        ({"what": "walk", "result": "passed", "out": False}, "The person is in."),
        ({"what": "walk", "result": "passed", "out": True}, "Somebody has left."),
        ({"what": "walk", "result": "gave_up"}, "Nobody gets in: the person gives up."),
        ({"what": "output", "point": "board 1.0"}, ""),
    ],
)
def test_words(found: dict[str, object], words: str) -> None:
    assert told(found) == words

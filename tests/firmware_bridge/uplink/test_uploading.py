"""Events on their way up: what is refused is seen, a disk that can only be read is emptied, a refill happens once."""

from __future__ import annotations

import errno
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from access_control.core.wire.uplink import Want
from firmware_bridge.store.outbox import Outbox
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.uplink.client import Ask, Line, Reply
from firmware_bridge.uplink.standing import Standing
from firmware_bridge.uplink.uploading import Uploader
from tests.building.processes import until
from tests.firmware_bridge.uplink.wicked import Visit, Wicked, reply

if TYPE_CHECKING:
    from firmware_bridge.uplink.activity import Bench
    from tests.firmware_bridge.uplink.conftest import Around, Script


def outbox_of(around: Around) -> Outbox:
    assert around.recorder.outbox is not None
    return around.recorder.outbox


def firsts(script: Script) -> list[int]:
    """The first number of each upload."""
    with script.lock:
        return [json.loads(body)["first_seq"] for path, body in script.asked if path == "events"]


def test_what_the_service_refuses_is_in_the_status_until_it_takes_events_again(
    around: Around, script: Script, server: Wicked
) -> None:
    problem = b'{"status":400,"code":"bad_content","detail":"Event 2 is none.","action":"Update the bridge."}'
    script.instead = {"events": lambda _: reply(problem, 400)}
    around.record(3)
    with around.uplink(server) as uplink:
        said = "The service does not take this bridge's events: Event 2 is none. Update the bridge."
        until(lambda: uplink.shape()["trouble"] == said, "it is said")
        until(lambda: len(around.times) >= 2, "Statuses go on")
        assert uplink.shape()["trouble"] == said
        script.instead = {}
        until(lambda: not uplink.shape()["trouble"], "it is over")
    assert script.acknowledged == 3


def test_a_disk_that_can_only_be_read_is_emptied_all_the_same(around: Around, script: Script, server: Wicked) -> None:
    around.record(2500)
    # What SQLite answers on such a disk: "attempt to write a readonly database".
    outbox_of(around)._db.execute("PRAGMA query_only = ON")
    with around.uplink(server):
        until(lambda: script.acknowledged == 2500, "all of them leave")
        until(lambda: outbox_of(around).acknowledged == 2500, "a Status would say so")
    outbox_of(around)._db.execute("PRAGMA query_only = OFF")
    assert firsts(script) == [1, 1001, 2001]


def test_what_such_a_disk_cannot_bring_to_safety_leaves_it_too(
    around: Around, script: Script, server: Wicked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_outbox: Outbox) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    around.record(3)
    monkeypatch.setattr(Outbox, "sync", refused)
    with around.uplink(server) as uplink:
        until(lambda: len(around.times) >= 2, "Statuses go on")
        assert script.acknowledged == 0, "a disk that only failed may yet lose them"
        monkeypatch.setattr(Recorder, "read_only", True)
        uplink.stored()
        until(lambda: script.acknowledged == 3, "they leave")
    monkeypatch.undo()


def test_events_under_numbers_that_the_service_has_for_others_arrive_in_a_new_stream(
    around: Around, script: Script, server: Wicked
) -> None:
    around.record(250)
    outbox = outbox_of(around)
    recorded = [json.loads(one.body)["id"] for one in outbox.after(0)]
    outbox.acknowledge(outbox.stream, 95)
    stream = outbox.stream

    def others(_: Visit) -> bytes:
        """The service has 1 to 200 of this stream, and from 101 on they are others."""
        said = json.loads(script.asked[-1][1])
        if said["stream"] != stream:
            return script.take(said)
        problem = {"status": 409, "code": "other_events", "detail": "Others.", "fields": {"from_seq": 101}}
        return reply(json.dumps(problem).encode(), 409)

    script.instead = {"events": others}
    with around.uplink(server) as uplink:
        until(lambda: script.acknowledged == 151, "the new stream arrives")
        until(lambda: not uplink.shape()["trouble"], "and no trouble is left")
    assert [event["id"] for event in script.taken[:150]] == recorded[100:]
    assert [event["seq"] for event in script.taken] == list(range(1, 152))
    assert script.taken[150]["code"] == "LOG_GAP"


@pytest.mark.parametrize("fields", [{}, {"from_seq": "x"}, {"from_seq": -5}, {"from_seq": 10**9}])
def test_a_service_that_does_not_say_from_where_loses_nothing_either(
    around: Around, script: Script, server: Wicked, fields: dict[str, object]
) -> None:
    around.record(9)
    stream = outbox_of(around).stream
    outbox_of(around).acknowledge(stream, 5)
    problem = json.dumps({"status": 409, "code": "other_events", "detail": "Others.", "fields": fields}).encode()
    script.instead = {"events": lambda _: reply(problem, 409)}
    with around.uplink(server):
        until(lambda: outbox_of(around).stream != stream, "a new stream")
        script.instead = {}
        until(lambda: any(event["code"] == "LOG_GAP" for event in script.taken), "which arrives")
    least = 1 if fields.get("from_seq") == 10**9 else 4
    assert len(script.taken) == least + 1


def test_only_what_was_sent_counts_as_taken_whatever_the_service_has(
    around: Around, script: Script, server: Wicked
) -> None:
    around.record(1500)
    script.acknowledged = 1200
    with around.uplink(server):
        until(lambda: script.acknowledged == 1500, "all are there")
    assert firsts(script) == [1, 1001], "the service may have others under the numbers from 1001 to 1200"


class Direct:
    """A session that reaches a scripted service without a line, and notes the first number of each upload."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.firsts: list[int] = []

    def ask(self, _line: Line, ask: Ask) -> Reply:
        said = json.loads(ask.body or b"")
        self.firsts.append(said["first_seq"])
        head, _, body = self._script.take(said).partition(b"\r\n\r\n")
        return Reply(int(head.split(b" ")[1]), body)


def test_what_is_wanted_is_sent_once_however_often_a_status_says_it(
    around: Around, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    around.record(3000)
    stream = outbox_of(around).stream
    outbox_of(around).acknowledge(stream, 3000)
    direct = Direct(script)
    standing = Standing(around.clock, "https://school", lambda *_: None)
    uploader = Uploader(
        cast(
            "Bench",
            SimpleNamespace(
                line=lambda: None, recorder=around.recorder, session=direct, standing=standing, clock=around.clock
            ),
        )
    )

    def wanted(from_seq: int, asked_s: float) -> None:
        uploader.want(Want(stream, from_seq), asked_s)
        uploader.work()

    before_s = around.clock.monotonic_s()
    wanted(1, before_s)
    wanted(1, before_s)  # answered late: the first batch has come meanwhile
    wanted(2001, around.clock.monotonic_s())
    assert direct.firsts == [1, 1001, 2001]
    assert len(caplog.records) == 1, "a refill is told once"
    script.acknowledged = 500  # the database went back again
    wanted(501, around.clock.monotonic_s())
    assert direct.firsts == [1, 1001, 2001, 501]
    assert len(caplog.records) == 2

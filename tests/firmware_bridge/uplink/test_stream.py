"""The stream of pushes, where the network takes the connection away and tells neither side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from access_control.core.decision.model import Revision
from firmware_bridge.uplink import stream
from tests.building.processes import until

if TYPE_CHECKING:
    from tests.firmware_bridge.uplink.conftest import Around, Script
    from tests.firmware_bridge.uplink.wicked import Wicked


def test_a_stream_that_says_nothing_is_given_up_and_opened_anew_while_everything_else_goes_on(
    around: Around, script: Script, server: Wicked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SILENCE_S", 0.3)  # the script says one thing on a stream and then nothing any more
    around.record(3)
    with around.uplink(server) as uplink:
        until(lambda: [path for path, _ in script.asked].count("stream") >= 3, "it is opened again and again")
        until(lambda: script.acknowledged == 3, "events go up meanwhile")
        assert uplink.silent_s() < 60


def test_a_half_open_stream_ends_in_seconds_and_what_is_pushed_on_the_next_one_is_fetched(
    around: Around, script: Script, server: Wicked
) -> None:
    script.documents = {"orders": around.school.orders()}
    script.push("hint", {"orders": "1/1"})
    with around.uplink(server):
        until(lambda: around.documents.kept.revision == Revision(1, 1), "everything is connected")
        script.documents = {"orders": around.school.orders(2)}
        script.push("hint", {"orders": "1/2"})
        server.fall_silent()
        silent_s = around.clock.monotonic_s()
        until(lambda: around.documents.kept.revision == Revision(1, 2), "pushed and fetched over new connections")
        assert around.clock.monotonic_s() - silent_s < stream.SILENCE_S - 2.0

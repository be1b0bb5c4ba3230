"""Real processes, killed at any moment. What was lost or doubled is judged from what the relays really did."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.simulator.relay_log import read_relay_log
from tests.building.kill_rounds import KillRounds, standing_site
from tests.building.killing import Verdict, outputs_on, present
from tests.building.nursery import Nursery
from tests.building.processes import Site, until
from tests.building.signed import ADA, FRONT, Installation, School

LONG = bool(int(os.environ.get("LONG", "0")))
ROUNDS = 200 if LONG else 20
SEED = 20261123
of_the_rounds = pytest.mark.xdist_group("kill rounds")


@pytest.fixture(scope="module")
def found() -> Iterator[Verdict]:
    """All rounds, once for the tests that look at them."""
    place = Path(tempfile.mkdtemp(prefix="b-"))
    installation = Installation(place)
    installation.install()
    with standing_site(installation) as site, Nursery(place, place / "bridge.log") as nursery:
        yield KillRounds(site, nursery, ROUNDS, SEED).run()
    shutil.rmtree(place, ignore_errors=True)


@of_the_rounds
def test_no_grant_is_lost_and_none_is_doubled(found: Verdict) -> None:
    assert found.lost == ()
    # Each of these had waited in vain, but that does not happen all the time.
    assert len(found.ahead) <= max(1, ROUNDS // 50)
    assert found.doubled == ()
    assert not found.gaps
    assert len(found.unfinished) <= ROUNDS
    assert found.releases >= ROUNDS
    # A bridge that was killed before it had opened its outbox could not write down that there was a kill before it.
    assert ROUNDS // 2 <= found.unclean <= ROUNDS


@of_the_rounds
def test_a_lockdown_holds_before_the_first_card_after_a_kill(found: Verdict) -> None:
    lockdowns = found.lockdowns
    assert lockdowns.forgotten == ()
    assert lockdowns.opened == ()
    assert lockdowns.untold == ()
    assert len(lockdowns.ahead) <= max(1, ROUNDS // 50)
    assert lockdowns.answered >= ROUNDS // 10
    assert lockdowns.answered + lockdowns.unanswered >= ROUNDS // 5


@of_the_rounds
def test_every_relay_is_where_it_belongs_after_the_next_start(found: Verdict) -> None:
    assert found.wrong_outputs == ()


def test_a_relay_lets_go_by_itself_when_the_bridge_dies_in_the_middle_of_an_unlock(place: Path) -> None:
    installation, school = Installation(place), School()
    installation.install()
    building, draft = installation.building(), school.draft(1)
    pulsing = replace(building, boards=tuple(replace(board, pulses=True) for board in building.boards))
    told = replace(draft, boards=[replace(board, hardware_pulse=True) for board in draft.boards])
    with Site(installation, pulsing) as site:
        bridge = site.start_bridge()
        site.apply(school.keys(), school.policy(draft=told), school.orders())
        site.wait_for_readers()
        present(site, FRONT, ADA)
        until(lambda: outputs_on(site), "the lock lets go")
        bridge.kill()
        until(lambda: not outputs_on(site), "the board ends the pulse although nobody is there to tell it")
        moved = [line["by"] for line in read_relay_log(installation.relays) if line["what"] == "output"]
        assert moved == ["command", "timer"]

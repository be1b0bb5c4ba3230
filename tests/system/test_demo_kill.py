"""Step 5 with kill -9: the service and the bridges are killed while people pass, and nothing is lost or doubled."""

import os
import random
import time
from pathlib import Path

import pytest

from access_control.demo.check_cards import Cards
from access_control.demo.check_offline import Offline
from access_control.demo.evidence import Evidence
from access_control.demo.plan import DOORS, OPEN_BY_DAY, Side
from access_control.demo.population import called
from access_control.demo.programs import SERVICE, bridge_name
from access_control.demo.staging import Demo

ROUNDS = 15 if os.environ.get("LONG") else 5
CARDS = 10
WHO = ("Hannah Whitfield", "Walter Price", "Tom Alvarado", "Ava Thornton", "Dana Ruiz")


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_is_lost_or_doubled_when_service_and_bridges_are_killed(tmp_path: Path, seed: int) -> None:
    choose = random.Random(seed)
    with Demo(tmp_path / "demo") as demo:
        evidence = Evidence(demo)
        Cards(evidence).everything_is_connected()
        victims = [SERVICE, bridge_name(choose.choice(list(Side))), SERVICE]
        doors = [door.id for door in DOORS if door.number not in OPEN_BY_DAY]
        deadly = sorted(choose.sample(range(1, CARDS), len(victims)))
        for turn in range(CARDS):
            demo.deeds.hold_card(called(choose.choice(WHO)).badge, choose.choice(doors), 1.0)
            time.sleep(choose.uniform(0.0, 0.4))
            if turn in deadly:
                victim = victims[deadly.index(turn)]
                demo.programs.kill(victim)
                time.sleep(choose.uniform(0.0, 0.5))
                demo.programs.start(victim)
        time.sleep(8.0)  # everybody has passed or given up, and every door is shut
        assert Offline(evidence).nothing_lost_or_doubled()

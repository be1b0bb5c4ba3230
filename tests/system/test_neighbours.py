"""Three bridges with their buildings, all processes, and no service: one is told, all three lock and prove it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tests.building.neighbours import NAMES, Three
from tests.building.processes import Process, Site, finished, until

ALL = {"not_secure": [], "not_monitored": [], "unknown": [], "secured": [1, 2, 3]}


def test_a_lockdown_at_one_bridge_is_proved_at_all_three_though_one_was_down(place: Path) -> None:
    three = Three(place)
    with ExitStack() as stack:
        sites = {name: stack.enter_context(Site(three.installations[name])) for name in NAMES}
        running: dict[str, Process] = {name: site.start_bridge() for name, site in sites.items()}
        for name, site in sites.items():
            site.apply(*three.documents(name))
            site.wait_for_readers()
        until(lambda: all(_reached(site) == 2 for site in sites.values()), "each has reached its two neighbours")
        running["c"].kill()

        told = finished(["lockdown", "--config", str(three.installations["a"].settings)], cwd=place)
        assert told.returncode == 0, told.stderr
        assert "All 3 doors are secured." in told.stdout
        until(lambda: _proved(sites["b"]), "the second building is locked and proved")
        shown = finished(["status", "--config", str(three.installations["a"].settings)], cwd=place).stdout
        assert "reachable" in shown
        assert "has acknowledged 1 of 1 emergencies" in shown
        assert "has acknowledged 0 of 1 emergencies" in shown

        running["a"].kill()  # b has it from a and passes it on to c when that is back
        running["c"] = sites["c"].start_bridge()
        until(lambda: _proved(sites["c"]), "the third building is locked and proved, too")
        ((heard_b,), (heard_c,)) = (sites[name].status()["emergencies"] for name in "bc")
        assert heard_b["directive"] == heard_c["directive"]
        started = [event for event in sites["c"].events() if event.code == "SRP_LOCKDOWN_START"]
        assert [event.detail["origin"] for event in started] == [f"bridge:{three.installations['a'].bridge}"]


def _reached(site: Site) -> int:
    return sum(one["reachable"] for one in site.status()["neighbours"]["bridges"])


def _proved(site: Site) -> bool:
    return any(ALL.items() <= emergency.items() for emergency in site.status()["emergencies"])

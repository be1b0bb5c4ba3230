"""The bridge as a process, with everything that an installer or a bad day can do to it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from access_control.core.wire.signing import SigningKey
from tests.building.entering import enters
from tests.building.killing import present
from tests.building.processes import Process, Site, ended, finished, launch, until
from tests.building.signed import (
    ADA,
    BEN,
    BOARDS_LINE,
    FIRST_OF_MANY,
    FRONT,
    OFFICE_DOOR,
    OTHER_BRIDGE,
    OTHER_SITE,
    READERS_LINE,
    ROOM,
    STRANGER,
    Installation,
    School,
    private,
)

NO_WEB = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"flask", "sqlalchemy", "werkzeug"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
"""


def running(site: Site, school: School) -> Process:
    """A bridge with its documents, its readers and its doors ready."""
    bridge = site.start_bridge()
    site.apply(school.keys(), school.policy(), school.orders())
    site.wait_for_readers()
    return bridge


def wait_for(site: Site, code: str, *, holder: int | None = None, count: int = 1) -> None:
    def found() -> bool:
        return sum(event.code == code and holder in (None, event.holder) for event in site.events()) >= count

    until(found, f"{code} for {holder}")


def applied(site: Site, name: str, document: bytes) -> subprocess.CompletedProcess[str]:
    path = site.installation.place / name
    path.write_bytes(document)
    return finished(["apply", "--config", str(site.installation.settings), str(path)], cwd=site.installation.place)


def one_sentence(text: str) -> str:
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    return text


def test_five_thousand_people_and_no_web_framework_in_sight(site: Site) -> None:
    school = School(everybody=[ADA, BEN, *range(FIRST_OF_MANY, FIRST_OF_MANY + 5000)])
    first = site.start_bridge()
    site.apply(school.keys(), school.policy(), school.orders())
    assert first.stop() == 0
    bridge = site.start_bridge(prefix=NO_WEB)
    site.wait_for_readers()
    present(site, FRONT, FIRST_OF_MANY + 4999)
    wait_for(site, "ACCESS_GRANTED", holder=FIRST_OF_MANY + 4999)
    present(site, ROOM, STRANGER)
    wait_for(site, "DENIED_UNKNOWN_CREDENTIAL")
    assert bridge.stop() == 0
    assert bridge.out == ["The bridge is ready: 3 doors on 2 ports.", "The bridge has stopped in order."]
    assert site.codes()[-1] == "BRIDGE_STOPPED"


def test_without_a_policy_every_card_is_refused_and_no_door_is_touched(site: Site) -> None:
    bridge = site.start_bridge()
    until(lambda: bridge.err, "the bridge says what is missing")
    assert any("There is no Policy yet" in line for line in bridge.err)
    assert site.status()["doors"] == []
    refused = finished(["lockdown", "--config", str(site.installation.settings)], cwd=site.installation.place)
    assert refused.returncode == 1
    assert "no Policy yet" in one_sentence(refused.stderr)
    assert bridge.stop() == 0
    assert "output" not in site.installation.relays.read_text(encoding="utf-8")


def forged(school: School) -> bytes:
    return replace(school, key=SigningKey(school.key.key_id, private("thief"))).policy(9)


BAD_POLICIES: dict[str, Callable[[School], bytes]] = {
    "damaged": lambda school: bytes([*school.policy(9)[:-200], 0, *school.policy(9)[-199:]]),
    "cut off": lambda school: school.policy(9)[:-1000],
    "signed by a thief": forged,
    "of another bridge": lambda school: replace(school, bridge=OTHER_BRIDGE).policy(9),
    "of another site": lambda school: replace(school, site=OTHER_SITE).policy(9),
    "older": lambda school: replace(school).policy(1),
    "of an unknown version": lambda school: school.policy(9).replace(b'"version":1', b'"version":9', 1),
    "not a document": lambda _: b"hello\n",
}


def test_bad_documents_get_one_sentence_each_and_change_nothing(site: Site) -> None:
    school = School(policies=4)
    bridge = running(site, school)
    site.apply(school.orders(revoked=[BEN]))
    for name, bad in BAD_POLICIES.items():
        done = applied(site, "bad.doc", bad(replace(school)))
        assert done.returncode == 1, name
        assert re.search(r"[.!]$", one_sentence(done.stderr).strip()), name
    old_orders = applied(site, "old.doc", replace(school).orders(1))
    assert "older" in one_sentence(old_orders.stderr)
    assert site.status()["policy"] == "1/5"
    assert site.status()["orders"] == "1/2"
    wait_for(site, "POLICY_REFUSED", count=len(BAD_POLICIES))
    wait_for(site, "ORDERS_REFUSED")
    present(site, FRONT, BEN)
    wait_for(site, "DENIED_LOST")
    present(site, FRONT, ADA)
    wait_for(site, "ACCESS_GRANTED", holder=ADA)
    again = applied(site, "again.doc", replace(school).orders(2, revoked=[BEN]))
    assert again.returncode == 0
    assert "already in force" in again.stdout
    assert bridge.stop() == 0


def test_with_a_new_policy_refused_a_revoked_badge_stays_dead_even_after_a_restart(site: Site) -> None:
    school = School()
    bridge = running(site, school)
    site.apply(school.orders(revoked=[BEN]), school.orders())
    assert applied(site, "bad.doc", forged(school)).returncode == 1
    bridge.kill()
    bridge = site.start_bridge()
    site.wait_for_readers()
    present(site, FRONT, BEN)
    wait_for(site, "DENIED_LOST")
    assert bridge.stop() == 0


def test_a_damaged_policy_on_disk_is_set_aside_and_the_one_before_it_serves(site: Site) -> None:
    school = School()
    bridge = running(site, school)
    site.apply(school.policy())
    assert bridge.stop() == 0
    stored = site.installation.state / "documents" / "policy.doc"
    stored.write_bytes(stored.read_bytes()[:-1] + b"?")
    bridge = site.start_bridge()
    assert site.status()["policy"] == "1/1"
    wait_for(site, "POLICY_DAMAGED")
    assert list(stored.parent.glob("policy.doc.damaged-*"))
    assert applied(site, "same.doc", school.policy(2)).returncode == 0
    assert site.status()["policy"] == "1/2"
    assert bridge.stop() == 0


def test_a_damaged_outbox_is_set_aside_and_doors_go_on(site: Site) -> None:
    bridge = running(site, School())
    assert bridge.stop() == 0
    outbox = site.installation.state / "outbox.db"
    outbox.write_bytes(b"rubbish" * 5000)
    bridge = site.start_bridge()
    site.wait_for_readers()
    enters(site, FRONT)
    wait_for(site, "ACCESS_GRANTED", holder=ADA)
    assert "OUTBOX_DAMAGED" in site.codes()
    assert bridge.stop() == 0


def test_the_command_line_sees_each_door_confirm_a_lockdown(site: Site) -> None:
    bridge = running(site, School())
    settings = ["--config", str(site.installation.settings)]
    done = finished(["lockdown", *settings, "--drill", "--by", "principal"], cwd=site.installation.place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "LOCKDOWN (DRILL) is in force at 3 doors." in done.stdout
    assert len(re.findall(r"^ *\d+ ms  .*: secured$", done.stdout, re.MULTILINE)) == 3
    assert "All 3 doors are secured." in done.stdout
    shown = finished(["status", *settings], cwd=site.installation.place)
    assert "DRILL, LOCKDOWN" in shown.stdout
    assert "Front door" in shown.stdout
    assert bridge.stop() == 0


def test_the_command_line_names_the_doors_that_an_evacuate_unlocks(site: Site) -> None:
    school = School()
    bridge = running(site, school)
    draft = school.draft(school.policies + 1)
    doors = [replace(door, evacuate_unlock=door.id == OFFICE_DOOR) for door in draft.doors]
    site.apply(school.policy(draft=replace(draft, doors=doors)))
    settings = ["--config", str(site.installation.settings), "--action", "evacuate"]
    done = finished(["lockdown", *settings], cwd=site.installation.place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "UNLOCKED are 1 of 3 doors; the others stay as they are:\n  I1 Office corridor: unlocked" in done.stdout
    assert bridge.stop() == 0


def test_a_door_that_stands_open_is_on_the_walk_list(site: Site) -> None:
    bridge = running(site, School())
    site.remote.ask("fault_door", door=ROOM, contact_stuck=True)
    until(lambda: site.status()["doors"][ROOM - 1]["position"] == "open", "the contact says open")
    settings = ["--config", str(site.installation.settings)]
    done = finished(["lockdown", *settings], cwd=site.installation.place)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "WALK to 1 of 3 doors:" in done.stdout
    assert re.search(r"^  101 Room 101: .*open", done.stdout, re.MULTILINE)
    assert bridge.stop() == 0


def test_a_missing_port_is_said_and_used_when_it_comes(place: Path) -> None:
    installation = Installation(place)
    installation.install()
    school = School()
    with Site(installation) as site:
        bridge = running(site, school)
        assert bridge.stop() == 0
    lonely = launch(["run", "--config", str(installation.settings)], cwd=place)
    with ended(lonely):
        site = Site(installation)
        until(lambda: lonely.out, "the bridge is ready without its ports")
        until(lambda: len(site.status()["ports"]) == 2, "both ports were tried")
        whys = {port["name"]: port["why"] for port in site.status()["ports"]}
        assert all("is not there" in why for why in whys.values()), whys
        until(lambda: all(why in "".join(lonely.err) for why in whys.values()), "who started it is told")
        assert {door["security"] for door in site.status()["doors"]} == {"unknown"}
        with site:
            site.wait_for_readers()
            present(site, FRONT, ADA)
            wait_for(site, "ACCESS_GRANTED", holder=ADA)
            assert lonely.stop() == 0
    assert "PORT_LOST" in site.codes() or "PORT_RESTORED" in site.codes()


def test_a_taken_port_is_said(site: Site) -> None:
    import serial

    school = School()
    assert running(site, school).stop() == 0
    path = str(site.installation.line(BOARDS_LINE))
    with serial.Serial(path, 115200, exclusive=True):
        bridge = site.start_bridge()

        def told() -> bool:
            return any(f"(process {os.getpid()})" in port["why"] for port in site.status()["ports"])

        until(told, "the taken port is told")
        assert bridge.popen.poll() is None
    site.wait_for_readers()
    assert bridge.stop() == 0


def test_two_bridges_do_not_share_a_state_directory(site: Site) -> None:
    first = site.start_bridge()
    second = finished(["run", "--config", str(site.installation.settings)], cwd=site.installation.place)
    assert second.returncode == 1
    assert "already runs" in one_sentence(second.stderr)
    assert first.popen.poll() is None
    assert first.stop() == 0


def test_every_mistake_in_the_settings_is_reported_at_once(place: Path) -> None:
    settings = place / "bridge.toml"
    settings.write_text('state_dir = 5\nlog_level = "loud"\n[ports.A]\nkind = "x"\n', encoding="utf-8")
    done = finished(["run", "--config", str(settings)], cwd=place)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 4
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda state: (state / "trust.json").unlink(), "belongs to no school yet"),
        (lambda state: (state / "keys" / "digest.key").chmod(0o644), "chmod 600"),
        (lambda state: (state / "keys" / "bridge.key").write_text("zz"), "damaged"),
        (lambda state: (state / "trust.json").write_text("{}"), "cannot be used"),
    ],
)
def test_what_is_missing_at_the_start_is_one_sentence(place: Path, spoil: object, sentence: str) -> None:
    installation = Installation(place)
    installation.install()
    assert callable(spoil)
    spoil(installation.state)
    done = finished(["run", "--config", str(installation.settings)], cwd=place)
    assert done.returncode == 1
    assert sentence in one_sentence(done.stderr)


def test_new_readers_get_their_keys_while_the_bridge_is_stopped(place: Path) -> None:
    installation = Installation(place)
    installation.install(commissioned=False)
    fresh = replace(
        installation.building(), readers=tuple(replace(r, key=None) for r in installation.building().readers)
    )
    school = School()
    settings = ["--config", str(installation.settings)]
    with Site(installation, fresh) as site:
        bridge = site.start_bridge()
        site.apply(school.keys(), school.policy(), school.orders())
        present(site, FRONT, ADA)
        busy = finished(["commission", *settings, "--all"], cwd=place)
        assert busy.returncode == 1
        assert "already runs" in one_sentence(busy.stderr)
        assert bridge.stop() == 0
        assert "ACCESS_GRANTED" not in site.codes()
        wrong = finished(["commission", *settings, "--port", READERS_LINE, "--address", "77"], cwd=place)
        assert wrong.returncode == 1
        assert "No reader answers at address 77" in one_sentence(wrong.stderr)
        done = finished(["commission", *settings, "--all"], cwd=place)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("has its key and proved it") == 3
        assert "already" in finished(["commission", *settings, "--all"], cwd=place).stdout
        bridge = site.start_bridge()
        site.wait_for_readers()
        present(site, FRONT, ADA)
        wait_for(site, "ACCESS_GRANTED", holder=ADA)
        assert bridge.stop() == 0

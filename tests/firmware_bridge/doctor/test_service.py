from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from access_control.core.decision.model import Revision
from access_control.core.wire.keys import KeyStatement, identity_key, seal_keys
from firmware_bridge.clock import SystemClock
from firmware_bridge.doctor.finding import Level
from tests.building.signed import IDENTITY, SITE
from tests.firmware_bridge.doctor.patient import Patient
from tests.firmware_bridge.uplink.wicked import Visit, Wicked, certificate, reply, wicked


def answering(off_s: float | None) -> bytes:
    """What a service says whose clock is behind by so much."""
    if off_s is None:
        return reply(b"{}")
    theirs = SystemClock().moment().at - timedelta(seconds=off_s)
    return reply(b"{}", 200, b"Date: " + format_datetime(theirs, usegmt=True).encode())


def call(patient: Patient, url: str) -> None:
    settings = patient.installation.settings
    settings.write_text(settings.read_text() + f'\n[service]\nurl = "{url}"\n')


def pin(patient: Patient, server: Wicked) -> None:
    school = patient.school
    keys = {school.key.key_id: school.key.public_bytes()}
    statement = KeyStatement(SITE, Revision(1, 2), school.made_at, keys, tls_current=server.fingerprint)
    patient.apply(seal_keys(statement, identity_key(IDENTITY)))


def serve(off_s: float | None) -> Callable[[Visit], None]:
    def visit(visit: Visit) -> None:
        while visit.request():
            visit.send(answering(off_s))

    return visit


@pytest.mark.parametrize(
    ("off_s", "level"),
    [(0.0, None), (60.0, Level.WRONG), (-60.0, Level.WRONG), (None, Level.UNSEEN)],
)
def test_the_services_clock(patient: Patient, off_s: float | None, level: Level | None) -> None:
    with wicked(serve(off_s)) as server:
        call(patient, server.service.url)
        bad = patient.bad()
    assert "service" not in bad
    assert (bad["clock.offset"].level if "clock.offset" in bad else None) is level
    if level is Level.WRONG:
        assert ("ahead of" if (off_s or 0) > 0 else "behind") in bad["clock.offset"].sentence


def test_a_service_whose_key_the_school_named(patient: Patient, tmp_path: Path) -> None:
    with wicked(serve(0.0), tls=certificate(tmp_path)) as server:
        call(patient, server.service.url)
        pin(patient, server)
        said = {finding.check: finding for finding in patient.findings()}
        assert said["service"].level is Level.GOOD
        assert "a key that the school named" in said["service"].sentence
        assert b"Authorization" not in b"".join(server.heard)


def test_a_service_with_another_key_is_told_nothing(patient: Patient, tmp_path: Path) -> None:
    with wicked(serve(0.0), tls=certificate(tmp_path)) as server:
        call(patient, server.service.url)
        found = patient.bad()["service"]
    assert found.level is Level.WRONG
    assert "does not name" in found.sentence


def test_a_service_that_nobody_reaches(patient: Patient) -> None:
    call(patient, "http://127.0.0.1:9")
    found = patient.bad()["service"]
    assert found.level is Level.LOOK
    assert "Doors go on without it" in found.sentence


def test_a_service_that_hangs_up(patient: Patient) -> None:
    with wicked(lambda _: None) as server:
        call(patient, server.service.url)
        assert patient.bad()["service"].level is Level.LOOK


def test_no_key_statement(patient: Patient) -> None:
    for path in (patient.installation.state / "documents").glob("keys*"):
        path.unlink()
    call(patient, "https://127.0.0.1:9")
    assert "firmware-bridge enroll" in patient.bad()["service"].sentence

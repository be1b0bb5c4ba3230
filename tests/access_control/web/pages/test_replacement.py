"""Replacing a bridge's machine from the console."""

from __future__ import annotations

import re
from html import unescape

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient

from access_control.core.wire.recovery import private_key, read_passphrase
from access_control.core.wire.sealed_keys import sign_copy
from access_control.readers.enrolment import fingerprint
from access_control.readers.models import Bridge
from access_control.readers.recovery import keep_sealed_keys, recovery_key, retire_copy, set_recovery_key
from access_control.readers.replacement import enroll_replacement, replacement_of
from access_control.web.services import Services
from tests.building.console_school import ConsoleSchool
from tests.building.pages import post, refusals
from tests.building.recovery import OTHER_RECOVERY, RECOVERY, copy_of
from tests.building.tiny_school import BRIDGE, PASSWORD, SITE

PATH = f"/bridges/{BRIDGE}"


def test_the_passphrase_is_made_with_the_password_again_and_shown_once(
    administrator: FlaskClient, installer: FlaskClient, furnished: ConsoleSchool, services: Services
) -> None:
    del furnished
    assert "The school has no recovery passphrase" in administrator.get("/bridges").text
    assert "There is none yet" in administrator.get("/bridges/recovery").text
    assert "An administrator makes it" in installer.get("/bridges/recovery").text
    wrong = post(administrator, "/bridges/recovery", {"recovery-password": "not this one"})
    assert wrong.status_code == 422
    assert "That is not your password" in refusals(wrong)[0]
    with services.database.reading() as session:
        assert recovery_key(session) is None

    shown = post(administrator, "/bridges/recovery", {"recovery-password": PASSWORD})
    assert shown.headers["Cache-Control"] == "no-store"
    found = re.search(r'id="passphrase"[^>]*>([A-Z2-7-]+)<', shown.text)
    assert found is not None
    with services.database.reading() as session:
        key = recovery_key(session)
    assert key is not None
    private_key(read_passphrase(found[1]), key)
    page = administrator.get("/bridges/recovery").text
    assert "There is one" in page
    assert found[1] not in page
    assert "made the recovery passphrase of" in administrator.get("/audit").text


def test_the_pages_say_whose_keys_are_not_safe(
    administrator: FlaskClient, furnished: ConsoleSchool, services: Services
) -> None:
    del furnished

    def said() -> str:
        return unescape(administrator.get(PATH).text)

    assert "has no recovery passphrase, so there is no copy" in said()
    with services.database.writing() as session:
        set_recovery_key(session, services.clock(), RECOVERY, by="cli")
    assert "No copy has come yet" in said()
    assert "Readers' keys of Front bridge: No copy has come yet" in unescape(administrator.get("/bridges").text)
    sealed, key = copy_of(SITE, BRIDGE), Ed25519PrivateKey.generate()
    with services.database.writing() as session:
        row = session.get_one(Bridge, BRIDGE)
        row.public_key = key.public_key().public_bytes_raw()
        held = keep_sealed_keys(session, services.clock(), BRIDGE, sealed, sign_copy(sealed, key))
        row.in_force = {**row.in_force, "sealed_keys": held.digest}
    assert "A sealed copy is here" in said()
    assert "Readers' keys of" not in unescape(administrator.get("/bridges").text)
    with services.database.writing() as session:
        row = session.get_one(Bridge, BRIDGE)
        row.in_force = {**row.in_force, "sealed_keys": None}
    assert "is not of the keys that the bridge has now" in said()
    with services.database.writing() as session:
        set_recovery_key(session, services.clock(), OTHER_RECOVERY, by="cli")
    assert "Only the passphrase before the present one opens" in said()
    assert "is kept, too" not in said()
    with services.database.writing() as session:
        retire_copy(session, services.clock(), BRIDGE)
    assert "What an earlier machine had sealed is kept, too" in said()


def code_for(client: FlaskClient) -> str:
    shown = post(client, f"{PATH}/replace", {"replace-password": PASSWORD})
    assert shown.headers["Cache-Control"] == "no-store"
    found = re.search(r"enroll (SAC1-[A-Z0-9-]+) --replace", shown.text)
    assert found is not None
    return found[1]


def test_a_new_machine_is_asked_for_enrolled_and_confirmed(
    administrator: FlaskClient, installer: FlaskClient, furnished: ConsoleSchool, services: Services
) -> None:
    del furnished
    assert post(administrator, f"{PATH}/replace").status_code == 422
    assert "That is not your password" in refusals(post(administrator, f"{PATH}/replace", {"replace-password": "x"}))[0]
    code = code_for(administrator)
    page = administrator.get(PATH).text
    assert "A new machine is to take its place" in page
    assert code not in page
    assert post(administrator, f"{PATH}/replace/confirm").status_code == 409
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with services.database.writing() as session:
        enroll_replacement(session, services.keys, services.clock(), code=code, public_key=public, address="")
    page = administrator.get(PATH).text
    assert fingerprint(public) in page
    assert "An administrator has to confirm it" in installer.get(PATH).text
    assert post(administrator, f"{PATH}/replace/confirm").status_code == 409
    assert post(administrator, f"{PATH}/replace/confirm", fingerprint=fingerprint(bytes(32))).status_code == 409
    shown = re.search(r'replace/confirm">.*?name="fingerprint" value="([^"]+)"', page)
    assert shown is not None
    assert post(administrator, f"{PATH}/replace/confirm", fingerprint=shown[1]).status_code == 303
    with services.database.reading() as session:
        assert session.get_one(Bridge, BRIDGE).public_key == public
    page = administrator.get(PATH).text
    assert "The new machine is Front bridge now" in page
    assert "Is this the new machine?" not in page
    assert "put a new machine in the place of the bridge" in administrator.get("/audit").text


def test_it_is_called_off(administrator: FlaskClient, furnished: ConsoleSchool, services: Services) -> None:
    del furnished
    code_for(administrator)
    assert post(administrator, f"{PATH}/replace/cancel").status_code == 303
    with services.database.reading() as session:
        assert replacement_of(session, BRIDGE) is None
    assert "stays the machine that it is" in administrator.get(PATH).text

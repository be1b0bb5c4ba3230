"""A new bridge says its code only to the service that made it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from access_control.core.wire.enrolment_code import code_for, write_code
from access_control.core.wire.errors import Refused
from access_control.core.wire.keys import identity_key, open_keys, seal_keys
from access_control.core.wire.sealed_keys import sign_copy
from firmware_bridge.uplink.enrolling import Joined, Offered, ask_for_keys, join
from firmware_bridge.uplink.errors import NonsenseError, RefusedError, UplinkError, WrongKeyError
from tests.building.clock import SetClock
from tests.building.signed import BRIDGE, DIGEST_KEY, IDENTITY, OTHER_BRIDGE, OTHER_SITE, SITE, TRUST, School, private
from tests.firmware_bridge.uplink.conftest import in_base64, told
from tests.firmware_bridge.uplink.wicked import Wicked, reply

if TYPE_CHECKING:
    from tests.firmware_bridge.uplink.conftest import Script

PUBLIC = IDENTITY.public_key().public_bytes_raw()
CODE = write_code(code_for(bytes(16), PUBLIC))
SCHOOL = {"site": SITE, "identity_key": PUBLIC.hex(), "keys": in_base64(School().keys())}
GIVEN = {
    "site": SITE,
    "bridge": BRIDGE,
    "name": "North bridge",
    "identity_key": PUBLIC.hex(),
    "digest_key": DIGEST_KEY.hex(),
    "keys": SCHOOL["keys"],
}


def ask(script: Script, server: Wicked, code: str = CODE, **changes: Any) -> Joined:
    """Enrol at a service whose answers differ as the test says: ``school=``, ``given=``."""
    script.instead = {
        "school": lambda _: told(SCHOOL | changes.get("school", {})),
        "enrol": lambda _: told(GIVEN | changes.get("given", {})),
    }
    return join(server.service, code, bytes(32), SetClock(), address="cabinet")


def test_it_keeps_whom_to_trust_and_shows_no_key(script: Script, server: Wicked) -> None:
    joined = ask(script, server)
    assert (joined.trust, joined.name, joined.digest_key) == (TRUST, "North bridge", DIGEST_KEY)
    assert DIGEST_KEY.hex() not in repr(joined)
    assert repr(DIGEST_KEY) not in repr(joined)
    assert [path for path, _ in script.asked] == ["school", "enrol"]


@pytest.mark.parametrize(
    ("school", "error"),
    [
        ({"identity_key": private("thief").public_key().public_bytes_raw().hex()}, WrongKeyError),
        ({"site": OTHER_SITE}, NonsenseError),
        ({"keys": "***"}, NonsenseError),
        ({"keys": in_base64(b"AC-SEALED")}, NonsenseError),
        ({"identity_key": "short"}, NonsenseError),
    ],
)
def test_another_service_never_hears_the_code(
    script: Script, server: Wicked, school: dict[str, str], error: type[UplinkError]
) -> None:
    with pytest.raises(error):
        ask(script, server, school=school)
    assert [path for path, _ in script.asked] == ["school"]
    assert not any(CODE.encode() in body for _, body in script.asked)


@pytest.mark.parametrize(
    "given", [{"site": OTHER_SITE}, {"identity_key": bytes(32).hex()}, {"keys": in_base64(b"AC-SEALED")}]
)
def test_a_service_that_changes_its_name_meanwhile_is_not_joined(
    script: Script, server: Wicked, given: dict[str, str]
) -> None:
    with pytest.raises(NonsenseError):
        ask(script, server, given=given)


def test_a_slip_of_the_pen_is_found_before_anybody_is_asked(script: Script, server: Wicked) -> None:
    for wrong in ("", "SAC1-AAAA", CODE[:-1] + ("A" if CODE[-1] != "A" else "B")):
        with pytest.raises(Refused):
            ask(script, server, wrong)
    assert script.asked == []


def test_a_used_code_is_a_sentence_with_what_to_do(script: Script, server: Wicked) -> None:
    refusal = b'{"status":403,"code":"bad_code","detail":"This code was used.","action":"Make another."}'
    script.instead = {"school": lambda _: told(SCHOOL), "enrol": lambda _: reply(refusal, 403)}
    with pytest.raises(RefusedError, match="This code was used"):
        join(server.service, CODE, bytes(32), SetClock())


SIGNER = private("bridge")
NAMED = {
    "keys": in_base64(
        seal_keys(
            replace(
                open_keys(School().keys(), PUBLIC, site=SITE),
                bridges={BRIDGE: (SIGNER.public_key().public_bytes_raw(), ("site",))},
            ),
            identity_key(IDENTITY),
        )
    )
}
"""A school that names the bridge's key."""
OFFERED = {
    "site": SITE,
    "bridge": BRIDGE,
    "name": "North bridge",
    "sealed": in_base64(b"sealed"),
    "signature": sign_copy(b"sealed", SIGNER).hex(),
    "former": [in_base64(b"former")],
    "held": "It came.",
}


def offer(script: Script, server: Wicked, **changes: Any) -> Offered:
    script.instead = {
        "school": lambda _: told(SCHOOL | changes.get("school", {})),
        "recovery": lambda _: told(OFFERED | changes.get("offered", {})),
    }
    return ask_for_keys(server.service, CODE, SetClock())


def test_a_machine_that_replaces_a_bridge_asks_for_its_keys_first(script: Script, server: Wicked) -> None:
    known = Offered(SITE, BRIDGE, "North bridge", b"sealed", "It came.", signed=True, former=(b"former",))
    assert offer(script, server, school=NAMED) == known
    assert offer(script, server, offered={"sealed": None}).sealed is None
    assert [path for path, _ in script.asked] == ["school", "recovery"] * 2


@pytest.mark.parametrize(
    "offered",
    [{"signature": "00" * 64}, {"signature": None}, {"sealed": in_base64(b"other")}, {"bridge": OTHER_BRIDGE}],
)
def test_keys_that_the_bridge_did_not_sign_are_told_apart(
    script: Script, server: Wicked, offered: dict[str, str | None]
) -> None:
    assert not offer(script, server, school=NAMED, offered=offered).signed
    assert not offer(script, server).signed, "the school names no key for this bridge"


def test_a_thief_is_not_asked_for_keys(script: Script, server: Wicked) -> None:
    thief = private("thief").public_key().public_bytes_raw().hex()
    with pytest.raises(WrongKeyError):
        offer(script, server, school={"identity_key": thief})
    assert [path for path, _ in script.asked] == ["school"]


@pytest.mark.parametrize("offered", [{"site": OTHER_SITE}, {"sealed": "***"}, {"former": ["***"]}])
def test_nonsense_about_keys_is_told_as_such(script: Script, server: Wicked, offered: dict[str, str]) -> None:
    with pytest.raises(NonsenseError):
        offer(script, server, offered=offered)


def test_it_says_that_it_replaces(script: Script, server: Wicked) -> None:
    script.instead = {"school": lambda _: told(SCHOOL), "enrol": lambda _: told(GIVEN)}
    join(server.service, CODE, bytes(32), SetClock(), replace=True)
    assert script.asked[-1][1].endswith(b'"replace":true}')

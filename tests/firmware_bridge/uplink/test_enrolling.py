"""A new bridge says its code only to the service that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from access_control.core.wire.enrolment_code import code_for, write_code
from access_control.core.wire.errors import Refused
from firmware_bridge.uplink.enrolling import Joined, join
from firmware_bridge.uplink.errors import NonsenseError, RefusedError, UplinkError, WrongKeyError
from tests.building.clock import SetClock
from tests.building.signed import BRIDGE, DIGEST_KEY, IDENTITY, OTHER_SITE, SITE, TRUST, School, private
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

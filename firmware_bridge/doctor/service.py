"""The service: whether it is reached, shows a key that the school named, and has the same time."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from access_control.core.wire.keys import KeyStatement
from access_control.core.wire.uplink import PREFIX
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config, ServiceSettings
from firmware_bridge.doctor.finding import Finding, good, look, unseen, wrong
from firmware_bridge.uplink.errors import UnreachableError, UplinkError
from firmware_bridge.uplink.pinning import connect, pins_of
from firmware_bridge.uplink.service_time import CLOSE

_WHOLE_SECONDS: Final = timedelta(seconds=1)
"""The service's clock is read from a header that has no fractions."""


def look_at_service(config: Config, statement: KeyStatement | None, clock: Clock) -> Iterator[Finding]:
    """Ask the service who it is; nothing about this bridge is said to it."""
    service = config.service
    if service is None:
        yield good("service", "The settings name no service; documents come by hand.")
        return
    if statement is None and service.tls:
        yield wrong(
            "service", "There is no key statement, so no service can be believed. Run `firmware-bridge enroll`."
        )
        return
    try:
        said = _ask(service, statement)
    except UnreachableError as error:
        yield look("service", f"{error} Doors go on without it. See to the network, or to the service.")
        return
    except UplinkError as error:
        yield wrong("service", str(error))
        return
    except (OSError, http.client.HTTPException) as error:
        yield look("service", f"{service.url} hung up ({type(error).__name__}). Doors go on without it.")
        return
    yield good(
        "service", f"{service.url} answers" + (" and shows a key that the school named." if service.tls else ".")
    )
    yield _compare(said, clock)


def _ask(service: ServiceSettings, statement: KeyStatement | None) -> str | None:
    plain, _ = connect(service, pins_of(statement))
    connection = http.client.HTTPConnection(service.host, service.port)
    connection.sock = plain
    try:
        connection.request("GET", service.base + PREFIX + "school")
        with connection.getresponse() as answer:
            return answer.getheader("Date")
    finally:
        connection.close()


def _compare(said: str | None, clock: Clock) -> Finding:
    try:
        theirs: datetime = parsedate_to_datetime(said or "")
        ahead = clock.moment().at - theirs
    except (TypeError, ValueError):
        return unseen("clock.offset", "The service does not say what time it has.")
    if ahead < -CLOSE or ahead > CLOSE + _WHOLE_SECONDS:
        way = "ahead of" if ahead > timedelta() else "behind"
        return wrong(
            "clock.offset",
            f"This clock is {abs(ahead).total_seconds():.0f} s {way} the service's. Set it, or have both follow a time "
            "server.",
        )
    return good("clock.offset", "This clock and the service's agree.")

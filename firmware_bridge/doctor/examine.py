"""All checks in the order in which somebody would mend things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from firmware_bridge.config import Config
from firmware_bridge.doctor.finding import Finding, good, look, wrong
from firmware_bridge.doctor.machine import Machine, look_at_boot, look_at_unit
from firmware_bridge.doctor.neighbours import look_at_neighbours
from firmware_bridge.doctor.ports import look_at_ports
from firmware_bridge.doctor.recovery import look_at_recovery
from firmware_bridge.doctor.school import look_at_age, look_at_policy
from firmware_bridge.doctor.service import look_at_service
from firmware_bridge.doctor.stored import read_stored
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient
from firmware_bridge.local.clock_words import clock_doubt


def examine(config: Config, machine: Machine) -> Iterator[Finding]:
    """Look at everything; the bridge may run or not."""
    yield good("settings", f"{config.source} can be used.")
    stored, findings = read_stored(config)
    yield from findings
    status, said = _ask_bridge(config)
    yield said
    yield from look_at_ports(config, machine, status)
    yield from look_at_policy(config, stored.policy, machine.clock.moment().at)
    yield from look_at_age(status)
    yield from look_at_recovery(config, stored.policy)
    yield from look_at_neighbours(stored.policy, status)
    yield from _clock(status)
    yield from look_at_boot(machine)
    yield from look_at_service(config, stored.statement, machine.clock)
    yield from look_at_unit(machine)


def _ask_bridge(config: Config) -> tuple[Mapping[str, Any] | None, Finding]:
    try:
        with LocalClient(config.control_socket) as client:
            status = client.status()
    except BridgeUnreachableError:
        return None, look("bridge", "The bridge does not run; start it with `systemctl start firmware-bridge`.")
    except BridgeRefusedError as error:
        return None, wrong("bridge", f"The bridge runs but does not say how it is. {error}")
    return status, good("bridge", "The bridge runs and answers.")


def _clock(status: Mapping[str, Any] | None) -> Iterator[Finding]:
    if status is None:
        return
    if status["clock_trusted"]:
        yield good("clock", "The bridge's clock is proved.")
    else:
        doubt = clock_doubt(status["clock"])
        yield look("clock", f"The bridge's clock is not proved, so timed rights are refused. {doubt}")

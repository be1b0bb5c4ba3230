"""What the stored Policy asks of this bridge, and whether it can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from access_control.core.decision.model import FireAction, Policy
from access_control.core.wire.policy_wiring import inputs_within_reach
from firmware_bridge.config import Config, PortKind
from firmware_bridge.doctor.finding import Finding, good, look, wrong
from firmware_bridge.local.policy_words import OVER, confirmed, warnings
from firmware_bridge.store.keys import KeyFileError, KeyStore

OLD_DAYS: Final = 8  # the service makes a new Policy every week
_HORIZON_DAYS: Final = 30
_DAY_S: Final = 86_400


def look_at_policy(config: Config, policy: Policy | None, at: datetime) -> Iterator[Finding]:
    """Age, unkeyed readers, bench overrides, inputs within reach, doors whose fire release is not shown."""
    if policy is None:
        yield wrong("policy", "There is no Policy: every card is refused. Let the service send one, or `apply` one.")
        return
    age_days = (at - policy.made_at).total_seconds() / _DAY_S
    words = f"Policy {policy.revision.epoch}/{policy.revision.n} is {max(age_days, 0):.0f} days old"
    if age_days > OLD_DAYS:
        yield look("policy", f"{words}; a new one is due every week. See whether the service is reached.")
    else:
        yield good("policy", f"{words}.")
    yield from _horizon(policy, at)
    yield from _readers(config, policy)
    yield from _overrides(policy)
    yield from _inputs_within_reach(policy)
    yield from _fire_inputs(policy)


def look_at_age(status: Mapping[str, Any] | None) -> Iterator[Finding]:
    """For how long the service has not confirmed the Policy, as the running bridge counts it."""
    age = None if status is None else status["policy_age"]
    if age is None:
        return
    told = list(warnings(age))
    for step, sentence in told:
        yield (wrong if step == OVER else look)("policy_age", f"The Policy is {confirmed(age)}. {sentence}")
    if not told:
        yield good("policy_age", f"The Policy is {confirmed(age)}; no limit is near.")


def _horizon(policy: Policy, at: datetime) -> Iterator[Finding]:
    left_days = (policy.horizon - at.timestamp()) / _DAY_S
    until = datetime.fromtimestamp(policy.horizon, UTC).date()
    if left_days <= 0:
        yield wrong("horizon", f"Timetables end on {until}, which is past: timed rights deny. A new Policy is needed.")
    elif left_days <= _HORIZON_DAYS:
        yield look("horizon", f"Timetables end on {until}; after that timed rights deny. A new Policy is needed.")
    else:
        yield good("horizon", f"Timetables are worked out until {until}.")


def _readers(config: Config, policy: Policy) -> Iterator[Finding]:
    store = KeyStore(config.state_dir / "keys")
    without = []
    count = 0
    for reader in policy.readers.values():
        port = config.ports.get(reader.port)
        if port is None or port.kind is not PortKind.OSDP:
            continue
        count += 1
        try:
            if store.reader_key(reader.port, reader.address) is None:
                without.append(reader)
        except KeyFileError:
            continue  # told with the keys
    for reader in without:
        yield wrong(
            "reader_unkeyed",
            f"Reader {reader.id} ({reader.name}) has no key, so no card is taken from it. With the bridge stopped: "
            f"`firmware-bridge commission --port {reader.port} --address {reader.address}`.",
        )
    if not without:
        yield good("reader_unkeyed", f"All {count} OSDP readers have keys of their own.")


def _overrides(policy: Policy) -> Iterator[Finding]:
    doors = [door for door in policy.doors.values() if door.lock.bench_override]
    for door in doors:
        yield look(
            "bench_override",
            f"Door {door.number} ({door.name}) is wired as only a test bench may be: {door.lock.bench_override}. "
            "Wire it properly, then take the reason out of its settings.",
        )
    if not doors:
        yield good("bench_override", "No door is excused from the rules of wiring.")


def _inputs_within_reach(policy: Policy) -> Iterator[Finding]:
    for door in policy.doors.values():
        if inputs := sorted(inputs_within_reach(door, policy.readers)):
            yield look(
                "input_within_reach",
                f"Door {door.number} ({door.name}) leads outside, and somebody who takes the reader off the wall "
                f"reaches its {' and '.join(inputs)}. Wire it to a board or module inside.",
            )


def _fire_inputs(policy: Policy) -> Iterator[Finding]:
    for door in policy.doors.values():
        if door.lock.fire_action is FireAction.RELEASE and door.lock.fire_input is None:
            yield look(
                "fire_input",
                f"Door {door.number} ({door.name}) is released in a fire by its own wires, and no fire input is named: "
                f"no fire shows at it. Name the input of its fire panel on the console.",
            )

"""The other bridges that pass an emergency on when the service is gone: whether each is reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from access_control.core.decision.model import Policy
from firmware_bridge.doctor.finding import Finding, good, look, unseen


def look_at_neighbours(policy: Policy | None, status: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Each neighbour of the Policy, as the running bridge sees it (``neighbours`` in its status)."""
    count = 0 if policy is None else len(policy.neighbour_keys)
    if count == 0:
        return
    if status is None or "neighbours" not in status:
        yield unseen(
            "neighbours", f"Policy names {count} neighbours; only a running bridge can say whether they answer."
        )
        return
    told = status["neighbours"]
    if told is None or not told["listening"]:
        why = f" {told['trouble']}" if told is not None and told["trouble"] else ""
        yield look("neighbours", f"Policy names {count} neighbours, but this bridge does not listen for them.{why}")
    for one in told["bridges"] if told is not None else ():
        check = f"neighbour.{one['bridge']}"
        if one["reachable"]:
            yield good(check, f"{one['address']} answers.")
        else:
            trouble = f" {one['trouble']}" if one["trouble"] else ""
            yield look(
                check,
                f"{one['address']} does not answer: without the service it would hear of no emergency from here. See "
                f"to the network between them.{trouble}",
            )

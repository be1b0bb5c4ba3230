"""What bridges of a site know of each other, so that they pass emergencies on when this service is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.wire.addresses import read_address
from access_control.database.errors import expect_version
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.errors import BadValueError, NotThereError
from access_control.readers.input_models import AlarmInput
from access_control.readers.models import Bridge, BridgeState, Door
from access_control.readers.staleness import mark_all_stale


def says_new_address(session: Session, bridge_id: str, address: str | None) -> bool:
    """Whether a bridge says another address than last time, by its row as it is before it is locked."""
    return session.scalar(select(Bridge.neighbour_address).where(Bridge.id == bridge_id)) != address


def note_address(session: Session, bridge: Bridge, address: str | None) -> None:
    """Keep where a bridge says that its neighbours reach it; a new address goes into the others' Policies.

    The caller has locked every bridge.
    """
    if address != bridge.neighbour_address:
        before = bridge.called_at
        bridge.neighbour_address = address
        if bridge.called_at != before:
            mark_all_stale(session)


def set_address(session: Session, at: datetime, bridge_id: str, address: str, version: int, by: str) -> Bridge:
    """Write down where a bridge's neighbours reach it, whatever it says itself; empty takes that back.

    Raises:
        BadValueError: It is no address, or none at which another machine could reach this bridge and no other.
        ConflictError: Somebody else changed it since ``version`` was read.
        NotThereError: There is no such bridge, or it is revoked.
    """
    lock_bridges(session)
    bridge = session.get(Bridge, bridge_id)
    if bridge is None or bridge.state is BridgeState.REVOKED:
        raise NotThereError("This bridge is not there, or not any more.", "Choose one from the list.")
    expect_version(bridge.neighbour_version, version)
    typed = address.strip()
    if typed == (bridge.neighbour_address_set or ""):
        return bridge
    if typed:
        _require_reachable(session, bridge, typed)
    before = bridge.called_at
    bridge.neighbour_address_set = typed or None
    bridge.neighbour_version += 1
    session.flush()
    if bridge.called_at != before:
        mark_all_stale(session)
    facts = {"address": typed} if typed else {"address": "as it says itself"}
    record(session, at, actor=by, action="bridge.neighbours_address", subject=f"bridge:{bridge.id}", facts=facts)
    return bridge


def _require_reachable(session: Session, bridge: Bridge, address: str) -> None:
    try:
        host, _ = read_address(address)
    except ValueError as error:
        raise BadValueError(
            "This is not an address.", "Write it like bridge-a.school.lan:4711 or 10.0.0.7:4711.", "address"
        ) from error
    number = _number(host)
    if number is not None and (number.is_unspecified or number.is_multicast):
        raise BadValueError(f"{host} is no address of one machine.", "Write that of the bridge.", "address")
    if _is_here(address) and not _is_here(bridge.neighbour_address or ""):
        raise BadValueError(
            f"{host} means the very machine that calls, so no other bridge would reach {bridge.name} there.",
            "Write its address in the school's network.",
            "address",
        )
    for other in _others(session, bridge.id):
        if (other.called_at or "").lower() == address.lower():
            raise BadValueError(f"{other.name} listens there.", "Write the address of this bridge.", "address")


def _is_here(address: str) -> bool:
    """Whether an address means the machine of whoever calls it."""
    host = address.rpartition(":")[0].strip("[]").lower().rstrip(".")
    number = _number(host)
    if isinstance(number, IPv6Address) and number.ipv4_mapped is not None:
        number = number.ipv4_mapped
    return host == "localhost" or host.endswith(".localhost") or (number is not None and number.is_loopback)


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def scopes_raised(session: Session) -> dict[str, list[str]]:
    """What each confirmed bridge may raise an emergency over, by its UUID, in order.

    The site, its own building, the buildings and zones in which it has doors, and what its panic buttons name: whatever
    somebody can start at it, its neighbours take.
    """
    rows = session.execute(select(Bridge.id, Bridge.building_id).where(Bridge.state == BridgeState.CONFIRMED))
    found = {bridge: {"site", f"building:{building}"} for bridge, building in rows}
    for bridge, building, zone in session.execute(select(Door.bridge_id, Door.building_id, Door.zone_id).distinct()):
        if bridge in found:
            found[bridge] |= {f"building:{building}"} | ({f"zone:{zone}"} if zone is not None else set())
    for bridge, scope in session.execute(select(AlarmInput.bridge_id, AlarmInput.scope).distinct()):
        if bridge in found and scope is not None:
            found[bridge].add(scope)
    return {bridge: sorted(scopes) for bridge, scopes in found.items()}


def scopes_before(session: Session) -> dict[str, list[str]]:
    """The same before a change, with every bridge locked: a change of scopes makes all their Policies due."""
    lock_bridges(session)
    return scopes_raised(session)


def renew_scopes(session: Session, before: Mapping[str, Sequence[str]]) -> None:
    """What a bridge may raise stands in the others' Policies: they are due where :func:`scopes_raised` has changed."""
    session.flush()
    if scopes_raised(session) != before:
        mark_all_stale(session)


def neighbour_keys(session: Session, bridge_id: str) -> dict[str, tuple[bytes, list[str]]]:
    """The keys of the other confirmed bridges, and what each may raise an emergency over."""
    scopes = scopes_raised(session)
    return {
        row.id: (row.public_key, scopes[row.id]) for row in _others(session, bridge_id) if row.public_key is not None
    }


def neighbour_addresses(session: Session, bridge_id: str) -> dict[str, str]:
    """Where those of them listen that do."""
    return {
        row.id: row.called_at
        for row in _others(session, bridge_id)
        if row.public_key is not None and row.called_at is not None
    }


def _others(session: Session, bridge_id: str) -> Sequence[Bridge]:
    query = select(Bridge).where(Bridge.state == BridgeState.CONFIRMED, Bridge.id != bridge_id)
    return session.scalars(query).all()

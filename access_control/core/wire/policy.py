"""Policy: encoding a draft into payload bytes, and checking and indexing payload bytes into what decisions use.

All or nothing: one bad record refuses the whole document, and the last good one serves. The encoder reads its own bytes
back before it hands them out, so whatever leaves can be taken.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from access_control.core.decision.emergency import DEFAULT_EMERGENCY_RULES
from access_control.core.decision.model import Policy, Revision
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy_doors import (
    read_board,
    read_door,
    read_input,
    read_reader,
    write_board,
    write_door,
    write_input,
    write_reader,
)
from access_control.core.wire.policy_draft import Badge, Level, Person, PolicyDraft
from access_control.core.wire.policy_inputs import check_inputs
from access_control.core.wire.policy_payload import PolicyPayload
from access_control.core.wire.policy_people import (
    Interned,
    read_credentials,
    read_holders,
    require_ascending,
    write_credentials,
    write_holders,
)
from access_control.core.wire.policy_tables import (
    by_door,
    read_addresses,
    read_ages,
    read_bridge_keys,
    read_groups,
    read_level_sets,
    read_levels,
    read_pass_keys,
    read_rules,
    read_scopes,
    write_ages,
    write_groups,
    write_levels,
    write_neighbours,
    write_pass_keys,
    write_rules,
    write_scopes,
)
from access_control.core.wire.policy_wiring import by_id, check_wiring
from access_control.core.wire.recovery import read_recovery, write_recovery
from access_control.core.wire.release_codes import read_release_codes, write_release_codes
from access_control.core.wire.signing import LIMITS, Kind, open_sealed
from access_control.core.wire.spelling import read_time, write_bytes, write_time
from access_control.core.wire.strict import FOREVER, read_record, write_record
from access_control.core.wire.timetables import TimetableTable, read_timetable

__all__ = ["FOREVER", "Badge", "Level", "Person", "PolicyDraft", "decode_policy", "encode_policy", "open_policy"]

_CHECKED_TEXT: Final = b"policy digest key"


def open_policy(
    sealed: bytes, document_keys: Mapping[str, bytes], *, site: str, bridge: str, digest_key: bytes
) -> Policy:
    """Check signature, address and content of a sealed Policy for this bridge.

    Raises:
        Refused: With the code of the first thing that is wrong.
    """
    policy = decode_policy(open_sealed(sealed, document_keys, kind=Kind.POLICY, site=site, to=bridge), digest_key)
    if (policy.site, policy.bridge) != (site, bridge):
        raise Refused(
            RefusalCode.WRONG_RECIPIENT,
            f"The Policy inside is for bridge {policy.bridge} at site {policy.site}. Publish it again for this bridge.",
        )
    return policy


def encode_policy(draft: PolicyDraft, digest_key: bytes) -> bytes:
    """Make the payload bytes of a Policy. The same draft gives the same bytes, whatever the order of its rows.

    Raises:
        Refused: The draft contradicts itself or describes an unsafe door; see :func:`decode_policy`.
    """
    payload = write_record(_write(draft, digest_key))
    decode_policy(payload, digest_key)
    return payload


def _write(draft: PolicyDraft, digest_key: bytes) -> PolicyPayload:
    people = sorted(draft.people, key=lambda person: person.ref)
    badges = list(draft.badges)
    doors = sorted(draft.doors, key=lambda door: door.id)
    readers = sorted(draft.readers, key=lambda reader: reader.id)
    levels = sorted(draft.levels, key=lambda level: level.id)
    timetables = TimetableTable(
        [door.scheduled_unlock for door in doors]
        + [reader.pin_times for reader in readers]
        + [timetable for level in levels for named in (level.grants, level.denials) for timetable in named.values()]
    )
    interned = Interned(people, badges)
    return PolicyPayload(
        site=draft.site,
        site_code=draft.site_code,
        bridge=draft.bridge,
        epoch=draft.revision.epoch,
        n=draft.revision.n,
        made_at=write_time(draft.made_at),
        horizon=draft.horizon,
        digest_check=_digest_check(digest_key),
        timetables=timetables.rows,
        doors=[write_door(door, timetables) for door in doors],
        readers=[write_reader(reader, timetables) for reader in readers],
        boards=[write_board(board) for board in sorted(draft.boards, key=lambda board: board.id)],
        inputs=[write_input(given) for given in sorted(draft.inputs, key=lambda given: given.id)],
        levels=[level.id for level in levels],
        grants=write_levels(by_door(levels, forbid=False), timetables),
        denials=write_levels(by_door(levels, forbid=True), timetables),
        level_sets=[list(level_set) for level_set in interned.level_sets],
        validities=interned.validities,
        holders=write_holders(people, interned, digest_key),
        credentials=write_credentials(badges, people, interned, digest_key),
        emergency=write_rules(draft.emergency_rules or DEFAULT_EMERGENCY_RULES),
        age_days=write_ages(draft.age_limits),
        pass_keys=write_pass_keys(draft.pass_keys),
        pass_groups=write_groups(draft.pass_groups),
        scopes=write_scopes(draft.scopes, [door.id for door in doors]),
        neighbours=write_neighbours(draft.neighbour_keys, draft.neighbour_addresses),
        release_codes=write_release_codes(draft.release_codes),
        recovery=None if draft.recovery is None else write_recovery(draft.recovery),
    )


def decode_policy(payload: bytes, digest_key: bytes) -> Policy:
    """Check everything in a Policy's payload and index it for decisions.

    Args:
        payload: The payload that :func:`core.wire.signing.open_sealed` handed out.
        digest_key: The bridge's key for digests of credentials and PINs, kept beside the Policy.

    Raises:
        Refused: ``too_large``, ``bad_content``, ``bad_columns``, ``bad_reference``, ``bad_timetable``, ``bad_wiring``,
            ``unsafe_door`` or ``wrong_digest_key``.
    """
    row = read_record(payload, PolicyPayload, "Policy", limit=LIMITS[Kind.POLICY])
    return index(row, digest_key)


def index(row: PolicyPayload, digest_key: bytes) -> Policy:
    """Check a payload that has been read, and index it; only :func:`decode_policy` and its bench call this.

    Raises:
        Refused: As :func:`decode_policy`.
    """
    if not hmac.compare_digest(row.digest_check, _digest_check(digest_key)):
        raise Refused(
            RefusalCode.WRONG_DIGEST_KEY,
            "The Policy was made with another digest key than this bridge keeps, so no card would be known. "
            "Enrol the bridge again, or restore its key file.",
        )
    timetables = [read_timetable(timetable, row.horizon) for timetable in row.timetables]
    doors = by_id((read_door(door, timetables) for door in row.doors), "Door")
    readers = by_id((read_reader(reader, timetables) for reader in row.readers), "Reader")
    boards = by_id((read_board(board) for board in row.boards), "Board")
    inputs = by_id((read_input(given) for given in row.inputs), "Input")
    check_wiring(doors, readers, boards)
    scopes = read_scopes(row.scopes, doors.keys())
    check_inputs(inputs, doors, readers, boards, scopes)
    levels = _read_level_ids(row.levels)
    holders = read_holders(row.holders, len(row.level_sets), row.validities)
    return Policy(
        site=row.site,
        site_code=row.site_code,
        bridge=row.bridge,
        revision=Revision(row.epoch, row.n),
        made_at=read_time(row.made_at),
        horizon=row.horizon,
        digest_key=digest_key,
        doors=MappingProxyType(doors),
        readers=MappingProxyType(readers),
        boards=MappingProxyType(boards),
        grants=read_levels(row.grants, timetables, doors.keys(), levels),
        denials=read_levels(row.denials, timetables, doors.keys(), levels),
        level_sets=read_level_sets(row.level_sets, levels),
        holders=holders,
        credentials=read_credentials(row.credentials, len(holders.refs), row.validities),
        emergency_rules=read_rules(row.emergency),
        age_limits=read_ages(row.age_days),
        pass_keys=read_pass_keys(row.pass_keys),
        pass_groups=read_groups(row.pass_groups, doors.keys()),
        scopes=scopes,
        neighbour_keys=read_bridge_keys(row.neighbours),
        neighbour_addresses=read_addresses(row.neighbours),
        release_codes=read_release_codes(row.release_codes),
        inputs=MappingProxyType(inputs),
        recovery=None if row.recovery is None else read_recovery(row.recovery),
    )


def _read_level_ids(ids: Sequence[int]) -> frozenset[int]:
    require_ascending(ids, "level")
    return frozenset(ids)


def _digest_check(digest_key: bytes) -> str:
    """What tells a bridge that the digests were made with the key it keeps, without telling the key."""
    return write_bytes(hmac.digest(digest_key, _CHECKED_TEXT, "sha256")[:16])

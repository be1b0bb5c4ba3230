from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.emergency import Directive, DirectiveSet, Release
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.directives import (
    Authority,
    decode_directive,
    decode_release,
    encode_directive,
    encode_release,
    open_directive,
    open_release,
    seal_directive,
    seal_directive_in_parts,
    seal_release,
    seal_release_in_parts,
)
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.signing import Kind, SigningKey, reread, seal

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
SITE = "0193a000-0000-7000-8000-000000000001"


def test_the_service_raises_a_lockdown(lockdown: Directive, document_key: SigningKey, authority: Authority) -> None:
    assert open_directive(seal_directive(lockdown, document_key, site=SITE), authority, site=SITE) == lockdown


def test_a_bridge_raises_one_by_itself(lockdown: Directive, bridge_key: SigningKey, authority: Authority) -> None:
    own = replace(lockdown, origin=f"bridge:{bridge_key.key_id}", by="panic button 4")
    assert open_directive(seal_directive(own, bridge_key, site=SITE), authority, site=SITE) == own


def test_a_neighbour_raises_only_what_policy_lets_it(
    lockdown: Directive, neighbour_key: SigningKey, authority: Authority, refuses: Refusing
) -> None:
    here = replace(lockdown, origin=f"bridge:{neighbour_key.key_id}", scope="building:2", doors=frozenset({2}))
    assert open_directive(seal_directive(here, neighbour_key, site=SITE), authority, site=SITE) == here
    everywhere = replace(here, scope="site")
    with refuses(RefusalCode.NOT_ALLOWED):
        open_directive(seal_directive(everywhere, neighbour_key, site=SITE), authority, site=SITE)


@pytest.mark.parametrize("action", [EmergencyAction.LOCKDOWN, EmergencyAction.EVACUATE])
def test_a_neighbours_list_of_doors_reaches_no_further_than_its_scopes(
    action: EmergencyAction, lockdown: Directive, neighbour_key: SigningKey, authority: Authority, refuses: Refusing
) -> None:
    # Door 70 is the neighbour's own: it is nothing to this bridge.
    fair = replace(lockdown, action=action, origin=f"bridge:{neighbour_key.key_id}", scope="building:2")
    fair = replace(fair, doors=frozenset({2, 70}))
    assert open_directive(seal_directive(fair, neighbour_key, site=SITE), authority, site=SITE) == fair
    with refuses(RefusalCode.NOT_ALLOWED):
        greedy = replace(fair, doors=frozenset({1, 2, 3}))
        open_directive(seal_directive(greedy, neighbour_key, site=SITE), authority, site=SITE)


def test_no_bridge_speaks_in_anothers_name(
    lockdown: Directive, neighbour_key: SigningKey, authority: Authority, refuses: Refusing
) -> None:
    with refuses(RefusalCode.NOT_ALLOWED):
        claimed = replace(lockdown, scope="building:2")
        open_directive(seal_directive(claimed, neighbour_key, site=SITE), authority, site=SITE)


def test_the_service_vouches_for_what_a_bridge_raised_whose_key_is_believed_no_more(
    lockdown: Directive, document_key: SigningKey, authority: Authority
) -> None:
    raised = replace(lockdown, origin="bridge:0193a000-0000-7000-8000-0000000000ff", scope="building:2")
    assert open_directive(seal_directive(raised, document_key, site=SITE), authority, site=SITE) == raised


@pytest.mark.parametrize("own", [True, False], ids=["this bridge", "a neighbour"])
def test_a_bridge_cannot_take_the_services_place(
    own: bool, document_key: SigningKey, neighbour_key: SigningKey, lockdown: Directive, refuses: Refusing
) -> None:
    upstart = SigningKey(document_key.key_id, neighbour_key.private)
    authority = Authority(
        service={document_key.key_id: document_key.public_bytes()},
        neighbours={} if own else {upstart.key_id: (upstart.public_bytes(), ("site",))},
        bridge=upstart.key_id if own else None,
        own_key=upstart.public_bytes() if own else None,
    )
    with refuses(RefusalCode.BAD_SIGNATURE):
        open_directive(seal_directive(lockdown, upstart, site=SITE), authority, site=SITE)


def test_the_scope_outside_is_the_scope_inside(
    lockdown: Directive, all_clear: Release, document_key: SigningKey, authority: Authority, refuses: Refusing
) -> None:
    sealed = seal(Kind.DIRECTIVE, encode_directive(lockdown), document_key, site=SITE, to="building:1")
    with refuses(RefusalCode.WRONG_RECIPIENT):
        open_directive(sealed, authority, site=SITE)
    sealed = seal(Kind.RELEASE, encode_release(all_clear), document_key, site=SITE, to=all_clear.id)
    with refuses(RefusalCode.WRONG_RECIPIENT):
        open_release(sealed, authority, site=SITE)


def test_a_directive_has_2_kb_at_most(lockdown: Directive, document_key: SigningKey, refuses: Refusing) -> None:
    whole_school = replace(lockdown, doors=frozenset(range(1, 5000)))
    assert len(seal_directive(whole_school, document_key, site=SITE)) < 1000
    for last in (900, 1000):  # too long with its seal, and too long by itself
        scattered = replace(lockdown, doors=frozenset(range(1, last, 2)))
        with refuses(RefusalCode.TOO_LARGE):
            seal_directive(scattered, document_key, site=SITE)


def test_a_bridges_release_of_very_many_scattered_doors_goes_in_parts_that_all_count(
    lockdown: Directive, bridge_key: SigningKey, authority: Authority, refuses: Refusing
) -> None:
    doors = frozenset(range(1, 901, 2))
    at_all = Release("release", lockdown.id, doors, "caretaker", "code:1", "ü" * 300, lockdown.started_at)
    with refuses(RefusalCode.TOO_LARGE):
        seal_release(replace(at_all, id=lockdown.id), bridge_key, site=SITE)
    ids = (f"0193a000-0000-7000-8000-{number:012}" for number in range(100))
    here = replace(at_all, id=next(ids))
    parts = seal_release_in_parts(here, bridge_key, site=SITE, new_id=lambda: next(ids))
    own = replace(authority, own_doors=doors)
    known = DirectiveSet().with_directive(replace(lockdown, doors=doors | {2}, scope="doors"))
    for sealed in parts:
        known = known.with_release(open_release(sealed, own, site=SITE))
    assert known.in_force_among(range(1, 901), {}) == {lockdown.id: frozenset({2})}
    with refuses(RefusalCode.BAD_CONTENT):
        seal_release_in_parts(replace(here, by=""), bridge_key, site=SITE, new_id=lambda: next(ids))


def test_a_bridge_may_release_a_door_that_an_emergency_still_holds_here(
    lockdown: Directive, bridge_key: SigningKey, authority: Authority, refuses: Refusing
) -> None:
    release = Release(lockdown.id, lockdown.id, frozenset({1, 90}), "caretaker", "code:1", "Over.", lockdown.started_at)
    sealed = seal_release(release, bridge_key, site=SITE)
    with refuses(RefusalCode.NOT_ALLOWED):
        open_release(sealed, authority, site=SITE)
    assert open_release(sealed, replace(authority, held_doors=frozenset({90})), site=SITE) == release


def test_a_directive_for_very_many_scattered_doors_goes_in_parts(
    lockdown: Directive, document_key: SigningKey, refuses: Refusing
) -> None:
    scattered = replace(lockdown, doors=frozenset(range(1, 2001, 2)))
    parts = [
        decode_directive(reread(sealed, kind=Kind.DIRECTIVE))
        for sealed in seal_directive_in_parts(scattered, document_key, site=SITE)
    ]
    assert len(parts) > 1
    assert {part.id for part in parts} == {lockdown.id}
    assert frozenset().union(*(part.doors for part in parts)) == scattered.doors
    with refuses(RefusalCode.BAD_CONTENT):
        seal_directive_in_parts(replace(scattered, by=""), document_key, site=SITE)
    with refuses(RefusalCode.TOO_LARGE):
        seal_directive_in_parts(replace(lockdown, by="x" * 3000), document_key, site=SITE)
    with refuses(RefusalCode.TOO_LARGE):
        decode_directive(b" " * 2049)


def test_the_service_releases_everywhere(all_clear: Release, document_key: SigningKey, authority: Authority) -> None:
    assert open_release(seal_release(all_clear, document_key, site=SITE), authority, site=SITE) == all_clear


def test_a_bridge_releases_its_own_doors_with_two_persons(
    all_clear: Release, bridge_key: SigningKey, authority: Authority
) -> None:
    here = replace(all_clear, doors=frozenset({2, 3}))
    assert open_release(seal_release(here, bridge_key, site=SITE), authority, site=SITE) == here


@pytest.mark.parametrize(
    ("doors", "second"),
    [
        (None, "operator 15"),
        (frozenset({2, 99}), "operator 15"),
        (frozenset({2}), None),
        (frozenset({2}), "operator 12"),
    ],
    ids=["everywhere", "a foreign door", "one person", "the same person twice"],
)
def test_a_bridge_releases_nothing_else(
    doors: frozenset[int] | None,
    second: str | None,
    all_clear: Release,
    bridge_key: SigningKey,
    authority: Authority,
    refuses: Refusing,
) -> None:
    release = replace(all_clear, doors=doors, second=second)
    with refuses(RefusalCode.NOT_ALLOWED):
        open_release(seal_release(release, bridge_key, site=SITE), authority, site=SITE)


@pytest.mark.parametrize(
    ("by", "second", "counts"),
    [
        ("holder:7001", "holder:7003", True),
        ("holder:7001", "holder:7001", False),
        ("holder:7001", "holder:07001", False),
        ("holder:7001", "code:00112233", False),
        ("local:caretaker", "holder:7001", False),
        ("holder:", "holder:x", False),
        ("holder:7001", "holder:\u0667", False),
    ],
)
def test_two_cardholders_who_release_are_two(
    by: str, second: str, counts: bool, all_clear: Release, bridge_key: SigningKey, authority: Authority
) -> None:
    release = replace(all_clear, doors=frozenset({1, 2, 3}), by=by, second=second)
    sealed = seal_release(release, bridge_key, site=SITE)
    if counts:
        assert open_release(sealed, authority, site=SITE) == release
    else:
        with pytest.raises(Refused) as refused:
            open_release(sealed, authority, site=SITE)
        assert refused.value.code is RefusalCode.NOT_ALLOWED


def test_a_neighbours_release_is_not_taken_over(
    all_clear: Release, neighbour_key: SigningKey, authority: Authority, refuses: Refusing
) -> None:
    here = replace(all_clear, doors=frozenset({2}))
    with refuses(RefusalCode.NOT_ALLOWED):
        open_release(seal_release(here, neighbour_key, site=SITE), authority, site=SITE)


def test_without_an_own_key_only_the_service_counts(
    lockdown: Directive, bridge_key: SigningKey, document_key: SigningKey, refuses: Refusing
) -> None:
    authority = Authority(service={document_key.key_id: document_key.public_bytes()}, bridge=bridge_key.key_id)
    own = replace(lockdown, origin=f"bridge:{bridge_key.key_id}")
    with refuses(RefusalCode.UNKNOWN_KEY):
        open_directive(seal_directive(own, bridge_key, site=SITE), authority, site=SITE)


def test_one_kind_is_never_the_other(
    lockdown: Directive, all_clear: Release, document_key: SigningKey, authority: Authority, refuses: Refusing
) -> None:
    with refuses(RefusalCode.WRONG_KIND):
        open_directive(seal_release(all_clear, document_key, site=SITE), authority, site=SITE)
    with refuses(RefusalCode.WRONG_KIND):
        open_release(seal_directive(lockdown, document_key, site=SITE), authority, site=SITE)


def test_what_cannot_be_read_is_not_signed(lockdown: Directive, document_key: SigningKey, refuses: Refusing) -> None:
    for broken in (replace(lockdown, id="seven"), replace(lockdown, by=""), replace(lockdown, scope="the gym")):
        with refuses(RefusalCode.BAD_CONTENT):
            seal_directive(broken, document_key, site=SITE)


@given(
    action=st.sampled_from(EmergencyAction),
    scope=st.sampled_from(["site", "doors", "building:3", "zone:17"]),
    doors=st.frozensets(st.integers(1, 300), max_size=40),
    drill=st.booleans(),
)
def test_directives_come_back(
    action: EmergencyAction, scope: str, doors: frozenset[int], drill: bool, lockdown: Directive
) -> None:
    directive = replace(lockdown, action=action, scope=scope, doors=doors, drill=drill)
    assert decode_directive(encode_directive(directive)) == directive


@given(
    doors=st.none() | st.frozensets(st.integers(1, 300), max_size=40),
    why=st.text(st.characters(codec="utf-8"), min_size=1, max_size=300),
)
def test_releases_come_back(doors: frozenset[int] | None, why: str, all_clear: Release) -> None:
    release = replace(all_clear, doors=doors, why=why)
    assert decode_release(encode_release(release)) == release


@given(data=st.binary(max_size=400))
def test_random_bytes_are_only_ever_refused(data: bytes) -> None:
    for decode in (decode_directive, decode_release):
        with pytest.raises(Refused):
            decode(data)

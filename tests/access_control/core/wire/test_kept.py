import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.credentials.canonical import Credential, digest
from access_control.core.decision.emergency import Directive, DirectiveSet, Release
from access_control.core.decision.model import BadgeStatus, PassRevocation, Policy, Revision
from access_control.core.wire.directives import Authority, seal_directive, seal_release
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.kept import (
    Kept,
    fold,
    hear_directive,
    hear_doubted,
    hear_release,
    recall_directive,
    recall_release,
    settle,
)
from access_control.core.wire.orders import OrdersDocument, RevokedPass
from access_control.core.wire.policy import PolicyDraft, decode_policy, encode_policy
from access_control.core.wire.signing import SigningKey

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
SITE = "0193a000-0000-7000-8000-000000000001"
BRIDGE = "0193a000-0000-7000-8000-0000000000b1"


@pytest.fixture(scope="module")
def policy(draft: PolicyDraft, digest_key: bytes) -> Policy:
    return decode_policy(encode_policy(draft, digest_key), digest_key)


@pytest.fixture(scope="module")
def later(draft: PolicyDraft, digest_key: bytes) -> Policy:
    """The next Policy, in which the first two badges are gone."""
    return decode_policy(
        encode_policy(replace(draft, revision=Revision(1, 6), badges=list(draft.badges)[2:]), digest_key), digest_key
    )


@pytest.fixture
def empty(made_at: datetime) -> OrdersDocument:
    return OrdersDocument(SITE, BRIDGE, Revision(1, 10), made_at)


@pytest.fixture(scope="module")
def teachers_card(digest_key: bytes) -> bytes:
    return digest(digest_key, Credential("H10301", 123, 4567))


def test_the_first_document(
    orders: OrdersDocument, authority: Authority, made_at: datetime, lockdown: Directive
) -> None:
    folded = fold(None, orders, authority=authority, at=made_at)
    found = folded.kept.orders()
    assert found.revision == orders.revision
    assert found.overrides == tuple(orders.overrides)
    assert found.revoked == orders.revoked
    assert found.revoked_passes == {2**64 - 1: PassRevocation.SIGNED_OUT}
    assert found.directives.directives == {lockdown.id: lockdown}
    assert [heard.sealed for heard in folded.news] == [*orders.directives, *orders.releases]
    assert not folded.refused


def test_nothing_kept_is_no_orders() -> None:
    assert Kept().orders().revision == Revision(0, 0)


def test_absence_releases_nothing(
    orders: OrdersDocument,
    empty: OrdersDocument,
    authority: Authority,
    policy: Policy,
    made_at: datetime,
    lockdown: Directive,
) -> None:
    locked = replace(orders, releases=())
    kept = fold(None, locked, authority=authority, at=made_at).kept
    years_later = made_at + timedelta(days=4000)
    kept = fold(kept, empty, authority=authority, at=years_later).kept
    assert kept.orders().directives.in_force_at(1, policy.scopes) == (lockdown,)
    assert not kept.orders().overrides


def test_the_same_document_twice_is_harmless(orders: OrdersDocument, authority: Authority, made_at: datetime) -> None:
    once = fold(None, orders, authority=authority, at=made_at)
    twice = fold(once.kept, orders, authority=authority, at=made_at)
    assert twice.kept == once.kept
    assert not twice.news


def test_orders_do_not_go_backwards(
    orders: OrdersDocument,
    empty: OrdersDocument,
    authority: Authority,
    made_at: datetime,
    refuses: Refusing,
) -> None:
    kept = fold(None, empty, authority=authority, at=made_at).kept
    with refuses(RefusalCode.OLDER):
        fold(kept, orders, authority=authority, at=made_at)
    with refuses(RefusalCode.SAME_REVISION):
        fold(kept, replace(orders, revision=empty.revision), authority=authority, at=made_at)


def test_a_foreign_directive_inside_is_left_out_and_the_rest_applies(
    orders: OrdersDocument,
    authority: Authority,
    neighbour_key: SigningKey,
    lockdown: Directive,
    made_at: datetime,
) -> None:
    forged = seal_directive(lockdown, SigningKey("doc-9", neighbour_key.private), site=SITE)
    document = replace(orders, directives=(forged,), releases=(b"garbage",))
    folded = fold(None, document, authority=authority, at=made_at)
    assert [refusal.code for refusal in folded.refused] == [RefusalCode.UNKNOWN_KEY, RefusalCode.BAD_FRAME]
    assert not folded.kept.directives.directives
    assert folded.kept.orders().revoked == orders.revoked


def test_what_was_refused_is_tried_again_until_its_signer_is_known(
    orders: OrdersDocument, authority: Authority, made_at: datetime, lockdown: Directive
) -> None:
    nobody = replace(authority, service={"doc-9": bytes(32)})
    once = fold(None, orders, authority=nobody, at=made_at)
    assert len(once.refused) == 2
    still = hear_doubted(once.kept, nobody, site=SITE)
    assert (still.kept, still.news, len(still.refused)) == (once.kept, (), 2)
    heard = hear_doubted(still.kept, authority, site=SITE)
    assert heard.kept == fold(None, orders, authority=authority, at=made_at).kept
    assert heard.kept.directives.directives == {lockdown.id: lockdown}
    assert [one.sealed for one in heard.news] == [*orders.directives, *orders.releases]
    assert not hear_doubted(heard.kept, authority, site=SITE).news


def test_what_is_in_force_under_another_signature_is_not_told_as_refused(
    empty: OrdersDocument, authority: Authority, made_at: datetime, lockdown: Directive, document_key: SigningKey
) -> None:
    stranger = seal_directive(lockdown, SigningKey("stranger", document_key.private), site=SITE)
    service = seal_directive(lockdown, document_key, site=SITE)
    both = fold(None, replace(empty, directives=[stranger, service]), authority=authority, at=made_at)
    assert both.kept.directives.directives == {lockdown.id: lockdown}
    assert (both.refused, both.kept.doubted_directives) == ((), ())
    other = seal_directive(
        replace(lockdown, scope="building:2"), SigningKey("stranger", document_key.private), site=SITE
    )
    assert len(fold(both.kept, later_than(empty, [other]), authority=authority, at=made_at).refused) == 1


def later_than(document: OrdersDocument, directives: list[bytes]) -> OrdersDocument:
    """The next Orders, with other directives."""
    revision = Revision(document.revision.epoch, document.revision.n + 1)
    return replace(document, revision=revision, directives=directives)


def test_what_newer_orders_hold_no_more_is_not_tried_again(
    orders: OrdersDocument, empty: OrdersDocument, authority: Authority, made_at: datetime
) -> None:
    nobody = replace(authority, service={"doc-9": bytes(32)})
    kept = fold(None, orders, authority=nobody, at=made_at).kept
    kept = fold(kept, empty, authority=nobody, at=made_at).kept
    assert not hear_doubted(kept, authority, site=SITE).news


def test_a_changed_key_does_not_end_an_old_lockdown(
    orders: OrdersDocument, authority: Authority, made_at: datetime, lockdown: Directive
) -> None:
    document = replace(orders, releases=())
    kept = fold(None, document, authority=authority, at=made_at).kept
    rotated = replace(authority, service={"doc-2": bytes(32)})
    folded = fold(kept, replace(document, revision=Revision(1, 11)), authority=rotated, at=made_at)
    assert not folded.refused
    assert folded.kept.directives.directives == {lockdown.id: lockdown}


def test_a_lost_badge_stays_dead_while_any_policy_that_may_serve_grants_it(
    empty: OrdersDocument, authority: Authority, policy: Policy, later: Policy, made_at: datetime, teachers_card: bytes
) -> None:
    def folding(kept: Kept | None, n: int, *, lists: bool) -> Kept:
        revoked = {teachers_card: BadgeStatus.LOST} if lists else {}
        document = replace(empty, revision=Revision(1, n), revoked=revoked)
        return fold(kept, document, authority=authority, at=made_at).kept

    kept = folding(None, 1, lists=True)
    kept = folding(kept, 2, lists=False)
    for outgoing in (None, policy):
        kept = settle(kept, outgoing, made_at)
        assert kept.orders().revoked == {teachers_card: BadgeStatus.LOST}, "the outgoing one may have to serve again"
    listed_again = settle(folding(kept, 10, lists=True), later, made_at)
    assert listed_again.orders().revoked, "still named, so still dead"
    assert not settle(kept, later, made_at).orders().revoked


def test_a_badge_that_policy_itself_calls_dead_need_not_be_remembered(
    empty: OrdersDocument, authority: Authority, policy: Policy, made_at: datetime, digest_key: bytes
) -> None:
    lost_in_policy = digest(digest_key, Credential("H10302", None, 98765))
    document = replace(empty, revoked={lost_in_policy: BadgeStatus.STOLEN})
    kept = fold(None, document, authority=authority, at=made_at).kept
    following = replace(empty, revision=Revision(1, 11))
    kept = fold(kept, following, authority=authority, at=made_at).kept
    assert not settle(kept, policy, made_at).revoked


@pytest.mark.parametrize(("hours", "kept_still"), [(-10, True), (0, True), (23.9, True), (24, False), (None, True)])
def test_a_dead_pass_is_remembered_a_day_past_its_end(
    hours: float | None,
    kept_still: bool,
    empty: OrdersDocument,
    authority: Authority,
    policy: Policy,
    made_at: datetime,
) -> None:
    expires = int(made_at.timestamp()) // 1
    document = replace(empty, revoked_passes={77: RevokedPass(PassRevocation.CANCELLED, expires)})
    kept = fold(None, document, authority=authority, at=made_at).kept
    at = None if hours is None else made_at.replace(microsecond=0) + timedelta(hours=hours)
    following = replace(empty, revision=Revision(1, 11))
    after = fold(kept, following, authority=authority, at=at).kept
    assert (77 in after.orders().revoked_passes) is kept_still
    assert settle(kept, policy, at).revoked_passes, "while Orders name it, it stays"


def test_a_directive_is_heard_once(
    lockdown: Directive, all_clear: Release, document_key: SigningKey, authority: Authority
) -> None:
    sealed = seal_directive(lockdown, document_key, site=SITE)
    kept, first = hear_directive(Kept(), sealed, authority, site=SITE)
    again, second = hear_directive(kept, sealed, authority, site=SITE)
    assert (first, second) == (lockdown, None)
    assert again is kept
    sealed = seal_release(all_clear, document_key, site=SITE)
    kept, release = hear_release(kept, sealed, authority, site=SITE)
    assert release == all_clear
    assert hear_release(kept, sealed, authority, site=SITE) == (kept, None)


def test_a_store_is_read_again_without_keys(
    lockdown: Directive, all_clear: Release, document_key: SigningKey, authority: Authority, refuses: Refusing
) -> None:
    directive, release = (
        seal_directive(lockdown, document_key, site=SITE),
        seal_release(all_clear, document_key, site=SITE),
    )
    heard, _ = hear_directive(Kept(), directive, authority, site=SITE)
    heard, _ = hear_release(heard, release, authority, site=SITE)
    recalled, _ = recall_release(Kept(), release)
    recalled, found = recall_directive(recalled, directive)
    assert recalled == heard
    assert found == lockdown
    with refuses(RefusalCode.BAD_FRAME):
        recall_directive(recalled, b"garbage")


def emergencies(lockdown: Directive, all_clear: Release, key: SigningKey) -> Iterator[tuple[str, bytes]]:
    """Six directives, and releases of some of them at some doors."""
    for number in range(6):
        directive = replace(lockdown, id=f"0193a000-0000-7000-8000-00000000d{number:03}", doors=frozenset({number % 3}))
        yield "directive", seal_directive(directive, key, site=SITE)
        if number % 2:
            doors = None if number == 3 else frozenset({1, 2})
            release = replace(
                all_clear, id=f"0193a000-0000-7000-8000-00000000e{number:03}", directive=directive.id, doors=doors
            )
            yield "release", seal_release(release, key, site=SITE)


@given(seed=st.integers(0, 2**32))
def test_in_any_order_and_any_way_the_same_emergencies(
    seed: int,
    lockdown: Directive,
    all_clear: Release,
    document_key: SigningKey,
    authority: Authority,
    made_at: datetime,
) -> None:
    chance = random.Random(seed)
    sealed = list(emergencies(lockdown, all_clear, document_key))

    def delivered() -> DirectiveSet:
        """In random order: pushed, inside Orders, or both; some twice; with Orders that lack them in between."""
        kept = Kept()
        for n, (kind, data) in enumerate(chance.sample(sealed * 2, len(sealed) * 2)):
            inside = chance.random() < 0.5
            document = OrdersDocument(
                SITE,
                BRIDGE,
                Revision(1, n),
                made_at,
                directives=(data,) if inside and kind == "directive" else (),
                releases=(data,) if inside and kind == "release" else (),
            )
            before = kept.directives
            kept = fold(kept, document, authority=authority, at=made_at).kept
            if not inside:
                hear = hear_directive if kind == "directive" else hear_release
                kept = hear(kept, data, authority, site=SITE)[0]
            assert before.directives.keys() <= kept.directives.directives.keys()
            assert before.releases.keys() <= kept.directives.releases.keys()
        return kept.directives

    assert delivered() == delivered()


@given(data=st.binary(max_size=200))
def test_random_bytes_are_only_ever_refused(data: bytes, authority: Authority) -> None:
    with pytest.raises(Refused):
        hear_directive(Kept(), data, authority, site=SITE)
    with pytest.raises(Refused):
        recall_release(Kept(), data)

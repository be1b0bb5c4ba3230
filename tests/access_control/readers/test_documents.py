"""Stored bytes are decoded as the bridge does it, and by nobody else's keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from access_control.core.credentials.canonical import digest
from access_control.core.decision.model import BadgeStatus
from access_control.core.wire.errors import Refused
from access_control.core.wire.signing import Kind
from access_control.readers.documents import (
    fold_orders,
    grants,
    open_documents,
    opening_of,
    published_documents,
    read_orders,
    read_policy,
)
from access_control.readers.errors import NotThereError, ReadersError
from access_control.readers.keys import make_keys
from access_control.readers.models import Badge, Bridge
from access_control.readers.orders import add_directive
from access_control.readers.publishing import publish_stale, published
from access_control.readers.revocations import set_badge_status
from tests.building.published import CARD, LiveSchool, later
from tests.building.sites import AT, BY


def test_the_last_documents_are_read_together(live: LiveSchool) -> None:
    directive = live.directive()
    with live.writing() as session:
        add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="Rivera")
    with live.database.reading() as session:
        documents = published_documents(session, live.keys, session.get_one(Bridge, live.bridge), AT)
    assert set(documents.policy.doors) == {live.door}
    assert set(documents.orders.directives.directives) == {directive.id}


def test_a_policy_without_orders_has_nothing_in_force(live: LiveSchool) -> None:
    with live.database.reading() as session:
        bridge = session.get_one(Bridge, live.bridge)
        row = published(session, live.bridge, Kind.POLICY)
        assert row is not None
        opening = opening_of(session, live.keys, bridge)
        documents = open_documents(row.sealed, None, opening, AT)
        assert documents.orders == fold_orders(documents.policy, None, opening, AT)
    assert not documents.orders.directives.directives


def test_another_bridges_and_damaged_documents_are_refused(live: LiveSchool) -> None:
    with live.database.reading() as session:
        row = published(session, live.bridge, Kind.POLICY)
        assert row is not None
        other = opening_of(session, live.keys, session.get_one(Bridge, live.school.other_bridge))
        own = opening_of(session, live.keys, session.get_one(Bridge, live.bridge))
        with pytest.raises(Refused):
            open_documents(row.sealed, None, other, AT)
        with pytest.raises(Refused):
            open_documents(row.sealed.replace(b"Door 1", b"Door 2"), None, own, AT)


def test_other_keys_open_nothing_and_the_sentence_says_what_to_do(live: LiveSchool, tmp_path: Path) -> None:
    others = make_keys(tmp_path / "others")
    with live.database.reading() as session:
        bridge = session.get_one(Bridge, live.bridge)
        with pytest.raises(ReadersError, match="Publish them again"):
            read_orders(session, others, bridge)


def test_before_the_first_policy_there_is_none(live: LiveSchool) -> None:
    with live.writing() as session:
        bridge = session.get_one(Bridge, live.school.other_bridge)
        row = published(session, bridge.id, Kind.POLICY)
        if row is not None:
            session.delete(row)
            session.flush()
        assert read_policy(session, live.keys, bridge) is None
        with pytest.raises(NotThereError, match="South bridge has no Policy yet"):
            published_documents(session, live.keys, bridge, AT)


def test_a_policy_grants_active_badges_only(live: LiveSchool) -> None:
    known = digest(live.digest_key, CARD)
    assert grants(live.policy(), known)
    assert not grants(live.policy(), bytes(len(known)))
    with live.writing() as session:
        version = session.get_one(Badge, live.badge).version
        set_badge_status(
            session, live.keys, later(1), badge_id=live.badge, status=BadgeStatus.LOST, version=version, by=BY
        )
    publish_stale(live.database, live.keys, later(2))
    assert not grants(live.policy(), known)

"""The decision corpus the third way: over HTTP through *Why?*, which decodes the stored bytes of published documents.

Nothing of a case reaches the service but signed documents in its database and one question: not a row of a door, a
person or a badge.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count, groupby
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from sqlalchemy import delete
from werkzeug.serving import make_server

from access_control.clock import utc_now
from access_control.config import Config
from access_control.core.decision.model import Orders, Read, Revision
from access_control.core.decision.reasons import Reason
from access_control.core.wire.directives import seal_directive, seal_release
from access_control.core.wire.orders import OrdersDocument, RevokedPass, encode_orders
from access_control.core.wire.policy import PolicyDraft, encode_policy
from access_control.core.wire.signing import Kind, seal
from access_control.database.engine import Database
from access_control.people.permissions import Role
from access_control.readers.keys import SchoolKeys, make_keys
from access_control.readers.models import Bridge, BridgeState, Building, PublishedDocument, Site
from access_control.web.app import make_app
from access_control.web.services import Services
from tests.access_control.web.conftest import session_of
from tests.building.databases import new_sqlite, opened
from tests.building.tiny_school import MADE, add_operators
from tests.corpus.building import BRIDGE, DIGEST_KEY, SITE
from tests.corpus.loading import FOLDER, Case, Expected, building, load
from tests.corpus.schema import FileRow


@dataclass
class Asked:
    """The service with the corpus in its database."""

    database: Database
    keys: SchoolKeys
    port: int
    cookie: str
    token: str
    revisions: Iterator[int]

    def publish(self, draft: PolicyDraft, orders: Orders) -> None:
        """Put a school's documents where the publisher puts them."""
        n = next(self.revisions)
        policy = seal(Kind.POLICY, encode_policy(draft, DIGEST_KEY), self.keys.document, site=SITE, to=BRIDGE)
        document = OrdersDocument(
            site=SITE,
            bridge=BRIDGE,
            revision=Revision(1, n),
            made_at=draft.made_at,
            directives=[
                seal_directive(one, self.keys.document, site=SITE) for one in orders.directives.directives.values()
            ],
            releases=[seal_release(one, self.keys.document, site=SITE) for one in orders.directives.releases.values()],
            overrides=orders.overrides,
            revoked=orders.revoked,
            revoked_passes={number: RevokedPass(why, draft.horizon) for number, why in orders.revoked_passes.items()},
        )
        sealed = seal(Kind.ORDERS, encode_orders(document), self.keys.document, site=SITE, to=BRIDGE)
        with self.database.writing() as session:
            session.execute(delete(PublishedDocument))
            for kind, data in ((Kind.POLICY, policy), (Kind.ORDERS, sealed)):
                session.add(
                    PublishedDocument(
                        bridge_id=BRIDGE,
                        kind=kind.value,
                        epoch=1,
                        n=n,
                        sealed=data,
                        content_digest=sha256(data).digest(),
                        made_at=draft.made_at,
                    )
                )

    def ask(self, case: Case) -> Expected:
        """The page's answer to a case."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            body = json.dumps(question(case))
            line.request(
                "POST",
                "/why.json",
                body,
                {"Content-Type": "application/json", "Cookie": self.cookie, "X-CSRFToken": self.token},
            )
            response = line.getresponse()
            answer = json.loads(response.read())
        finally:
            line.close()
        assert response.status == 200, answer
        return Expected(
            answer["granted"],
            Reason(answer["reason"]),
            answer["unlock_s"],
            answer["despite_lock"],
            answer["pin_wanted"],
        )


def question(case: Case) -> dict[str, Any]:
    """A case as a program asks it."""
    asked: dict[str, Any] = {
        "bridge": BRIDGE,
        "reader": case.read.reader,
        "at": case.at.isoformat(),
        "facts": {name: getattr(case.facts, name).value for name in case.facts.__dataclass_fields__},
    }
    return asked | frame_of(case.read)


def frame_of(read: Read) -> dict[str, Any]:
    """What was presented."""
    found: dict[str, Any] = {}
    if read.bits is not None:
        found["bits"] = {"hex": f"{read.bits.value:X}", "length": read.bits.length}
    if read.text is not None:
        found["text"] = read.text
    if read.pin is not None:
        found["pin"] = read.pin
    return found


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    keys = make_keys(tmp_path / "keys")
    with opened(new_sqlite(tmp_path)) as database:
        with database.writing() as session:
            session.add(Site(id=SITE, code=1, name="The corpus", timezone="UTC"))
            session.flush()
            session.add(Building(id=1, site_id=SITE, name="Main building"))
            session.flush()
            sealed = keys.seal(DIGEST_KEY)
            session.add(
                Bridge(
                    id=BRIDGE,
                    building_id=1,
                    name="The bridge",
                    state=BridgeState.CONFIRMED,
                    digest_key_sealed=sealed,
                    created_at=MADE,
                )
            )
            add_operators(session)
        config = Config(state_dir=tmp_path, database_url=database.url)
        app = make_app(Services(config, database, keys, session_secret=b"s" * 32, clock=utc_now))
        yield from _served(app, database, keys)


def _served(app: Flask, database: Database, keys: SchoolKeys) -> Iterator[Asked]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        cookie, token = session_of(app, Role.ADMINISTRATOR)
        cookie = f"{app.config['SESSION_COOKIE_NAME']}={cookie}"
        yield Asked(database, keys, server.server_port, cookie, token, count(1))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def file_of(case: Case) -> str:
    return case.name.partition(":")[0]


@pytest.mark.parametrize("file", sorted({file_of(case) for case in load()}))
def test_why_answers_as_the_corpus_says(asked: Asked, file: str) -> None:
    row = msgspec.json.decode((FOLDER / "decisions" / f"{file}.json").read_bytes(), type=FileRow)
    draft = building(row.school).draft()
    cases = [case for case in load() if file_of(case) == file]
    assert cases
    wrong = []
    for _, same in groupby(sorted(cases, key=lambda one: repr(one.orders)), key=lambda one: repr(one.orders)):
        together = list(same)
        asked.publish(draft, together[0].orders)
        wrong += [(case.name, found) for case in together if (found := asked.ask(case)) != case.expect]
    assert not wrong

"""The bridge API over a school whose bridges are enrolled, and a bridge's side of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from access_control.config import Config
from access_control.core.wire.strict import Record, write_record
from access_control.core.wire.uplink import (
    PREFIX,
    ChallengeAnswer,
    ChallengeRequest,
    SessionAnswer,
    SessionRequest,
    session_message,
)
from access_control.database.engine import Database
from access_control.readers.keys import SchoolKeys
from access_control.web.services import Services
from tests.building.published import LiveSchool, go_live
from tests.building.sites import AT
from tests.building.templates import new_app

_Kind = TypeVar("_Kind", bound=Record)


@dataclass
class Clock:
    """The school's time; the test moves it."""

    at: datetime = AT

    def __call__(self) -> datetime:
        return self.at

    def go_on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(any_database: Database, tmp_path: Path) -> LiveSchool:
    return go_live(any_database, tmp_path)


@pytest.fixture
def services(live: LiveSchool, tmp_path: Path, clock: Clock) -> Services:
    config = Config(state_dir=tmp_path, database_url=live.database.url)
    return Services(config, live.database, live.keys, session_secret=b"s" * 32, clock=clock)


@pytest.fixture
def app(services: Services) -> Flask:
    return new_app(services)


@dataclass
class BridgeSide:
    """What a bridge does over HTTP."""

    client: FlaskClient
    bridge: str
    key: Ed25519PrivateKey
    keys: SchoolKeys
    instance: str = field(default_factory=lambda: str(uuid.uuid4()))
    token: str = ""

    def post(self, path: str, body: Record | bytes, **more: Any) -> TestResponse:
        data = body if isinstance(body, bytes) else write_record(body)
        headers = {"Content-Type": "application/json", **self.bearer(), **more.pop("headers", {})}
        return self.client.post(PREFIX + path, data=data, headers=headers, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(PREFIX + path, headers=self.bearer(), **more)

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def open(self) -> TestResponse:
        """Open a session; what the service answered."""
        challenge = told(self.post("challenge", ChallengeRequest(self.bridge)), ChallengeAnswer).challenge
        signature = self.key.sign(session_message(challenge, self.instance)).hex()
        response = self.post("session", SessionRequest(self.bridge, challenge, signature, self.instance, "boot-1"))
        if response.status_code == 200:
            self.token = told(response, SessionAnswer).token
        return response


def told(response: TestResponse, kind: type[_Kind]) -> _Kind:
    """The record in an answer."""
    assert response.status_code == 200, response.get_data(as_text=True)
    return msgspec.json.decode(response.get_data(), type=kind)


def code_of(response: TestResponse) -> tuple[int, str]:
    """The status and the code of a refusal, which always says what happened."""
    body = response.get_json()
    assert response.mimetype == "application/problem+json"
    assert body["detail"]
    return response.status_code, body["code"]


@pytest.fixture
def side(app: Flask, live: LiveSchool) -> BridgeSide:
    """The first bridge, with its session open."""
    side = BridgeSide(app.test_client(), live.bridge, live.signing[live.bridge], live.keys)
    assert side.open().status_code == 200
    return side

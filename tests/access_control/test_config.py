"""Settings of the service: every mistake at once, variables over the file, and nothing unsafe."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from access_control.config import SETTINGS, Config, ConfigError, config_of, is_loopback, read_config

STATE = {"state_dir": "/var/lib/access-control"}
SOURCE = Path("/etc/access-control/service.toml")


def mistakes(table: dict[str, Any], environment: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refused:
        config_of(table, environment or {}, SOURCE)
    return refused.value.mistakes


def test_one_setting_is_enough() -> None:
    config = config_of(STATE, {}, SOURCE)
    assert config.state_dir == Path("/var/lib/access-control")
    assert config.database_url == "sqlite:////var/lib/access-control/school.db"
    assert (config.listen_host, config.listen_port, config.tls) == ("127.0.0.1", 8000, False)
    assert config.public_url == "http://127.0.0.1:8000"
    assert config.workers == 1


def test_outside_this_machine_it_speaks_https() -> None:
    config = config_of({**STATE, "listen_host": "0.0.0.0", "listen_port": 8443}, {}, SOURCE)
    assert config.tls
    assert config.public_url == "https://0.0.0.0:8443"
    named = config_of({**STATE, "listen_host": "::", "public_url": "https://doors.school.example/"}, {}, SOURCE)
    assert named.public_url == "https://doors.school.example"


def test_every_mistake_is_named_at_once() -> None:
    wrong = {
        "listen_host": "10.0.0.5",
        "listen_port": 70000,
        "tls": False,
        "workers": 0,
        "threads": True,
        "log_level": "loud",
        "public_url": "http://doors.school.example",
        "database_url": 7,
        "colour": "blue",
    }
    said = mistakes(wrong)
    for key in {*wrong, "state_dir"} - {"listen_host"}:
        assert any(sentence.startswith(f"{key}:") for sentence in said), key
    assert all(sentence.endswith(".") for sentence in said)


def test_variables_come_over_the_file() -> None:
    environment = {
        "AC_LISTEN_PORT": "8443",
        "AC_TLS": "true",
        "AC_LOG_LEVEL": "debug",
        "PATH": "/bin",
        "AC_CONFIG": "x",
    }
    config = config_of({**STATE, "listen_port": 1234}, environment, SOURCE)
    assert (config.listen_port, config.tls, config.log_level) == (8443, True, "debug")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AC_LISTEN_PORT", "eighty"),
        ("AC_TLS", "maybe"),
        ("AC_WORKERS", "-1"),
        ("AC_COLOUR", "blue"),
        ("AC_THREADS", ""),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(name: str, value: str) -> None:
    (said,) = mistakes(STATE, {name: value})
    assert name.removeprefix("AC_").lower() in said


def test_sqlite_has_one_worker() -> None:
    assert "SQLite" in mistakes({**STATE, "workers": 2})[0]
    url = "postgresql+psycopg://school@localhost/school"
    assert config_of({**STATE, "workers": 2, "database_url": url}, {}, SOURCE).workers == 2


def test_a_password_in_the_address_is_never_shown() -> None:
    url = "postgresql+psycopg://school:s3cret@localhost/school"
    assert "s3cret" not in repr(config_of({**STATE, "database_url": url}, {}, SOURCE))
    assert "s3cret" not in "".join(mistakes({**STATE, "database_url": f" {url}"}))


@pytest.mark.parametrize(
    "url", ["doors", "ftp://doors.example", "https://", "https://doors:port", "https://a/?b", "http://[::1", ""]
)
def test_an_address_that_is_none_is_named(url: str) -> None:
    assert mistakes({**STATE, "public_url": url})[0].startswith("public_url:")


@pytest.mark.parametrize(("host", "alone"), [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True),
    ("localhost", True), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("doors.example", False),
    ("localhost.example", False)])  # fmt: skip
def test_only_this_machine_reaches_loopback(host: str, alone: bool) -> None:
    assert is_loopback(host) == alone


def test_paths_start_at_the_file(tmp_path: Path) -> None:
    (tmp_path / "service.toml").write_text('state_dir = "state"\n')
    assert read_config(tmp_path / "service.toml", {}).state_dir == tmp_path / "state"
    assert read_config(None, {"AC_CONFIG": str(tmp_path / "service.toml")}).state_dir == tmp_path / "state"


def test_without_a_file_the_variables_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_config(None, {"AC_STATE_DIR": "state"}).state_dir == tmp_path / "state"
    with pytest.raises(ConfigError, match="state_dir"):
        read_config(None, {})


@pytest.mark.parametrize("content", [None, b"state_dir = ", b"\xff\xfe", b"[state_dir]"])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        read_config(path, {})
    assert len(refused.value.mistakes) == 1
    assert str(path) in str(refused.value)


def test_each_setting_is_a_field_and_on_the_page(root: Path) -> None:
    assert {field.name for field in dataclasses.fields(Config)} == set(SETTINGS)
    page = (root / "docs/settings.md").read_text()
    section = page[page.index("## The service") :].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(SETTINGS)

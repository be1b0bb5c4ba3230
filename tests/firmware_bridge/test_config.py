from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.config import (
    PORT_SETTINGS,
    SERVICE_SETTINGS,
    SETTINGS,
    ConfigError,
    PortKind,
    read_config,
    service_at,
)

GOOD = """
state_dir = "state"
log_level = "debug"
min_free_mb = 8

[ports.A]
kind = "osdp"
path = "/dev/ttyUSB0"
baud = 38400

[ports.Relays]
kind = "modbus"
path = "lines/relays"

[ports.Desk]
kind = "scanner"
path = "/dev/ttyACM0"
baud = 115200
reader = 12
"""


def written(directory: Path, text: str) -> Path:
    path = directory / "bridge.toml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes_of(directory: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read_config(written(directory, text))
    return caught.value.mistakes


def test_a_good_file_becomes_a_config(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, GOOD))
    assert config.state_dir == tmp_path / "state"
    assert config.control_socket == tmp_path / "state" / "control.sock"
    assert (config.log_level, config.min_free_mb, config.events_days) == ("debug", 8, 30)
    assert config.ports["A"].baud == 38400
    assert config.ports["A"].kind is PortKind.OSDP
    assert config.ports["Relays"].path == str(tmp_path / "lines/relays")
    assert config.ports["Desk"].reader == 12


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    sentences = mistakes_of(
        tmp_path,
        """
        statedir = "x"
        log_level = "loud"
        events_days = 0
        min_free_mb = true
        [ports.A]
        kind = "rs485"
        path = ""
        baud = 9601
        speed = 1
        [ports.B]
        kind = "scanner"
        path = "/dev/a"
        [ports.C]
        kind = "modbus"
        path = "/dev/a"
        reader = 3
        [ports]
        D = 5
        """,
    )
    places = [sentence.split(":")[0] for sentence in sentences]
    assert sorted(places) == sorted(
        [
            "statedir",
            "state_dir",
            "log_level",
            "events_days",
            "min_free_mb",
            "ports.A.kind",
            "ports.A.path",
            "ports.A.baud",
            "ports.A.speed",
            "ports.B.reader",
            "ports.C.reader",
            "ports.C.path",
            "ports.D",
        ]
    )
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("state_dir = 5", "state_dir"),
        ('state_dir = "x"\nports = 3', "ports"),
        (f'state_dir = "{"x" * 120}"', "control_socket"),
        ("state_dir = ", "it is not TOML"),
    ],
)
def test_one_mistake_is_one_sentence_that_names_its_place(tmp_path: Path, text: str, place: str) -> None:
    (sentence,) = mistakes_of(tmp_path, text)
    assert sentence.startswith(place)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"firmware-bridge init"):
        read_config(tmp_path / "nowhere.toml")


def test_a_directory_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path)


def test_the_settings_page_lists_every_setting() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    named = (
        *SETTINGS,
        *(f"ports.NAME.{key}" for key in PORT_SETTINGS),
        *(f"service.{key}" for key in SERVICE_SETTINGS),
    )
    missing = [name for name in named if f"`{name}`" not in page]
    assert missing == []


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "base"),
    [
        ("https://doors.example.org", "doors.example.org", 443, True, ""),
        ("https://10.0.0.5:8443/school/", "10.0.0.5", 8443, True, "/school"),
        ("http://127.0.0.1:8000", "127.0.0.1", 8000, False, ""),
        ("http://localhost", "localhost", 80, False, ""),
        ("http://[::1]:8000", "::1", 8000, False, ""),
    ],
)
def test_the_address_of_a_service(url: str, host: str, port: int, tls: bool, base: str) -> None:
    found = service_at(url)
    assert (found.host, found.port, found.tls, found.base) == (host, port, tls, base)


@pytest.mark.parametrize("url", ["http://10.0.0.5", "http://doors.example.org:8000", "http://127.0.0.1.example.org"])
def test_a_line_that_leaves_the_machine_is_encrypted(url: str) -> None:
    with pytest.raises(ValueError, match="not encrypted"):
        service_at(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "doors",
        "ftp://doors",
        "https://",
        "https://a:b@doors",
        "https://doors?x",
        "https://doors:99999",
        "https://d\u00f6rs",
    ],
)
def test_what_is_no_address_of_a_service(url: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        service_at(url)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("service = 1", "service: it is not a table"),
        ("[service]\nuri = 1", "service.uri: there is no such setting"),
        ("[service]", "service.url:"),
    ],
)
def test_a_mistake_about_the_service(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text(f'state_dir = "state"\n{text}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        read_config(path)

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.config import PORT_SETTINGS, SETTINGS, ConfigError, PortKind, read_config

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
    missing = [name for name in (*SETTINGS, *(f"ports.NAME.{key}" for key in PORT_SETTINGS)) if f"`{name}`" not in page]
    assert missing == []

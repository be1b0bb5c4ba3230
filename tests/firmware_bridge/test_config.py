from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.config import (
    NEIGHBOUR_SETTINGS,
    PORT_SETTINGS,
    SERVICE_SETTINGS,
    SETTINGS,
    ConfigError,
    Echo,
    LineOptions,
    LinePath,
    NeighbourSettings,
    PortKind,
    Rts,
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


def test_usb_boards_and_tag_readers_have_settings_of_their_own(tmp_path: Path) -> None:
    config = read_config(
        written(
            tmp_path,
            """
            state_dir = "state"
            [ports.U]
            kind = "lcus"
            path = "/dev/a"
            variant = "silent"
            [ports.N]
            kind = "numato"
            path = "/dev/b"
            [ports.T]
            kind = "em4100"
            path = "/dev/c"
            reader = 4
            checksum = "sum"
            """,
        )
    )
    assert (config.ports["U"].kind, config.ports["U"].variant) == (PortKind.LCUS, "silent")
    assert (config.ports["N"].variant, config.ports["N"].checksum) == ("probe", "xor")
    assert (config.ports["T"].reader, config.ports["T"].checksum) == (4, "sum")


@pytest.mark.parametrize(
    ("port", "words"),
    [
        ('kind = "lcus"\nvariant = "loud"', "ports.A.variant: 'loud' is not one of probe, silent, replying."),
        ('kind = "numato"\nvariant = "silent"', "ports.A.variant: only a port of kind lcus has this setting."),
        ('kind = "em4100"\nreader = 1\nchecksum = "crc"', "ports.A.checksum: 'crc' is not one of xor, sum."),
        ('kind = "scanner"\nreader = 1\nchecksum = "xor"', "ports.A.checksum: only a port of kind em4100"),
        ('kind = "em4100"', "ports.A.reader: None is not a reader's number"),
        ('kind = "lcus"\nreader = 1', "ports.A.reader: only em4100 and scanner name their reader here"),
        ('kind = "em4100"\nreader = 1\nchecksum = ["xor"]', "ports.A.checksum: ['xor'] is not one of"),
    ],
)
def test_a_setting_of_another_kind_of_port_is_a_mistake(tmp_path: Path, port: str, words: str) -> None:
    (sentence,) = mistakes_of(tmp_path, f'state_dir = "state"\n[ports.A]\npath = "/dev/a"\n{port}')
    assert sentence.startswith(words)


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
        pytest.param("a = " + "[" * 100_000, "it is not TOML", id="deep"),
    ],
)
def test_one_mistake_is_one_sentence_that_names_its_place(tmp_path: Path, text: str, place: str) -> None:
    (sentence,) = mistakes_of(tmp_path, text)
    assert sentence.startswith(place)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"firmware-bridge enroll"):
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
        *(f"neighbours.{key}" for key in NEIGHBOUR_SETTINGS),
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
        ("neighbours = 1", "neighbours: it is not a table"),
        ("[neighbours]\nport = 1", "neighbours.port: there is no such setting"),
        ("[neighbours]", "neighbours.listen: '' is not an address"),
        ("[neighbours]\nlisten = 4711", "neighbours.listen: '4711' is not an address"),
        ("[neighbours]\nlisten = '0.0.0.0:4711'\naddress = 'gym'", "neighbours.address: 'gym' is not an address"),
    ],
)
def test_a_mistake_about_the_service(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text(f'state_dir = "state"\n{text}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        read_config(path)


def options_in(settings: Path) -> LineOptions:
    path = read_config(settings).ports["A"].path
    assert isinstance(path, LinePath)
    assert (path, str(path)) == ("/dev/a", "/dev/a")
    return path.options


def test_what_is_peculiar_to_an_adapter(tmp_path: Path) -> None:
    path = tmp_path / "bridge.toml"
    port = '[ports.A]\nkind = "osdp"\npath = "/dev/a"\n'
    path.write_text(f'state_dir = "state"\n{port}rts = "rs485_kernel"\necho = "no"\n', encoding="utf-8")
    assert options_in(path) == LineOptions(Rts.RS485_KERNEL, Echo.NO)
    path.write_text(f'state_dir = "state"\n{port}', encoding="utf-8")
    assert options_in(path) == LineOptions(Rts.NONE, Echo.AUTO)
    path.write_text(f'state_dir = "state"\n{port}rts = "always"\necho = true\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert caught.value.mistakes == (
        "ports.A.rts: 'always' is not one of none, rs485_kernel, toggle.",
        "ports.A.echo: True is not one of auto, yes, no.",
    )


def test_where_it_listens_for_its_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text(
        'state_dir = "state"\n[neighbours]\nlisten = "0.0.0.0:4711"\naddress = "gym.school.lan:4711"\n',
        encoding="utf-8",
    )
    assert read_config(path).neighbours == NeighbourSettings(("0.0.0.0", 4711), "gym.school.lan:4711")
    path.write_text('state_dir = "state"\n', encoding="utf-8")
    assert read_config(path).neighbours is None

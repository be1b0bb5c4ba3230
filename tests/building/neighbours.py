"""Three bridges of one site that know each other, each in a place of its own, and the office that signs for them.

Every bridge has doors 1 to 3 of its own; a real school numbers them on, which changes nothing for a bridge.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from access_control.core.wire.signing import SigningKey
from firmware_bridge.clock import SystemClock
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.setup import set_up
from firmware_bridge.store.trust import Trust
from tests.building.ports import free_port
from tests.building.signed import (
    BAUD,
    BOARDS_LINE,
    DIGEST_KEY,
    DOORS,
    READERS_LINE,
    SITE,
    TRUST,
    Installation,
    School,
    private,
    reader_key,
    secret,
)

NAMES = ("a", "b", "c")


def uuid_of(name: str) -> str:
    return f"01939a5e-7c00-7000-8000-0000000000{name}{name}"


def key_of(name: str) -> SigningKey:
    return SigningKey(uuid_of(name), private(f"bridge {name}"))


@dataclass(frozen=True)
class NeighbourInstallation(Installation):
    """One bridge of the three, listening on loopback."""

    name: str = "a"
    port: int = 0

    @property
    def bridge(self) -> str:
        return uuid_of(self.name)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def set_up(self) -> None:
        """Write the settings and the state directory."""
        self.place.mkdir(exist_ok=True)
        self.settings.write_text(
            f'state_dir = "state"\nmin_free_mb = 0\n\n[neighbours]\nlisten = "{self.address}"\n\n'
            f'[ports.{READERS_LINE}]\nkind = "osdp"\npath = "{READERS_LINE}"\nbaud = {BAUD}\n\n'
            f'[ports.{BOARDS_LINE}]\nkind = "modbus"\npath = "{BOARDS_LINE}"\nbaud = {BAUD}\n',
            encoding="utf-8",
        )
        trust = Trust(SITE, self.bridge, TRUST.identity_key)
        set_up(self.state, trust, SystemClock(), digest=DIGEST_KEY, signing=secret(f"bridge {self.name}"))
        keys = KeyStore(self.state / "keys")
        for door in DOORS:
            keys.keep_reader_key(READERS_LINE, door, reader_key(door))


@dataclass
class Three:
    """The three, and a school for each that signs its documents."""

    place: Path
    scopes: Mapping[str, Collection[int]] = field(default_factory=lambda: {"building:1": DOORS})
    installations: dict[str, NeighbourInstallation] = field(init=False)
    schools: dict[str, School] = field(init=False)

    def __post_init__(self) -> None:
        self.installations = {name: NeighbourInstallation(self.place / name, name, free_port()) for name in NAMES}
        self.schools = {name: School(bridge=uuid_of(name)) for name in NAMES}
        for installation in self.installations.values():
            installation.set_up()

    def documents(self, name: str, *, revoked: Collection[str] = (), may: Collection[str] = ("site",)) -> list[bytes]:
        """Keys and a new Policy for one of them; ``may`` is what its neighbours may raise there."""
        school = self.schools[name]
        others = [other for other in NAMES if other != name and other not in revoked]
        draft = replace(
            school.draft(school.policies + 1),
            scopes=self.scopes,
            neighbour_keys={uuid_of(other): (key_of(other).public_bytes(), tuple(may)) for other in others},
            neighbour_addresses={uuid_of(other): self.installations[other].address for other in others},
        )
        return [school.keys(), school.policy(draft=draft)]

"""Puts the whole demo on the stage: makes or opens the school, starts the five programs, and ends them all."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from access_control.clock import utc_now
from access_control.demo.accounts import Account, accounts_in
from access_control.demo.deck import Deck
from access_control.demo.deeds import Deeds
from access_control.demo.errors import StageError
from access_control.demo.here import reserve_port, zone_here
from access_control.demo.making import (
    School,
    confirm_bridges,
    is_ready,
    open_school,
    require_mark,
    require_same_tables,
)
from access_control.demo.panel.answers import SchoolAnswers
from access_control.demo.panel.feed import Feed
from access_control.demo.panel.server import Panel
from access_control.demo.places import DATABASE, Places
from access_control.demo.plan import Side
from access_control.demo.programs import SERVICE, Programs, bridge_name, commands, simulator_name
from access_control.demo.wiring import commission, write_bridge_toml, write_building

LOCK: Final = "demo.lock"
PORTS: Final = "ports.json"
SERVICE_PORT: Final = 8000
PANEL_PORT: Final = 8001
BRIDGE_PORT: Final = 4711  # the first bridge's for its neighbours; the others follow
THREADS: Final = 96
TOKEN_BYTES: Final = 16

Say = Callable[[str], None]


class Demo:
    """Use it as a context manager: inside, the school runs; after it, everything it started has ended.

    Attributes:
        programs: The service, the bridges and the simulators.
        deeds: What can be done at the doors.
        school: The database and the keys.
        panel_url: Where the panel is, with its token.
    """

    programs: Programs
    deeds: Deeds
    school: School
    panel_url: str

    def __init__(self, state: Path, say: Say = lambda _: None, *, fresh: bool = False) -> None:
        """``say`` is told what takes a while; ``fresh`` forgets what earlier demos left in the folder."""
        self._state = state.absolute()
        self._say = say
        self._fresh = fresh
        self._ending = ExitStack()
        self.deck = Deck()

    def __enter__(self) -> Self:
        """Start everything.

        Raises:
            StageError: Something could not be started; whatever did start has ended again.
        """
        with ExitStack() as ending:
            self._take(ending)
            self.places = Places.under(self._state)
            ending.callback(self.places.clear_away)
            ports = self._ports(ending)
            self._listens = {side: ports[_listens(side)] for side in Side}
            url, token = f"http://127.0.0.1:{ports['service']}", secrets.token_urlsafe(TOKEN_BYTES)
            self.panel_url = f"http://127.0.0.1:{ports['panel']}/?token={token}"
            self.programs = Programs(self.places, self.deck, url, self.panel_url)
            self._write_settings(url, ports["service"])
            ending.callback(self.programs.end)
            self._start()
            ending.callback(self.school.database.close)
            self.deeds = Deeds(self.places, self.school.database)
            self._open_panel(ending, ports["panel"], token)
            self._ending = ending.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything, the panel first, the bridges next."""
        self._ending.close()

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Who can sign in."""
        return accounts_in(self.places.sign_in)

    def _start(self) -> None:
        simulators = [simulator_name(side) for side in Side]
        bridges = [bridge_name(side) for side in Side]
        self.school = open_school(self.places, utc_now(), zone_here())
        for side in Side:
            write_building(self.places.side(side))
            write_bridge_toml(self.places.side(side), self.programs.url, self._listens[side])
        if self.school.codes:
            self._say("Making up a school, and enrolling its two bridges ...")
            for side in Side:
                commission(self.places.side(side))
            self.programs.begin(*simulators, SERVICE)
            self.programs.wait_for(SERVICE)
            self._enrol()
        else:
            self.programs.begin(*simulators, SERVICE)
        self.programs.wait_for(*simulators)
        self.programs.begin(*bridges)
        self.programs.wait_for(*bridges, SERVICE)

    def _enrol(self) -> None:
        """As an installer and an administrator do, over the real API."""
        commands(
            [
                ["enroll", code, "--config", str(self.places.side(side).bridge_toml)]
                for side, code in self.school.codes.items()
            ]
        )
        confirm_bridges(self.school, utc_now())
        is_ready(self.places)

    def _open_panel(self, ending: ExitStack, port: int, token: str) -> None:
        feed = Feed([self.places.side(side).relay_log for side in Side])
        answers = SchoolAnswers(self.programs, self.deeds, self.school, feed)
        ending.enter_context(Panel(port, token, answers))

    def _write_settings(self, url: str, port: int) -> None:
        """The service's settings, as an administrator would write them."""
        self.places.service_toml.write_text(
            f'state_dir = "{self.places.service}"\n'
            f'database_url = "sqlite:///{self.places.database}"\n'
            f'listen_host = "127.0.0.1"\n'
            f"listen_port = {port}\n"
            f"tls = false\n"
            f'public_url = "{url}"\n'
            f"threads = {THREADS}\n"
            'log_level = "warning"\n'
        )

    def _ports(self, ending: ExitStack) -> Mapping[str, int]:
        """Those of the last run if nobody has them now, so that an open browser finds the demo again."""
        wanted = {"service": SERVICE_PORT, "panel": PANEL_PORT}
        wanted |= {_listens(side): BRIDGE_PORT + place for place, side in enumerate(Side)}
        file = self._state / PORTS
        if file.exists():
            wanted |= json.loads(file.read_text())
        found = {name: reserve_port(port, ending) for name, port in wanted.items()}
        file.write_text(json.dumps(found))
        return found

    def _take(self, ending: ExitStack) -> None:
        """Make sure that no other demo uses the same folder; the lock goes with this process, however it ends."""
        self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(self._state.iterdir()) and not (self._state / LOCK).exists():
            raise StageError(f"{self._state} holds other things than a demo. Choose another folder with --state.")
        lock = os.open(self._state / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        ending.callback(os.close, lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StageError(
                f"Another demo is using {self._state}: end that one first, or choose another folder with --state."
            ) from error
        require_mark(self._state / DATABASE)
        if self._fresh:
            self._forget()
        else:
            require_same_tables(self._state / DATABASE)

    def _forget(self) -> None:
        for entry in self._state.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != LOCK:
                entry.unlink()


def _listens(side: Side) -> str:
    """The name of a bridge's port for its neighbours among the demo's ports."""
    return f"bridge {side.name.lower()}"

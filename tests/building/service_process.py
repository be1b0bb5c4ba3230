"""A school's service as the process that it is, over TLS, set up with its own commands; and a bridge enrolled at it."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import select

from access_control.core.wire.guarded import unguard
from access_control.database.engine import Database, open_database
from access_control.readers.records import EventRow
from access_control.readers.site import the_site
from access_control.readers.statements import statement_in_force
from firmware_bridge.local.client import BridgeRefusedError, LocalClient
from firmware_bridge.store.trust import read_trust
from tests.building.forked_commands import access_control
from tests.building.ports import free_port
from tests.building.processes import START_S, Process, finished, launch, until


class ServiceProcess:
    """One service in a folder of its own."""

    def __init__(self, place: Path, url: str, *, name: str = "Oak School", port: int | None = None) -> None:
        """Make settings, school and certificate; ``url`` is a migrated database."""
        self.place = place
        self.port = free_port() if port is None else port
        self.address = f"https://127.0.0.1:{self.port}"
        self.database_url = url
        workers = 1 if url.startswith("sqlite") else 2
        place.mkdir(parents=True, exist_ok=True)
        (place / "service.toml").write_text(
            f'state_dir = "state"\nlisten_port = {self.port}\ntls = true\npublic_url = "{self.address}"\n'
            f'database_url = "{url}"\nworkers = {workers}\nlog_level = "warning"\n',
            encoding="utf-8",
        )
        self.popen: subprocess.Popen[bytes] | None = None
        self.command("site", "create", name, "--timezone", "America/Chicago")
        self.command("tls", "make")

    def command(self, *words: str) -> str:
        """Run ``access-control WORDS``; what it printed."""
        done = access_control(words, self.place, START_S)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.place / "log").open("ab") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "access_control", "serve"],
                cwd=self.place,
                stdout=log,
                stderr=log,
                env=dict(os.environ),
                start_new_session=True,
            )
        until(self._answers, f"the service answers: {(self.place / 'log').read_text()}")

    def _answers(self) -> bool:
        assert self.popen is not None
        assert self.popen.poll() is None, (self.place / "log").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self) -> None:
        """All of its processes, as a power cut does it."""
        if self.popen is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait(START_S)
            self.popen = None
            until(self._has_gone, "its workers have left the port, too")

    def _has_gone(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", self.port))
                return True
        return False

    def code(self, bridge: str) -> str:
        """A one-time code for a new bridge."""
        found = re.search(r"SAC1-[A-Z2-7-]+", self.command("bridge", "add", bridge))
        assert found is not None
        return found[0]

    def confirm(self, bridge: str) -> None:
        """Say that the machine which has enrolled as this bridge, or is to replace it, is the right one."""
        (line,) = (line for line in self.command("bridge", "list").splitlines() if line.startswith(f"{bridge}: "))
        (*_, shown) = re.findall(r"(?:[0-9a-f]{4} ){7}[0-9a-f]{4}", line)
        self.command("bridge", "confirm", bridge, "--fingerprint", shown)

    def opened(self) -> Database:
        """Its database, for looking at."""
        return open_database(self.database_url)

    def statement(self) -> bytes:
        """The key statement in force, sealed."""
        with closing(self.opened()) as database, database.reading() as session:
            return statement_in_force(session)[0]

    def events(self) -> list[tuple[str, int, str]]:
        """Every event that bridges sent: stream, sequence, id."""
        with closing(self.opened()) as database, database.reading() as session:
            site = the_site(session).id
            rows = session.execute(select(EventRow.stream, EventRow.seq, EventRow.id).where(EventRow.bridge_id != site))
            return sorted((row.stream, row.seq, row.id) for row in rows)

    def own_events(self) -> list[str]:
        """The codes of what it recorded itself."""
        with closing(self.opened()) as database, database.reading() as session:
            site = the_site(session).id
            return list(session.scalars(select(EventRow.code).where(EventRow.bridge_id == site)))


class BridgeProcess:
    """A bridge without doors, enrolled at a service with its own commands."""

    def __init__(self, place: Path) -> None:
        """An empty folder."""
        place.mkdir(parents=True, exist_ok=True)
        self.place = place
        self.running: Process | None = None

    def enroll(self, code: str, url: str) -> subprocess.CompletedProcess[str]:
        """Type a code."""
        return finished(["enroll", code, "--url", url], cwd=self.place)

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.running = launch(["run"], cwd=self.place)
        process = self.running
        until(lambda: process.out or process.popen.poll() is not None, "the bridge is ready")
        assert process.out, process.err

    def kill(self) -> None:
        """As a power switch does it."""
        if self.running is not None:
            self.running.kill()
            self.running = None

    def status(self) -> dict[str, Any]:
        """What it says of itself."""
        with LocalClient(self.place / "state" / "control.sock", START_S) as client:
            return client.status()

    def make_events(self, count: int) -> None:
        """Have it refuse something that many times; each is an event."""
        with LocalClient(self.place / "state" / "control.sock", START_S) as client:
            for _ in range(count):
                with suppress(BridgeRefusedError):
                    client.apply(b"no document")

    def outbox(self) -> list[tuple[str, int]]:
        """Every event that it stored: stream and sequence."""
        with closing(sqlite3.connect(f"file:{self.place}/state/outbox.db?mode=ro", uri=True)) as db:
            (stream,) = db.execute("SELECT value FROM meta WHERE key = 'stream'").fetchone()
            return [(stream, seq) for (seq,) in db.execute("SELECT seq FROM events ORDER BY seq")]

    @property
    def id(self) -> str:
        """Its UUID."""
        return read_trust(self.place / "state").bridge

    def statement(self) -> bytes:
        """The key statement that it keeps, sealed; nothing in the moment in which a newer one takes its place."""
        try:
            return unguard((self.place / "state" / "documents" / "keys.doc").read_bytes())
        except FileNotFoundError:
            return b""

    def bodies(self) -> list[bytes]:
        """Every event that it stored, as it stored it."""
        with closing(sqlite3.connect(f"file:{self.place}/state/outbox.db?mode=ro", uri=True)) as db:
            return [body for (body,) in db.execute("SELECT body FROM events ORDER BY seq")]

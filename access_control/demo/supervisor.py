"""Starts the simulated building and the bridge as programs of their own, sets the bridge up once, and ends them all."""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from access_control.clock import monotonic_s, utc_now
from access_control.demo.children import Child
from access_control.demo.installation import Places, write_bridge_toml, write_building
from access_control.demo.office import Office
from access_control.demo.scene import StageError
from access_control.demo.school import BRIDGE, SITE
from access_control.demo.sockets import answers, ask

START_S: Final = 20.0
COMMAND_S: Final = 60.0
PROGRAM: Final = "firmware_bridge"
LOCK: Final = "demo.lock"

Say = Callable[[str], None]


class Supervisor:
    """Use it as a context manager: inside, the school runs; after it, everything it started has ended."""

    def __init__(self, state: Path, say: Say = lambda _: None, *, fresh: bool = False) -> None:
        """``say`` is told what takes a while; ``fresh`` forgets what earlier demos left in the folder."""
        self._state = state
        self._say = say
        self._fresh = fresh
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        """Start everything.

        Raises:
            StageError: Something could not be started; whatever did start has ended again.
        """
        with ExitStack() as ending:
            self._take(ending)
            self.places = Places.under(self._state)
            ending.callback(self.places.clear_away)
            self.office = Office.at(self.places.state / "office.json")
            settings = str(self.places.bridge_toml)
            building = str(self.places.building)
            self.simulator = Child("simulator", PROGRAM, ["simulate", building], self.places.log("simulator"))
            self.bridge = Child("bridge", PROGRAM, ["run", "--config", settings], self.places.log("bridge"))
            write_bridge_toml(self.places)
            write_building(self.places)
            ending.callback(self.simulator.stop)
            self._begin(self.simulator, self.places.simulator_socket)
            ending.callback(self.bridge.stop)
            self._set_up_once()
            self._begin(self.bridge, self.places.bridge_socket)
            self._require_clock()
            self._publish_everything()
            self._ending = ending.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything, the bridge first."""
        self._ending.close()

    def publish(self, document: bytes) -> None:
        """Hand a signed document to the bridge.

        Raises:
            StageError: It was not taken; the sentence is the bridge's.
        """
        ask(self.places.bridge_socket, "apply", document=base64.b64encode(document).decode())

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
        if self._fresh:
            self._forget()

    def _forget(self) -> None:
        for entry in self._state.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != LOCK:
                entry.unlink()

    def _begin(self, child: Child, socket: Path) -> None:
        child.start()
        began, pause = monotonic_s(), threading.Event()
        while not answers(socket):
            if not child.running:
                raise StageError(f"The {child.name} ended at once: {child.last_words()} More is in {child.log}.")
            if monotonic_s() - began > START_S:
                raise StageError(f"The {child.name} does not answer after {START_S:.0f} seconds; see {child.log}.")
            pause.wait(0.02)

    def _set_up_once(self) -> None:
        """What an installer does: give the bridge its identity, and each reader a key of its own."""
        done = self.places.state / "installed"
        if done.exists():
            return
        self._say("Setting up the bridge, and giving each of 8 readers a key of its own ...")
        identity = self.office.identity_public.hex()
        school = ("--site", SITE, "--bridge", BRIDGE, "--identity-key", identity, "--digest-key-file", "-")
        self._command("init", *school, given=self.office.digest_key.hex())
        # As on a building site: the bridge learns its readers from a Policy, rests, and each reader gets its key.
        self._begin(self.bridge, self.places.bridge_socket)
        try:
            self._publish_everything()
        finally:
            self.bridge.stop()
        self._command("commission", "--all")
        done.touch()

    def _require_clock(self) -> None:
        """After the machine was restarted, only the service could prove its clock again, and there is none here."""
        if not ask(self.places.bridge_socket, "status")["status"]["clock_trusted"]:
            raise StageError(
                f"This machine was restarted since the demo in {self._state} was set up, so the bridge no longer "
                "trusts its clock, and rights that depend on the hour would be refused. Set it up anew: --fresh."
            )

    def _publish_everything(self) -> None:
        now = utc_now()
        for document in (self.office.key_statement(now), self.office.policy(now), self.office.orders(now)):
            self.publish(document)

    def _command(self, *words: str, given: str = "") -> None:
        """Run one command of the bridge's program to its end; ``given`` is its standard input.

        Raises:
            StageError: It failed; the sentence is its own.
        """
        line = [sys.executable, "-m", PROGRAM, words[0], "--config", str(self.places.bridge_toml), *words[1:]]
        try:
            outcome = subprocess.run(  # noqa: S603 - our own program with arguments of our own
                line, capture_output=True, text=True, check=False, input=given, timeout=COMMAND_S
            )
        except subprocess.TimeoutExpired as error:
            raise StageError(f"'firmware-bridge {words[0]}' did not end within {COMMAND_S:.0f} seconds.") from error
        if outcome.returncode:
            raise StageError(f"'firmware-bridge {' '.join(words[:3])}' failed: {outcome.stderr.strip()}")

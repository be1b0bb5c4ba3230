"""Run the bridge until it is told to stop.

SIGTERM or Ctrl-C brings every output to its safe state and ends it in order. Standard output gets one line when the
bridge is ready, standard error the log.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from types import FrameType
from typing import Final

from firmware_bridge.cli.exit_codes import DONE
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.runtime.bridge import Bridge, StartError, Surroundings
from firmware_bridge.runtime.log_queue import queued
from firmware_bridge.runtime.notify import from_environment

EXPECTED = (StartError,)
_LAYOUT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Nothing besides the settings."""


def carry_out(asked: argparse.Namespace) -> int:
    """Run until a signal comes."""
    config = read_config(asked.config)
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # what it meets on a line is told as our own events
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    around = Surroundings(SystemClock(), notifier=from_environment())
    with queued(sys.stderr, config.log_level.upper(), _LAYOUT), Bridge(config, around) as bridge:
        for note in bridge.notes:
            print(note, file=sys.stderr)
        print(bridge.summary(), flush=True)
        stopping.wait()
    print("The bridge has stopped in order.", flush=True)
    return DONE

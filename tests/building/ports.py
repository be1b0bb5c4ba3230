"""Ports of loopback for tests that stop a server and start it again where it was."""

from __future__ import annotations

import atexit
import secrets
from contextlib import ExitStack
from typing import Final

from access_control.demo.here import OTHER_PORTS, reserve_port

_CLAIMS: Final = ExitStack()
atexit.register(_CLAIMS.close)


def free_port() -> int:
    """A port that nobody has, and that no other test gets while this process lives."""
    return reserve_port(secrets.choice(OTHER_PORTS), _CLAIMS)

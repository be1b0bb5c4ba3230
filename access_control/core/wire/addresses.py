"""Where a bridge listens for its neighbours: ``host:port``, the host a name, an IPv4 address or ``[IPv6]``."""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec

MOST_ADDRESS: Final = 260
_HOST: Final = r"([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
_PORT: Final = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_PATTERN: Final = rf"^{_HOST}:{_PORT}\Z"
_ADDRESS: Final = re.compile(_PATTERN)
Address = Annotated[str, msgspec.Meta(pattern=_PATTERN, max_length=MOST_ADDRESS)]


def read_address(text: str) -> tuple[str, int]:
    """Host, without brackets, and port.

    Raises:
        ValueError: with one sentence: it is none.
    """
    host, _, port = text.rpartition(":")
    if len(text) > MOST_ADDRESS or _ADDRESS.match(text) is None:
        raise ValueError(f"{text!r} is not an address; write it like bridge-a.school.lan:4711 or 10.0.0.7:4711.")
    return host.strip("[]"), int(port)

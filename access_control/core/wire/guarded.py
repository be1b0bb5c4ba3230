"""Files that a bridge writes for itself: content behind its own SHA-256, so that damage is noticed and not believed.

This is no signature: whoever can write the bridge's files can write its checksums too.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from access_control.core.wire.errors import RefusalCode, Refused

_MAGIC: Final = b"AC-KEPT "


def guard(content: bytes) -> bytes:
    """Put a first line with the checksum before ``content``."""
    return _MAGIC + sha256(content).hexdigest().encode("ascii") + b"\n" + content


def unguard(data: bytes) -> bytes:
    """The inverse of :func:`guard`.

    Raises:
        Refused: ``bad_frame``: damaged, or not such a file.
    """
    _, _, content = data.partition(b"\n")
    if guard(content) != data:
        raise Refused(
            RefusalCode.BAD_FRAME,
            "A file that this bridge wrote for itself is damaged. It is set aside; what it held comes again from the "
            "service, and emergencies from their second copies.",
        )
    return content

"""Which of two documents is newer, and the refusal to go backwards."""

from __future__ import annotations

from access_control.core.decision.model import Revision
from access_control.core.wire.errors import RefusalCode, Refused


def newer(offered: Revision, than: Revision | None) -> bool:
    """Whether ``offered`` comes after ``than``; after nothing, everything does."""
    return than is None or than < offered


def check_revision(in_force: Revision | None, offered: Revision, *, same_bytes: bool = True) -> None:
    """Refuse a document that would take the bridge backwards. The same document a second time is harmless.

    Args:
        in_force: The revision in force, or ``None`` when there is none.
        offered: The revision of the document at hand.
        same_bytes: For an equal revision: whether the bytes are those in force.

    Raises:
        Refused: ``older``, or ``same_revision`` for other content under the revision in force.
    """
    if in_force is None or in_force < offered:
        return
    if offered < in_force:
        raise Refused(
            RefusalCode.OLDER,
            f"The document is revision {_words(offered)}, older than {_words(in_force)}, which stays in force. "
            "If the service was restored from a backup, raise its epoch and publish again.",
        )
    if not same_bytes:
        raise Refused(
            RefusalCode.SAME_REVISION,
            f"A different document is in force under the same revision {_words(offered)} and stays. Publish again.",
        )


def _words(revision: Revision) -> str:
    return f"{revision.epoch}/{revision.n}"

"""What can go wrong with the database, each with a sentence for people and what they can do about it."""

from __future__ import annotations


class DatabaseError(Exception):
    """The database cannot be used. ``sentence`` says what happened, ``action`` what to do; the text is both."""

    def __init__(self, sentence: str, action: str) -> None:
        super().__init__(f"{sentence} {action}")
        self.sentence = sentence
        self.action = action


class DatabaseBusyError(DatabaseError):
    """Somebody else holds the database or a row of it for longer than we wait; nothing was changed."""

    def __init__(self) -> None:
        super().__init__(
            "The database is busy with something else, so nothing was changed.",
            "Try again in a few seconds; if it stays so, look for another program that has the database open.",
        )


class DatabaseDownError(DatabaseError):
    """The database does not answer, cannot be opened, or has no room; nothing was changed."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"The database does not answer ({cause}), so nothing was changed.",
            "See that it runs and has free disk space, then try again.",
        )


class NewerDatabaseError(DatabaseError):
    """The database was made by a newer version of this program, which may keep things that this one would break."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(
            f"This database has version {found}, which is newer than this program; it knows up to {known}.",
            "Install the newer program, or restore the backup that was made before the upgrade.",
        )


class OlderDatabaseError(DatabaseError):
    """The database is empty or was made by an older version of this program."""

    def __init__(self, found: str | None, known: str) -> None:
        state = "has no tables yet" if found is None else f"has version {found}"
        super().__init__(f"This database {state}; this program needs {known}.", "Run 'access-control db upgrade'.")


class ConflictError(Exception):
    """Somebody else changed the record since it was read, or added the same; what was sent is not saved.

    Attributes:
        current_version: The version that is stored now; ``None`` if the record is gone or not known to the caller.
    """

    sentence = "Somebody else changed this while you had it open, so your changes are not saved."
    action = "Compare them with what is stored now, then save again."

    def __init__(self, current_version: int | None = None) -> None:
        super().__init__(f"{self.sentence} {self.action}")
        self.current_version = current_version


def expect_version(current: int, seen: int) -> None:
    """Refuse an edit of a record that has changed since its editor read it.

    Raises:
        ConflictError: The stored version is not the one that was read.
    """
    if current != seen:
        raise ConflictError(current)

"""Passwords: rules, random ones, and slow hashes."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from access_control.people.errors import SignInRefused, WeakPasswordError
from access_control.people.names import search_name

LEAST: Final = 12
MOST: Final = 200
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
_EASY: Final = frozenset({"PASSWORD", "PASSPHRASE", "LETMEIN", "WELCOME", "QWERTYUIOP", "ADMINISTRATOR", "SCHOOL"})
_HASHER: Final = PasswordHasher()  # 64 MiB and about 0.1 s each
_AT_ONCE: Final = threading.BoundedSemaphore(4)  # so many guesses at a time do not take all the memory
_TURN_S: Final = 10.0


def check_password(password: str, login: str, name: str = "") -> None:
    """Refuse what is short or is guessed first.

    Raises:
        WeakPasswordError: with what to do.
    """
    plain = _letters(password)
    letters = "".join(letter for letter in plain if letter.isalpha())
    if len(password) < LEAST:
        raise _weak(f"The password is too short: it has {len(password)} characters and needs {LEAST}.")
    if len(password) > MOST:
        raise _weak(f"The password is longer than {MOST} characters.", "Choose a shorter one.")
    if plain in {_letters(login), _letters(login.partition("@")[0]), _letters(name)}:
        raise _weak("The password is the login or the name.")
    if len(set(password.casefold())) < 5:
        raise _weak("The password repeats a few characters.")
    if letters in _EASY or plain in "0123456789" * 3:
        raise _weak("The password is one that people guess first.")


def random_password() -> str:
    """Sixteen letters and digits in four groups, easy to read out: 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def hash_password(password: str) -> str:
    """What is stored instead of the password.

    Raises:
        SignInRefused: Too many are being hashed at once.
    """
    with _Turn():
        return _HASHER.hash(_bytes(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password; takes as long when there is no such account (``stored`` is ``None``).

    Raises:
        SignInRefused: Too many are being checked at once.
    """
    with _Turn():
        nobody = _nobody()  # made before the question which is checked, so that the first sign-in tells nothing either
        try:
            _HASHER.verify(stored or nobody, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than are used now."""
    return _HASHER.check_needs_rehash(stored)


class _Turn:
    """One of a few places for hashing."""

    def __enter__(self) -> None:
        if not _AT_ONCE.acquire(timeout=_TURN_S):
            raise SignInRefused("Very many people sign in right now.", "Try again in a moment.", 5)

    def __exit__(self, *_: object) -> None:
        _AT_ONCE.release()


_NOBODY: Final[list[str]] = []


def _nobody() -> str:
    """The hash of a password that nobody knows, made once."""
    if not _NOBODY:
        _NOBODY.append(_HASHER.hash(secrets.token_bytes(32)))
    return _NOBODY[0]


def _bytes(password: str) -> bytes:
    """The same bytes on every keyboard; what is too long is no password of ours, and costs no more than one."""
    return unicodedata.normalize("NFKC", password[: MOST + 1]).encode("utf-8", "surrogatepass")


def _letters(text: str) -> str:
    return search_name(text).replace(" ", "")


def _weak(
    sentence: str, action: str = "Choose a longer one, such as four words that do not belong together."
) -> WeakPasswordError:
    return WeakPasswordError(sentence, action, "password")

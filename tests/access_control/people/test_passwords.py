"""Passwords: what is refused, and that the rest is kept as a slow hash."""

from __future__ import annotations

import pytest

from access_control.people import passwords
from access_control.people.errors import WeakPasswordError


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "too short"),
        ("eleven char", "too short"),
        ("x" * 201, "longer"),
        ("ada@school.example", "login"),
        ("ADA@School.Example", "login"),
        ("ada-lovelace", "login"),
        ("Ada.Lovelace!", "name"),
        ("aaaaaaaaaaaa", "repeats"),
        ("ababababababab", "repeats"),
        ("Password1234", "guess"),
        ("123456789012", "guess"),
        ("Administrator!1", "guess"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, why: str) -> None:
    login = "ada-lovelace@school.example" if password == "ada-lovelace" else "ada@school.example"
    with pytest.raises(WeakPasswordError, match=why) as refused:
        passwords.check_password(password, login, "Ada Lovelace")
    assert refused.value.field == "password"
    assert refused.value.action
    assert not password or password not in str(refused.value)


@pytest.mark.parametrize("password", ["correct horse battery", "пароль из четырёх слов", "k7fp-xx2m-9dqe-w4tz"])
def test_what_is_long_is_taken(password: str) -> None:
    passwords.check_password(password, "ada", "Ada Lovelace")


def test_a_random_password_is_one_and_never_the_same() -> None:
    made = {passwords.random_password() for _ in range(100)}
    assert len(made) == 100
    for one in made:
        passwords.check_password(one, "ada")


def test_only_the_password_matches_its_hash() -> None:
    stored = passwords.hash_password("correct horse battery")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.matches(stored, "correct horse battery")
    assert not passwords.matches(stored, "correct horse batterz")
    assert not passwords.matches(stored, "")
    assert not passwords.is_outdated(stored)


def test_nobody_has_no_password() -> None:
    assert not passwords.matches(None, "correct horse battery")
    assert not passwords.matches("not a hash", "correct horse battery")


def test_the_same_letters_typed_on_another_keyboard_match() -> None:
    stored = passwords.hash_password("caf\u00e9 au lait noir")
    assert passwords.matches(stored, "cafe\u0301 au lait noir")


def test_nonsense_is_wrong_and_not_an_error() -> None:
    stored = passwords.hash_password("correct horse battery")
    for nonsense in ("\ud800" * 20, "\0" * 20, "x" * 1_000_000):
        assert not passwords.matches(stored, nonsense)


def test_an_older_hash_is_outdated() -> None:
    assert passwords.is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG")

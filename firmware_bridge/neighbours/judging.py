"""What a neighbour may tell at all, before its signature is looked at."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Final

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import Policy
from access_control.core.wire.directives import decode_directive
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.kept import Kept
from access_control.core.wire.signing import Kind, reread, signer_of
from firmware_bridge.store.documents import Documents

MOST_OF_ONE: Final = 100
"""A neighbour whose key was stolen must not fill this disk; by then every door that it may lock is locked."""


def require_neighbourly(sealed: bytes, kept: Kept, bridge: str, policy: Policy | None) -> None:
    """See that it is a directive, and not one of endlessly many of one bridge.

    Counted is what is kept of the same signer and not over: each sealed document, for a thief may say something else
    under one id, or sign the same again. What is over already is kept no second time and needs no count. Those that
    rule a door here are counted apart from those that rule none: what concerns other buildings only must not use up
    what may concern this one.

    Args:
        sealed: What a neighbour told.
        kept: What this bridge keeps.
        bridge: Its UUID.
        policy: What is in force here.

    Raises:
        Refused: ``wrong_kind`` or ``not_allowed``.
    """
    if Documents.kind_of(sealed) is not Kind.DIRECTIVE:
        raise Refused(RefusalCode.WRONG_KIND, "Neighbours pass on emergencies and nothing else.")
    signer = signer_of(sealed)
    if signer == bridge or sha256(sealed).hexdigest() in kept.sealed_directives:
        return
    try:
        directive = _read(sealed)
    except Refused:
        return  # opening it says what is wrong with it
    if directive.origin != f"bridge:{signer}" or kept.directives.is_over(directive.id):
        return  # the service may sign what it likes; another's word in its own name is refused when it is opened
    of_one = _standing_of(signer, kept, policy, rules=_rules_here(directive, policy))
    if of_one >= MOST_OF_ONE:
        sentence = f"{of_one} emergencies of bridge {signer} are in force already. End them, or revoke the bridge."
        raise Refused(RefusalCode.NOT_ALLOWED, sentence)


def is_over(sealed: bytes, kept: Kept) -> bool:
    """Whether a directive that was taken is released everywhere: whoever tells it missed that, or plays it back."""
    return kept.directives.is_over(_read(sealed).id)


def _standing_of(signer: str, kept: Kept, policy: Policy | None, *, rules: bool) -> int:
    """How many sealed directives of a signer are kept and not over, of those that rule doors here or of the others."""
    standing = {directive.id for directive, _ in kept.directives.standing}
    own = (_read(sealed) for sealed in kept.sealed_directives.values() if signer_of(sealed) == signer)
    return sum(one.id in standing and _rules_here(one, policy) is rules for one in own)


@lru_cache(maxsize=1024)
def _read(sealed: bytes) -> Directive:
    """Decoded once: a flood must not have all that is kept decoded each time."""
    return decode_directive(reread(sealed, kind=Kind.DIRECTIVE))


def _rules_here(directive: Directive, policy: Policy | None) -> bool:
    if policy is None:
        return True
    return not policy.doors.keys().isdisjoint(directive.doors | policy.scopes.get(directive.scope, frozenset()))

"""How much two names are alike: for finding a visitor again, and for the banned list.

Names are compared as :func:`access_control.people.names.search_name` writes them: no accents, no punctuation, capitals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import JaroWinkler

from access_control.people.names import search_name

FAMILY_LIKE: Final = 0.92
"""From this likeness (Jaro-Winkler) on, two family names count as near."""

GIVEN_LIKE: Final = 0.88
"""The same for first names."""

_SUFFIXES: Final = frozenset({"JR", "SR", "II", "III", "IV", "MR", "MRS", "MS", "DR"})
_SHORT_FORMS: Final = (
    "ALEXANDER ALEX SASHA SANDY ALEJANDRO ALEXANDRA ALEXA",
    "ANDREW ANDY DREW ANDRES",
    "ANTHONY TONY ANTONIO",
    "BENJAMIN BEN BENNY",
    "CATHERINE KATHERINE KATHARINE KATE KATHY CATHY KATIE KAT",
    "CHARLES CHARLIE CHUCK CARLOS",
    "CHRISTOPHER CHRIS KIT",
    "CHRISTINE CHRISTINA CHRIS TINA KRISTINA",
    "DANIEL DAN DANNY",
    "DAVID DAVE DAVY",
    "DEBORAH DEBRA DEB DEBBIE",
    "EDWARD ED EDDIE TED NED EDUARDO",
    "ELIZABETH LIZ BETH BETTY LISA ELIZA ISABEL",
    "FRANCIS FRANK FRANCISCO PACO",
    "GREGORY GREG",
    "JAMES JIM JIMMY JAMIE",
    "JENNIFER JEN JENNY",
    "JOHN JACK JOHNNY JUAN",
    "JONATHAN JON JONNY",
    "JOSEPH JOE JOEY JOSE PEPE",
    "JOSHUA JOSH",
    "KENNETH KEN KENNY",
    "LAWRENCE LARRY LAURENCE",
    "MARGARET MAGGIE PEGGY MEG",
    "MARK MARC MARCUS MARCO",
    "MATTHEW MATT MATEO",
    "MICHAEL MIKE MICK MIGUEL",
    "NICHOLAS NICK NICO",
    "PATRICIA PAT PATTY TRISH",
    "PATRICK PAT PADDY",
    "PETER PETE PEDRO",
    "REBECCA BECKY BECCA",
    "RICHARD RICK DICK RICH RICKY RICARDO",
    "ROBERT BOB ROB BOBBY ROBBIE BERT ROBERTO",
    "RONALD RON RONNIE",
    "SAMUEL SAM SAMMY SAMANTHA",
    "STEPHEN STEVEN STEVE ESTEBAN",
    "SUSAN SUE SUSIE",
    "THEODORE TED TEDDY THEO",
    "THOMAS TOM TOMMY TOMAS",
    "TIMOTHY TIM TIMMY",
    "VICTOR VIC VIKTOR",
    "VINCENT VINCE VIN VINNY",
    "WILLIAM BILL WILL BILLY LIAM GUILLERMO",
    "ZACHARY ZACH ZACK",
)


def _families_of_forms() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _SHORT_FORMS:
        forms = frozenset(line.split())
        for form in forms:
            found[form] = found.get(form, frozenset()) | forms
    return found


_FORMS: Final = _families_of_forms()


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two names go together.

    Attributes:
        family: Whether the family names are the same.
        given: Whether the first names are the same.
        why: What is different, in words, by ``family`` and ``given``; empty where they are the same.
    """

    family: bool
    given: bool
    why: Mapping[str, str]

    @property
    def exact(self) -> bool:
        """Whether the names are the same."""
        return self.family and self.given


def bare(text: str) -> str:
    """A part of a name as it is compared, without titles and ``Jr``."""
    words = search_name(text).split()
    kept = [word for word in words if word not in _SUFFIXES]
    return " ".join(kept or words)


def compare(given: str, family: str, other_given: str, other_family: str) -> Agreement | None:
    """How two names go together; ``None`` if they are not even near.

    First and last name may stand in each other's place, and the same words may be divided otherwise between the two.
    """
    straight = _compare(bare(given), bare(family), bare(other_given), bare(other_family))
    if straight is not None and straight.exact:
        return straight
    if _words(given, family) == _words(other_given, other_family):
        return Agreement(family=True, given=True, why={"family": _divided(given, family, other_given, other_family)})
    crossed = _compare(bare(family), bare(given), bare(other_given), bare(other_family))
    if crossed is None:
        return straight
    if straight is not None and not crossed.exact:
        return straight
    return Agreement(
        crossed.family, crossed.given, {"family": "first and last name changed places"} | dict(crossed.why)
    )


def _words(given: str, family: str) -> list[str]:
    return sorted(bare(f"{given} {family}").split())


def _divided(given: str, family: str, other_given: str, other_family: str) -> str:
    changed = (bare(given), bare(family)) == (bare(other_family), bare(other_given))
    return "first and last name changed places" if changed else "first and last name divided otherwise"


def _compare(given: str, family: str, other_given: str, other_family: str) -> Agreement | None:
    family_differs = _family_difference(family, other_family)
    given_differs = _given_difference(given, other_given)
    if family_differs is None or given_differs is None:
        return None
    why = {"family": family_differs, "given": given_differs}
    return Agreement(not family_differs, not given_differs, {part: word for part, word in why.items() if word})


def _family_difference(one: str, other: str) -> str | None:
    """What is different in words; empty for nothing, ``None`` when they are not near."""
    if not one or not other:
        return None
    if one == other:
        return ""
    if one.replace(" ", "") == other.replace(" ", ""):
        return "written apart"
    if JaroWinkler.similarity(one, other) >= FAMILY_LIKE:
        return "spelled differently"
    shared = set(one.split()) & set(other.split())
    return "one has more names" if any(len(word) > 2 for word in shared) else None  # double names, used in part


def _given_difference(one: str, other: str) -> str | None:
    if one == other:
        return ""
    if not one or not other:
        return "one has none"
    first, other_first = one.split(maxsplit=1)[0], other.split(maxsplit=1)[0]
    if first == other_first or set(one.split()) & set(other.split()):
        return "one has more names"
    if other_first in _FORMS.get(first, ()):
        return "short form"
    if (len(first) == 1 or len(other_first) == 1) and first[0] == other_first[0]:
        return "only an initial"
    return "spelled differently" if JaroWinkler.similarity(first, other_first) >= GIVEN_LIKE else None

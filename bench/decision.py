"""Time of one decision with 150,000 people and 200 doors, every rule in use; beside Cedar and Casbin on one rule.

The peers are asked the rule that all three can say: does a level of this person open this door at this minute of the
week. They know a thousand people, which is kind to them, and keep everything parsed between questions. Their answers
are compared with ours.

Every question is put in several rounds over all of them, and its quickest answer counts: the rest is the turn of other
programs on the processor. A round is long enough that no question finds its people still in the processor's cache.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import casbin
import cedarpy

from access_control.core.decision.decide import decide
from access_control.core.decision.model import Orders, Policy, Timetable
from access_control.core.decision.reasons import Reason
from bench._decision_school import (
    CERTAIN,
    MONDAY,
    PEOPLE,
    Question,
    minute_and_day,
    orders,
    passes,
    plain,
    policy,
    reads,
)
from bench._policy_documents import DAY, DOORS
from bench.figures import Figure, percentile

SIZE: Final = f"{PEOPLE}x{DOORS}"
READS: Final = 20_000
ROUNDS: Final = 5
PASSES: Final = 3_000
PEER_READS: Final = {"cedarpy": 100, "casbin": 15}
PEER_PEOPLE: Final = 1_000
CARD_LIMIT_S: Final = 20e-6
PASS_LIMIT_S: Final = 500e-6
LEVEL_ANSWERS: Final = {
    Reason.ACCESS_GRANTED: True,
    Reason.DENIED_DOOR: False,
    Reason.DENIED_OUT_OF_SCHEDULE: False,
}

Answer = Callable[[Question], bool]


def run() -> list[Figure]:
    """Measure; takes about a minute, most of it making the district and waiting for the peers."""
    known, quiet, locked = policy(), orders(lockdown=False), orders(lockdown=True)
    cards, visitors = reads(READS), passes(PASSES)
    figures = [
        *_ours("decision", SIZE, _timed(cards, known, quiet), CARD_LIMIT_S),
        *_ours("decision", f"{SIZE} lockdown", _timed(cards, known, locked), CARD_LIMIT_S),
        *_ours("decision_explained", SIZE, _timed(cards[: READS // 4], known, quiet, explain=True), None),
        *_ours("pass", SIZE, _timed(visitors, known, quiet), PASS_LIMIT_S),
    ]
    return figures + _beside_peers(known, quiet, cards)


def _ours(name: str, case: str, seconds: Sequence[float], limit: float | None) -> list[Figure]:
    p99 = percentile(seconds, 0.99)
    against, ratio = ("", None) if limit is None else ("limit", p99 / limit)
    return [
        Figure(f"{name}_p50", case, percentile(seconds, 0.5), "s"),
        Figure(f"{name}_p99", case, p99, "s", against, ratio),
    ]


def _timed(questions: Sequence[Question], known: Policy, standing: Orders, *, explain: bool = False) -> list[float]:
    rounds = [_round(questions, known, standing, explain=explain) for _ in range(ROUNDS)]
    return [min(answers) for answers in zip(*rounds, strict=True)]


def _round(questions: Sequence[Question], known: Policy, standing: Orders, *, explain: bool) -> list[float]:
    clock = time.perf_counter
    seconds = []
    for question in questions:
        started = clock()
        decide(known, standing, question.read, CERTAIN, question.at, explain=explain)
        seconds.append(clock() - started)
    return seconds


def _beside_peers(known: Policy, standing: Orders, cards: Sequence[Question]) -> list[Figure]:
    """The one rule that all can say, on the same questions; ``ratio`` is how much of the peer's time we need."""
    same = [q for q in plain(cards, known) if _ruled_by_levels(q, known, standing)]
    people = list(dict.fromkeys(question.person for question in same))[:PEER_PEOPLE]
    among = set(people)
    questions = [question for question in same if question.person in among]
    ours = percentile(_timed(questions, known, standing), 0.5)
    figures = [Figure("levels_p50", "ours", ours, "s")]
    for name, answer in (("cedarpy", _cedar(known, people)), ("casbin", _casbin(known, people))):
        asked = questions[: PEER_READS[name]]
        seconds = []
        for question in asked:
            started = time.perf_counter()
            allowed = answer(question)
            seconds.append(time.perf_counter() - started)
            expected = decide(known, standing, question.read, CERTAIN, question.at).granted
            if allowed != expected:
                raise RuntimeError(f"{name} says {allowed} and we say {expected} to {question}")
        theirs = percentile(seconds, 0.5)
        figures += [
            Figure("levels_p50", name, theirs, "s"),
            Figure("levels_p50", f"ours beside {name}", ours, "s", name, ours / theirs),
        ]
    return figures


def _ruled_by_levels(question: Question, known: Policy, standing: Orders) -> bool:
    return decide(known, standing, question.read, CERTAIN, question.at).reason in LEVEL_ANSWERS


def _hours(times: Timetable) -> tuple[int, int]:
    """The minutes of a school day between which a timetable applies; those of the district are the same every day."""
    noon = int((MONDAY + timedelta(hours=12)).timestamp())
    start = next(start for start in times.starts if start > noon - DAY)
    end = times.ends[times.starts.index(start)]
    return start % DAY // 60, end % DAY // 60


def _grants(known: Policy) -> list[tuple[int, int, int, int]]:
    return [(level, door, *_hours(times)) for door, levels in known.grants.items() for level, times in levels.items()]


def _levels_of(known: Policy, person: int) -> tuple[int, ...]:
    return known.level_sets[known.holders.level_sets[person]]


def _cedar(known: Policy, people: Sequence[int]) -> Answer:
    policies = cedarpy.PolicySet.from_str(
        "\n".join(
            f'permit(principal in Level::"{level}", action == Action::"open", resource == Door::"{door}") '
            f"when {{ context.minute >= {start} && context.minute < {end} && context.day < 5 }};"
            for level, door, start, end in _grants(known)
        )
    )
    rows = [
        {
            "uid": {"type": "Person", "id": str(person)},
            "attrs": {},
            "parents": [{"type": "Level", "id": str(level)} for level in _levels_of(known, person)],
        }
        for person in people
    ]
    entities = cedarpy.Entities.from_json_str(json.dumps(rows))

    def answer(question: Question) -> bool:
        minute, day = minute_and_day(question.at)
        request = {
            "principal": {"type": "Person", "id": str(question.person)},
            "action": {"type": "Action", "id": "open"},
            "resource": {"type": "Door", "id": str(question.door)},
            "context": {"minute": minute, "day": day},
        }
        return bool(cedarpy.is_authorized(request, policies, entities).allowed)

    return answer


CASBIN_MODEL: Final = """
[request_definition]
r = sub, obj, minute, day
[policy_definition]
p = sub, obj, start, end
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && g(r.sub, p.sub) && r.minute >= int(p.start) && r.minute < int(p.end) && r.day < 5
"""


def _casbin(known: Policy, people: Sequence[int]) -> Answer:
    model = casbin.Model()
    model.load_model_from_text(CASBIN_MODEL)
    enforcer = casbin.Enforcer(model)
    enforcer.add_function("int", int)
    enforcer.add_policies([[f"level {level}", str(door), str(s), str(e)] for level, door, s, e in _grants(known)])
    enforcer.add_grouping_policies(
        [[str(person), f"level {level}"] for person in people for level in _levels_of(known, person)]
    )

    def answer(question: Question) -> bool:
        minute, day = minute_and_day(question.at)
        return bool(enforcer.enforce(str(question.person), str(question.door), minute, day))

    return answer

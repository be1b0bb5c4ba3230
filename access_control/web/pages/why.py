"""*Why?*: a badge, a door and a time, or an event, and the answer rule by rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify, make_response, render_template, request
from sqlalchemy.orm import Session

from access_control.core.decision.reasons import WORDS
from access_control.people.models import Cardholder
from access_control.people.permissions import Permission
from access_control.readers.badges import get_badge
from access_control.readers.errors import ReadersError
from access_control.readers.events import get_event
from access_control.readers.keys import KeyFileError
from access_control.readers.models import Badge, Door, Reader
from access_control.readers.records import EventRow
from access_control.readers.why import (
    EventExplanation,
    Explanation,
    PinTyped,
    bridge_of_reader,
    card_reader_of,
    explain_badge,
    explain_event,
    explain_read,
)
from access_control.typed_numbers import number_or_none
from access_control.web.console import why as asking
from access_control.web.console.badges import STATUS_WORDS
from access_control.web.console.places import doors_for, require_at_doors
from access_control.web.console.saving import found
from access_control.web.frame import frame
from access_control.web.guard import may, needs
from access_control.web.problems import Problem
from access_control.web.services import current

blueprint = Blueprint("why", __name__)

PIN_WORDS = {PinTyped.RIGHT: "The right PIN, if there is one", PinTyped.NONE: "No PIN", PinTyped.WRONG: "A wrong PIN"}


@dataclass
class Question:
    """What was asked, as far as it could be read, and what could not."""

    text: str = ""
    door: int | None = None
    when: str = ""
    at: datetime | None = None
    pin: PinTyped = PinTyped.RIGHT
    problem: str = ""
    field: str = ""


@blueprint.get("/why")
@needs(Permission.WHY_ASK)
def show() -> Response:
    """The page: with an event, what happened; with a badge, a door and a time, what would happen."""
    with current().database.reading() as session:
        if key := _event_key():
            return make_response(_event(session, key))
        return _ask(session)


@blueprint.post("/why.json")
@needs(Permission.WHY_ASK)
def raw() -> Response:
    """A raw read, for programs: the answer of the documents last published, with every rule."""
    try:
        question = msgspec.json.decode(request.get_data(), type=asking.RawQuestion)
        read, at = question.as_read(), question.at.astimezone(UTC)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise Problem(400, detail=f"The question cannot be read ({error}).") from error
    if read.pin is not None and not may(Permission.BADGE_EDIT):
        raise Problem(403, detail="Asking with a PIN would be a way to find one out. Nothing was answered.")
    try:
        with current().database.reading() as session:
            reader = session.get(Reader, question.reader)
            require_at_doors(session, [] if reader is None else [reader.door_id])
            answer = explain_read(
                session,
                current().keys,
                at,
                question.bridge,
                read,
                question.facts.as_facts(),
            )
    except (ReadersError, KeyFileError) as error:
        raise Problem(404, code="cannot_answer", title="There is no answer", detail=str(error)) from error
    return jsonify(_as_json(answer))


def _as_json(answer: Explanation) -> dict[str, Any]:
    decision = answer.decision
    return {
        "granted": decision.granted,
        "reason": decision.reason.value,
        "sentence": answer.sentence,
        "door": decision.door,
        "holder_ref": decision.holder_ref,
        "unlock_s": decision.unlock_s,
        "extended": decision.extended,
        "despite_lock": decision.despite_lock,
        "pin_wanted": decision.pin_wanted,
        "policy": f"{answer.policy.epoch}/{answer.policy.n}",
        "orders": f"{answer.orders.epoch}/{answer.orders.n}",
        "trace": [{"rule": one.rule, "passed": one.passed, "saw": one.saw} for one in answer.asked],
    }


def _ask(session: Session) -> Response:
    question = _question()
    require_at_doors(session, [] if question.door is None else [question.door])
    badge, person, choices = _who(session, question)
    answer: Explanation | None = None
    asked = bool(badge) and question.door is not None and not question.problem
    if asked and badge is not None and question.door is not None:
        now = current().clock()
        at = question.at or now
        try:
            reader = card_reader_of(session, question.door)
            answer = explain_badge(session, current().keys, at, badge.id, reader.id, pin=question.pin, now=now)
        except (ReadersError, KeyFileError) as error:
            question.problem, question.field = str(error), "door"
    elif question.text and not choices and badge is None and not question.problem:
        question.problem, question.field = "Nobody is found by that. Type a name or the number on a card.", "who"
    page = render_template(
        "pages/why.html",
        question=question,
        badge=badge,
        person=person,
        choices=choices,
        answer=answer,
        **_answered(session, answer),
        **_lists(session),
    )
    return make_response(page, 422 if question.problem else 200)


def _event_key() -> str:
    """The event that is asked about: its key, or its three parts."""
    parts = [request.args.get(name, "") for name in ("bridge", "stream", "seq")]
    key = ".".join(parts) if all(parts) else request.args.get("event", "")
    return key[:200].replace("\0", "")


def _question() -> Question:
    args, zone = request.args, frame().school.zone
    asked = Question(text=args.get("who", "").replace("\0", "")[:100].strip(), when=args.get("when", "")[:40])
    door = args.get("door", "")
    asked.door = number_or_none(door)
    if door and asked.door is None:
        asked.problem, asked.field = "Choose a door from the list.", "door"
    try:
        asked.at = asking.read_moment(asked.when, zone)
    except (ValueError, OverflowError):
        asked.problem, asked.field = "Type a day and a time, or leave it empty for now.", "when"
    if args.get("pin") in set(PinTyped):
        asked.pin = PinTyped(args["pin"])
    return asked


def _who(session: Session, question: Question) -> tuple[Badge | None, Cardholder | None, list[asking.Candidate]]:
    """The badge that is asked about; or whom the text could mean."""
    args = request.args
    badge: Badge | None = None
    person: Cardholder | None = None
    if name := args.get("badge", "")[:36]:
        badge = found(get_badge, session, name)
        person = session.get(Cardholder, badge.person_ref)
        if person is not None and question.text not in {"", person.full_name}:
            badge, person = None, None  # somebody else was typed over the one that the page was about
    if badge is not None:
        pass
    elif (ref := number_or_none(args.get("person", ""))) is not None:
        person = session.get(Cardholder, ref)
    elif question.text:
        choices = asking.candidates(session, question.text)
        if len(choices) != 1:
            return None, None, choices
        person, badge = choices[0].person, choices[0].badge
    if person is not None and badge is None:
        badge = asking.badge_of(session, person.ref)
        if badge is None:
            question.problem, question.field = f"{person.full_name} has no badge. Give them one first.", "who"
    if person is not None and not question.text:
        question.text = person.full_name
    return badge, person, []


def _lists(session: Session) -> dict[str, Any]:
    return {
        "doors": doors_for(session, Permission.WHY_ASK),
        "pins": PIN_WORDS,
        "badge_words": STATUS_WORDS,
        "may_people": may(Permission.PERSON_VIEW),
    }


def _answered(session: Session, answer: Explanation | None) -> dict[str, Any]:
    if answer is None:
        return {"rules": [], "door": None, "reader": None, "bridge": None}
    reader = session.get_one(Reader, answer.reader)
    return {
        "rules": asking.with_the_rest(answer.asked),
        "door": session.get_one(Door, reader.door_id),
        "reader": reader,
        "bridge": bridge_of_reader(session, reader.id),
    }


def _event(session: Session, key: str) -> str:
    event = found(get_event, session, key)
    require_at_doors(session, [] if event.door_id is None else [event.door_id])
    try:
        explained = explain_event(session, current().keys, event)
    except (ReadersError, KeyFileError) as error:
        raise Problem(404, title="This event cannot be explained", detail=str(error), action="") from error
    return render_template("pages/why_event.html", **_happened(session, event, explained), **_lists(session))


def _happened(session: Session, event: EventRow, explained: EventExplanation) -> dict[str, Any]:
    person = None
    if event.holder_ref is not None and event.holder_ref < 2**31 and may(Permission.PERSON_VIEW):
        person = session.get(Cardholder, event.holder_ref)
    return {
        "event": event,
        "explained": explained,
        "granted": not any(one.passed is False for one in explained.asked),
        "rules": list(enumerate(explained.asked, start=1)),
        "now_rules": [] if explained.now is None else asking.with_the_rest(explained.now.asked),
        "person": person,
        "badge": None if person is None else asking.badge_of(session, person.ref),
        "door": None if event.door_id is None else session.get(Door, event.door_id),
        "words": WORDS,
    }

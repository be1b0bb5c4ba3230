"""Every door as it is now, and what happened: the page, its stream, and the same by polling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from access_control.audit.record import record
from access_control.clock import monotonic_s
from access_control.people.permissions import Actor, Permission
from access_control.web import navigation
from access_control.web.coming_up import coming_up
from access_control.web.feed import EVENTS, TOPIC, Feed
from access_control.web.guard import actor, needs
from access_control.web.live_source import read_picture
from access_control.web.picture import events_for
from access_control.web.problems import Problem
from access_control.web.services import Services, current
from access_control.web.sessions import by_itself

blueprint = Blueprint("live", __name__)

KEPT: Final = "live feed"
BEAT_S: Final = 2.0
"""A stream says something so often: a screen that heard nothing for 5 s does not believe itself any more."""
ASK_AGAIN_S: Final = 15.0
"""So often a stream looks whether its viewer may still look."""


@blueprint.get("/")
@needs(Permission.LIVE_VIEW)
def show() -> str:
    """The Live page."""
    feed = feed_of(current())
    shot = feed.now()
    state = shot.state(actor(), feed.seen)
    paths = navigation.there(actor())
    return render_template(
        "pages/live.html",
        state=state,
        groups=[
            {"name": name, "doors": list(doors)} for name, doors in groupby(state["doors"], itemgetter("building"))
        ],
        happened=events_for(shot.picture, actor(), EVENTS),
        door_links="/doors" in paths,
        event_links="/events" in paths,
        **_coming(state),
    )


@blueprint.get("/live/coming")
@needs(Permission.LIVE_VIEW)
@by_itself
def coming() -> str:
    """The next changes that schedules bring, alone: it takes the place of what the page shows, once a minute."""
    feed = feed_of(current())
    return render_template("pages/live_coming.html", **_coming(feed.now().state(actor(), feed.seen)))


@blueprint.get("/live/state.json")
@needs(Permission.LIVE_VIEW)
@by_itself
def state_now() -> Response:
    """What the stream says, once: for screens that poll."""
    feed = feed_of(current())
    shot = feed.now()
    return jsonify(
        state=shot.state(actor(), feed.seen),
        events=events_for(shot.picture, actor(), EVENTS),
        heard=shot.heard,
    )


@blueprint.get("/live/stream")
@needs(Permission.LIVE_VIEW)
@by_itself
def stream() -> Response:
    """Server-Sent Events: ``state``, ``events`` when there are new ones, ``word`` for other pages, ``beat``.

    Raises:
        Problem: 503 ``poll``: every thread for dashboards is taken.
    """
    services = current()
    if not services.budget.take():
        raise Problem(
            503,
            code="poll",
            title="Too many screens are open for this one to get a stream",
            detail="It asks every 2 seconds instead.",
            action="Nothing has to be done.",
        )
    seat = _Seat(services)
    response = Response(_messages(services, actor(), seat), mimetype="text/event-stream")
    response.call_on_close(seat.leave)
    response.headers["X-Accel-Buffering"] = "no"
    return response


@blueprint.post("/live/seen")
@needs(Permission.ALARM_ACKNOWLEDGE)
def see() -> BaseResponse:
    """*I see it*: an alarm loses its tint, and stays until its cause is gone."""
    services, who = current(), actor()
    key = request.form.get("alarm", "")[:120]
    feed = feed_of(services)
    shown = feed.now().state(who, feed.seen)["alarms"]
    if not any(alarm["key"] == key for alarm in shown):
        raise Problem(404, title="This alarm is over", detail="Its cause is gone.", action="Go back to Live.")
    feed.see(key, who.name)
    with services.database.writing() as session:
        record(session, services.clock(), actor=who.reference, action="alarm.seen", subject=key)
        services.database.changes.tell(session, TOPIC, '{"what":"status"}')
    return redirect("/", 303)


def feed_of(services: Services) -> Feed:
    """The one feed of this process."""
    found = services.more.get(KEPT)
    if found is None:
        found = services.more.setdefault(KEPT, Feed(services.database, services.clock, read_picture))
    assert isinstance(found, Feed)
    return found


def _coming(state: Mapping[str, Any]) -> dict[str, Any]:
    doors = {door["id"]: door for door in state["doors"]}
    return {"coming": coming_up(current(), doors), "waits": bool(state["directives"])}


class _Seat:
    """A thread for a dashboard, given back once, whoever notices the end first."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._left = False

    def leave(self) -> None:
        """Give it back."""
        if not self._left:
            self._left = True
            self._services.budget.give_back()


def _messages(services: Services, viewer: Actor, seat: _Seat) -> Iterator[str]:
    feed = feed_of(services)
    ask = services.actors.reader(services.database, services.clock)
    number, events, asked_s = 0, "", monotonic_s()
    try:
        with feed.watching():
            yield "retry: 2000\n\n"
            while not feed.ended:
                shot = feed.wait(number, BEAT_S)
                if monotonic_s() - asked_s > ASK_AGAIN_S:
                    asked_s = monotonic_s()
                    again = ask(viewer.id)
                    if (
                        again is None
                        or again.session_salt != viewer.session_salt
                        or not again.may(Permission.LIVE_VIEW)
                    ):
                        yield _message("ended", "{}")
                        return
                    viewer = again
                if shot is None:
                    yield _message("beat", "{}")
                    continue
                yield _message("state", shot.state_text(viewer, feed.seen))
                if (now := shot.events_text(viewer)) != events:
                    yield _message("events", now)
                    events = now
                for word, told in shot.heard.items():
                    if number and told > number:
                        yield _message("word", f'{{"what":"{word}"}}' if word.isalnum() else "{}")
                number = shot.number
    finally:
        seat.leave()


def _message(kind: str, data: str) -> str:
    return f"event: {kind}\ndata: {data}\n\n"

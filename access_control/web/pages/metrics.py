"""Figures for Prometheus: for whoever may see them, and for a collector on this machine."""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select

from access_control.people.permissions import Permission
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.records import DirectiveRow, EventRow
from access_control.web.guard import needs
from access_control.web.measures import KEPT
from access_control.web.services import Services, current

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@needs(Permission.METRICS_VIEW)
def metrics() -> Response:
    """The figures, in Prometheus' text form."""
    services = current()
    text = generate_latest(services.more[KEPT].registry) + generate_latest(_of_the_school(services))
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _of_the_school(services: Services) -> CollectorRegistry:
    registry, at = CollectorRegistry(), services.clock()
    silent = Gauge("access_control_bridge_silent_seconds", "Since a bridge was heard.", ("bridge",), registry=registry)
    events = Gauge("access_control_events_stored", "Events in the database.", registry=registry)
    directives = Gauge("access_control_directives_running", "Emergencies in force.", ("drill",), registry=registry)
    with services.database.reading() as session:
        for bridge in session.scalars(select(Bridge).where(Bridge.state == BridgeState.CONFIRMED)):
            if bridge.status_at is not None:
                silent.labels(bridge.name).set(max(0.0, (at - bridge.status_at).total_seconds()))
        events.set(session.scalar(select(func.count()).select_from(EventRow)) or 0)
        for drill in (False, True):
            running = select(func.count()).where(DirectiveRow.ended_at.is_(None), DirectiveRow.drill.is_(drill))
            directives.labels(str(drill).lower()).set(session.scalar(running) or 0)
    return registry

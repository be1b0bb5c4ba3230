"""Every door as it is now, and what happened."""

from __future__ import annotations

from flask import Blueprint, render_template

from access_control.people.permissions import Permission
from access_control.web.guard import needs

blueprint = Blueprint("live", __name__)


@blueprint.get("/")
@needs(Permission.LIVE_VIEW)
def show() -> str:
    """The Live page."""
    return render_template("pages/live.html")

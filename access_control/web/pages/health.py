"""Whether the service works, for whoever watches over it."""

from __future__ import annotations

from flask import Blueprint, jsonify
from sqlalchemy import text
from werkzeug.wrappers import Response

from access_control.database.errors import DatabaseError
from access_control.web.services import current

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> tuple[Response, int]:
    """200 while the database answers, 503 otherwise; says nothing else to strangers."""
    try:
        with current().database.reading() as session:
            session.execute(text("SELECT 1"))
    except DatabaseError:
        return jsonify(works=False, database=False), 503
    return jsonify(works=True, database=True), 200

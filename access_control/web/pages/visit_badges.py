"""A visitor's badge: a page for the browser's printer, and a picture for label printers."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from access_control.people.permissions import Permission
from access_control.readers.site import the_site
from access_control.visitors.badges import draw_badge
from access_control.visitors.labels import Label, label_of
from access_control.visitors.models import VisitState
from access_control.visitors.passes import good_pass, pass_text
from access_control.visitors.visits import get_visit
from access_control.web.frame import frame
from access_control.web.front_desk.codes import code_picture
from access_control.web.guard import needs
from access_control.web.problems import Problem
from access_control.web.services import current

blueprint = Blueprint("visit_badges", __name__)


@blueprint.get("/visits/<visit_id>/badge")
@needs(Permission.VISITOR_CHECK_IN)
def page(visit_id: str) -> str:
    """The badge as a page of 62 x 40 mm."""
    label = _label(visit_id)
    code = None if label.qr is None else code_picture(label.qr)
    return render_template("desk/badge.html", label=label, code=code, visit_id=visit_id)


@blueprint.get("/visits/<visit_id>/badge.png")
@needs(Permission.VISITOR_CHECK_IN)
def picture(visit_id: str) -> Response:
    """The badge as a PNG of 300 dpi."""
    response = make_response(draw_badge(_label(visit_id)))
    response.mimetype = "image/png"
    return response


def _label(visit_id: str) -> Label:
    """What stands on the badge.

    Raises:
        Problem: 409, the visitor is not on site.
    """
    services = current()
    with services.database.reading() as session:
        visit = get_visit(session, visit_id)
        if visit.state is not VisitState.ON_SITE:
            raise Problem(
                409,
                code="not_on_site",
                title=f"{visit.visitor.full_name} is not on site",
                detail="Only visitors on site get a badge.",
                action="Check the visitor in first.",
            )
        good = good_pass(visit, services.clock())
        text = None if good is None else pass_text(session, services.keys, good)
        site = the_site(session)
        return label_of(visit, site.short_name or site.name, frame().school.zone, text)

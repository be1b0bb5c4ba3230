"""Signing in and out."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from access_control.people.errors import SignInRefused
from access_control.people.permissions import Permission
from access_control.people.sign_in import DEVICE_DAYS, SignedIn, sign_in
from access_control.web import sessions
from access_control.web.forms import SignInForm
from access_control.web.guard import actor_or_none, needs
from access_control.web.resume import Kept, own_path, sign_in_page, unseal
from access_control.web.services import current

blueprint = Blueprint("sign_in", __name__)

DEVICE_COOKIE: Final = "device"


@blueprint.get("/sign-in")
def show() -> Response:
    """The page to sign in at."""
    after = own_path(request.args.get("next"))
    if actor_or_none() is not None:
        return redirect(after)
    form = SignInForm(formdata=None)
    form.next.data = after
    return make_response(sign_in_page(form))


@blueprint.post("/sign-in")
def enter() -> Response:
    """Sign in, and go back to where one was."""
    services = current()
    form = SignInForm()
    if not form.validate():
        return make_response(sign_in_page(form, kept=form.kept.data or ""), 422)
    try:
        found = sign_in(
            services.database,
            services.clock(),
            login=form.login.data or "",
            password=form.password.data or "",
            address=request.remote_addr or "",
            device_token=request.cookies.get(DEVICE_COOKIE),
        )
    except SignInRefused as refused:
        page = sign_in_page(form, sentence=refused.sentence, action=refused.action, kept=form.kept.data or "")
        response = make_response(page, 429 if refused.wait_s else 422)
        if refused.wait_s:
            response.headers["Retry-After"] = str(refused.wait_s)
        return response
    kept = unseal(form.kept.data or "")
    sessions.enter(found.actor, services.clock())
    return _remember_device(_after(own_path(form.next.data), kept, found), found)


@blueprint.post("/sign-out")
@needs(Permission.SELF)
def leave() -> Response:
    """Sign out on this browser."""
    sessions.leave()
    return redirect("/sign-in")


def _after(path: str, kept: Kept | None, found: SignedIn) -> Response:
    """Where one was; or what was typed when the session ended, to be sent or not by the same person."""
    if kept is None or kept.operator not in {None, found.actor.id}:
        return redirect(path, 303)
    return make_response(render_template("frame/resume.html", kept=kept, back=path))


def _remember_device(response: Response, found: SignedIn) -> Response:
    response.set_cookie(
        DEVICE_COOKIE,
        found.device_token,
        max_age=DEVICE_DAYS * 86400,
        secure=current().config.public_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
        path="/sign-in",
    )
    return response

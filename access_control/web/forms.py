"""Forms of the frame's own pages."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the published types
from wtforms.validators import EqualTo, InputRequired, Length

from access_control.people.models import Theme
from access_control.people.passwords import LEAST, MOST


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF publishes no types
    """Login and password, and where to go afterwards."""

    login = StringField("Login", validators=[InputRequired("Type your login."), Length(max=120)])
    password = PasswordField("Password", validators=[InputRequired("Type your password."), Length(max=1000)])
    next = HiddenField()
    kept = HiddenField()


class OwnSettingsForm(FlaskForm):  # type: ignore[misc]  # as above
    """What an operator chooses for themselves."""

    theme = RadioField(
        "Look",
        choices=[
            SelectChoice(Theme.SYSTEM.value, "As the system"),
            SelectChoice(Theme.LIGHT.value, "Light"),
            SelectChoice(Theme.DARK.value, "Dark"),
        ],
    )
    two_step_lockdown = BooleanField("Start a lockdown in two steps instead of by keeping the control pressed")
    single_key_shortcuts = BooleanField("Single-key shortcuts")


class OwnPasswordForm(FlaskForm):  # type: ignore[misc]  # as above
    """A new password for oneself."""

    present = PasswordField("Present password", validators=[InputRequired("Type your present password.")])
    password = PasswordField(
        f"New password, at least {LEAST} characters",
        validators=[InputRequired("Type the new password."), Length(max=MOST)],
    )
    again = PasswordField(
        "New password again",
        validators=[
            InputRequired("Type the new password twice."),
            EqualTo("password", "The two new passwords differ. Type the same twice."),
        ],
    )

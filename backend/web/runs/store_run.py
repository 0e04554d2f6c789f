"""Stores a run that a page sends, once however often it is sent."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _

from api.composition import repositories
from api.dynamodb.errors import Duplicate
from api.dynamodb.schema.records import Run, User
from api.history.models import RunIn
from api.history.record_run import ACTION, record_run
from api.limits import NotAdmitted
from web.preferences.views import YEAR_SECONDS
from web.quotas import left_text, of_day
from web.runs.form_token import history_id_of, is_run_of
from web.runs.recording_form import LANGUAGE_COOKIE


def store_run(user: User, token: str, run_input: RunIn, *, is_from_browser: bool = False) -> tuple[Run, str]:
    """Records a run of a form with this token; returns it and what to tell the user.

    Raises what `record_run` raises. Costs the same, and one GetItem (1 RCU, more for long code) if the run's id is
    taken or the run is not admitted.
    """
    user_id = user["user_id"]
    history_id = history_id_of(token, user_id, run_input)
    try:
        run, decision = record_run(user, run_input, history_id=history_id, is_from_browser=is_from_browser)
    except (Duplicate, NotAdmitted) as error:
        stored = repositories().history.get_history(history_id, consistent=True)
        if stored is not None and is_run_of(stored, user_id, run_input):
            return stored, _("Run recorded.")
        if not isinstance(error, Duplicate):
            raise
        run, decision = record_run(user, run_input, is_from_browser=is_from_browser)
    return run, f"{_('Run recorded.')} {left_text(of_day(ACTION, decision))}"


def remember_language(response: HttpResponse, language: str) -> None:
    """Keeps the language of the last run in this browser."""
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=YEAR_SECONDS, secure=settings.SESSION_COOKIE_SECURE, httponly=True,
        samesite="Lax",
    )  # fmt: skip

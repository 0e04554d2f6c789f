"""Error pages: what happened, what to do next, and the request id."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import HttpResponseClientRedirect

from api.dynamodb.errors import DataLayerError
from api.http import problem_types as p
from api.http.errors import ApiError
from api.http.request_ids import request_id
from web.redirects import SeeOther
from web.visitors import visitor_of

_SECONDS = 120


class Action(NamedTuple):
    """A link to another page."""

    title: str
    address: str


def page(request: HttpRequest, error: ApiError, status: int) -> HttpResponse:
    """The page of an error. It does not need the table, which may be unreachable.

    The cursor of another visitor, such as one from before a session ended, leads to the start of the list instead.
    """
    if request.method in ("GET", "HEAD") and any(invalid.field == "query.cursor" for invalid in error.fields):
        return _start_of_list(request)
    _settle_visitor(request, status)
    # Some errors are raised before or after the middleware that sets the language.
    with translation.override(translation.get_language_from_request(request)):
        context = {
            "status": status,
            "title": _(error.problem.title),
            "detail": "" if error.fields else error.message(_),
            "fields": [(invalid.field, invalid.message(_)) for invalid in error.fields],
            "advice": _advice(error),
            "actions": _actions(request, error),
            "request_id": request_id(),
        }
        response = render(request, "web/error.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _start_of_list(request: HttpRequest) -> HttpResponse:
    """A redirect to the same list without the cursor; htmx loads it as a page."""
    parameters = request.GET.copy()
    for name in ("cursor", "from"):  # `from` numbers the entries of the page that the cursor begins
        parameters.pop(name, None)
    address = f"{escape_uri_path(request.path)}?{parameters.urlencode()}".rstrip("?")
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return SeeOther(address)


def _settle_visitor(request: HttpRequest, status: int) -> None:
    """Makes the visitor one who is known without a call; looks them up now only if the table seems to work."""
    visitor = visitor_of(request)
    if status < 500:
        with suppress(DataLayerError):
            visitor.look_up()
    request.visitor = visitor.as_known()  # type: ignore[attr-defined]


def _advice(error: ApiError) -> str:
    """What to do next, for people: `ProblemType.remedy` is for developers."""
    match error.problem:
        case p.NOT_FOUND:
            return _("Check the URL. The page may have been removed, or you may not have access to it.")
        case p.FORBIDDEN:
            return _("Go back, reload the page, and try again.")
        case p.CONFLICT | p.PRECONDITION_FAILED | p.PRECONDITION_REQUIRED:
            return _("Go back and reload the page to see the latest version, then try again.")
        case p.TOO_LARGE:
            return _("Go back, shorten your input, and try again.")
        case p.BAD_REQUEST | p.INVALID | p.METHOD_NOT_ALLOWED:
            return _("Go back, fix the problem, and try again.")
        case p.OUTCOME_UNKNOWN:
            return _("Check whether your change was saved before you try again.")
        case p.QUOTA_EXCEEDED | p.TOO_MANY_ATTEMPTS | p.UNAVAILABLE:
            return _after(error.headers.get("Retry-After", ""))
        case p.SERVER_ERROR:
            return _("Try again. If the problem persists, contact us with the request ID below.")
    return ""


def _after(seconds: str) -> str:
    """When to try again, rounded to seconds, minutes or hours."""
    if not seconds.isdecimal():
        return _("Try again in a moment.")
    if int(seconds) < _SECONDS:
        text = ngettext("Try again in %(count)d second.", "Try again in %(count)d seconds.", int(seconds))
        return text % {"count": int(seconds)}
    minutes = -(-int(seconds) // 60)
    if minutes < _SECONDS:
        return ngettext("Try again in %(count)d minute.", "Try again in %(count)d minutes.", minutes) % {
            "count": minutes
        }
    hours = -(-minutes // 60)
    return ngettext("Try again in %(count)d hour.", "Try again in %(count)d hours.", hours) % {"count": hours}


def _actions(request: HttpRequest, error: ApiError) -> list[Action]:
    home = Action(_("All problems"), reverse("problems"))
    if error.problem is p.UNAUTHENTICATED:
        here = urlencode({"next": request.get_full_path()})
        return [Action(_("Sign in"), f"{reverse('sign-in')}?{here}"), home]
    if error.problem.status >= 500 and request.method == "GET":
        return [Action(_("Try again"), request.get_full_path()), home]
    return [home]


def detail_of(error: ApiError) -> str:
    """What went wrong, in the visitor's language, without the names of fields, which mean nothing to people."""
    return " ".join(invalid.message(_) for invalid in error.fields) or error.message(_)

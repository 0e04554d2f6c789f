"""Errors as pages: what happened, what to do next, and the request's id."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from api.dynamodb.errors import DataLayerError
from api.http import faults as f
from api.http.faults import Refusal
from api.http.request_ids import request_id
from web.visitors import visitor_of
from web.wording import worded

_SECONDS = 120


class Action(NamedTuple):
    """A link that leads on."""

    title: str
    address: str


def page(request: HttpRequest, refusal: Refusal, status: int) -> HttpResponse:
    """The page of a refusal. It does without the table, which may be what is missing."""
    _settle_visitor(request, status)
    # Some refusals come before the language was found out, or after.
    with translation.override(translation.get_language_from_request(request)):
        context = {
            "status": status,
            "title": worded(refusal.kind.title),
            "detail": worded(refusal.detail),
            "fields": [(field, worded(message)) for field, message in refusal.fields],
            "advice": _advice(refusal),
            "actions": _actions(request, refusal),
            "request_id": request_id(),
        }
        if refusal.fields:
            context["detail"] = ""  # it says of one field what the list says of each
        response = render(request, "web/error.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _settle_visitor(request: HttpRequest, status: int) -> None:
    """Makes the visitor one who is found out without a call; asks now only where the table is no suspect."""
    visitor = visitor_of(request)
    if status < 500:
        with suppress(DataLayerError):
            visitor.look_up()
    request.visitor = visitor.as_known()  # type: ignore[attr-defined]


def _advice(refusal: Refusal) -> str:
    """What to do next, in words for people: `FaultKind.remedy` is for programs."""
    match refusal.kind:
        case f.NOT_FOUND:
            return _(
                "Check the address. What was here may have been removed, or may belong to somebody else."
            )
        case f.FORBIDDEN:
            return _("Go back to the page, reload it, and try once more.")
        case f.CONFLICT | f.PRECONDITION_FAILED | f.PRECONDITION_REQUIRED:
            return _("Go back, reload the page to see what is there now, and decide anew.")
        case f.TOO_LARGE:
            return _("Go back and send less.")
        case f.BAD_REQUEST | f.INVALID | f.METHOD_NOT_ALLOWED:
            return _("Go back, change what is named here, and send it again.")
        case f.OUTCOME_UNKNOWN:
            return _("Look whether it is there before you send it again.")
        case f.QUOTA_EXCEEDED | f.TOO_MANY | f.UNAVAILABLE:
            return _after(refusal.headers.get("Retry-After", ""))
        case f.SERVER_ERROR:
            return _("Trying again may help. If it does not, tell us the number below.")
    return ""


def _after(seconds: str) -> str:
    """When to try again, as roughly as people count."""
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


def _actions(request: HttpRequest, refusal: Refusal) -> list[Action]:
    home = Action(_("All problems"), reverse("problems"))
    if refusal.kind is f.UNAUTHENTICATED:
        here = urlencode({"next": request.get_full_path()})
        return [Action(_("Sign in"), f"{reverse('sign-in')}?{here}"), home]
    if refusal.kind.status >= 500 and request.method == "GET":
        return [Action(_("Try again"), request.get_full_path()), home]
    return [home]

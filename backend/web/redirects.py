"""Redirects after a form, only ever to a page of this site."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseRedirect, UnreadablePostError
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


class SeeOther(HttpResponseRedirect):
    """A redirect after a form was handled: the browser loads the page with GET (303)."""

    status_code = 303


def own_address(request: HttpRequest, address: str | None) -> str | None:
    """The path and query of a URL of this site, None for any other URL."""
    if not address or not url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return None
    parts = urlsplit(address)
    # More than one leading slash would name another host.
    path = f"/{parts.path.lstrip('/')}"
    return f"{path}?{parts.query}" if parts.query else path


def page_before(request: HttpRequest) -> str:
    """The page with the form: from the Referer header, else from the form's `next`, else the start page.

    The header comes first because scripts change the URL while filters are chosen.
    """
    candidates = (request.META.get("HTTP_REFERER"), _next_of_form(request))
    return next((own for text in candidates if (own := own_address(request, text))), reverse("problems"))


def _next_of_form(request: HttpRequest) -> str | None:
    try:
        return request.POST.get("next")
    except UnreadablePostError:  # this may be for the page that says so
        return None

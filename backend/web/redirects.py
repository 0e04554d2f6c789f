"""Where a form leads after it was sent: back to one of our own pages, never to anybody else's."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


class SeeOther(HttpResponseRedirect):
    """The answer to a form that did its work: the browser reads the given page (303)."""

    status_code = 303


def own_address(request: HttpRequest, address: str | None) -> str | None:
    """A page of this site, as path and query; None for the address of any other."""
    if not address or not url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return None
    parts = urlsplit(address)
    # Two slashes at the start, even encoded away from the check above, would name another host.
    path = f"/{parts.path.lstrip('/')}"
    return f"{path}?{parts.query}" if parts.query else path


def page_before(request: HttpRequest) -> str:
    """The page that a form stands on: as the browser says, else as the form's `next` says, else the first.

    The browser's word is better: scripts change the address while filters are chosen.
    """
    given = (request.META.get("HTTP_REFERER"), request.POST.get("next"))
    return next((own for text in given if (own := own_address(request, text))), reverse("problems"))

"""Whether a visitor hides difficulty and tags: everywhere or nowhere."""

from __future__ import annotations

from django.http import HttpRequest

COOKIE = "spoilers"
SHOW, HIDE = "show", "hide"


def spoilers_hidden(request: HttpRequest) -> bool:
    """Whether difficulty and tags are hidden; they are shown by default."""
    return request.COOKIES.get(COOKIE) == HIDE

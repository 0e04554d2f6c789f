"""What search engines are told: problems, public runs and the timeline are theirs to read, private areas are not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

# `/runs/` is the visitor's own list; single runs stand below it and may be public.
_CLOSED = (
    "/account/", "/runs/$", "/staff/", "/sign-in/", "/sign-out/", "/language/", "/theme/", "/problems/random/",
    "/*/record/", "/*/cases/", "/*/hints/", "/*cursor=", "/api/",
)  # fmt: skip
_TEXT = "".join(["User-agent: *\n", *(f"Disallow: {path}\n" for path in _CLOSED)])


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt; it asks nothing of the table."""
    response = HttpResponse(_TEXT, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=86400"
    return response

"""robots.txt: crawlers may read problems, public runs and the timeline, but no private areas."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

# `/runs/` lists the visitor's own runs; `/runs/{id}/` may be a public run.
_CLOSED = (
    "/account/", "/runs/$", "/staff/", "/sign-in/", "/sign-out/", "/language/", "/theme/", "/problems/random/",
    "/*/record/", "/*/run-cases/", "/runner/", "/*/cases/", "/*/cases.zip", "/*/hints/", "/*cursor=", "/api/",
)  # fmt: skip
_TEXT = "".join(["User-agent: *\n", *(f"Disallow: {path}\n" for path in _CLOSED)])


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt, without a call to the table."""
    response = HttpResponse(_TEXT, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=86400"
    return response

"""Forms that set the language, the appearance, and what is hidden in a cookie and redirect back."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from api.http.errors import ApiError, invalid_field
from web.preferences import spoilers as spoilers_preference
from web.preferences.theme import COOKIE, THEMES
from web.redirects import SeeOther, page_before

YEAR_SECONDS = 365 * 24 * 3600


def _remembered(request: HttpRequest, cookie: str, value: str) -> HttpResponse:
    response = SeeOther(page_before(request))
    response.set_cookie(
        cookie, value, max_age=YEAR_SECONDS, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )  # fmt: skip
    return response


def _unknown(field: str) -> ApiError:
    return invalid_field(field, "unknown_choice")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Stores the language. Raises `ApiError`: 422 for an unsupported one."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise _unknown("language")
    return _remembered(request, settings.LANGUAGE_COOKIE_NAME, chosen)


@require_POST
def spoilers(request: HttpRequest) -> HttpResponse:
    """Stores whether difficulty and tags are hidden. Raises `ApiError`: 422 for an unknown choice."""
    chosen = request.POST.get("spoilers", "")
    if chosen not in (spoilers_preference.SHOW, spoilers_preference.HIDE):
        raise _unknown("spoilers")
    return _remembered(request, spoilers_preference.COOKIE, chosen)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Stores the appearance. Raises `ApiError`: 422 for an unknown one."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        raise _unknown("theme")
    return _remembered(request, COOKIE, chosen)

"""Context processor: what every template needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from web.navigation import entries
from web.preferences.spoilers import spoilers_hidden
from web.preferences.theme import theme_of, themes
from web.redirects import page_before
from web.visitors import visitor_of


def site(request: HttpRequest) -> dict[str, Any]:
    """The visitor, the navigation, the language, the appearance, and what is hidden."""
    visitor = visitor_of(request)
    return {
        "visitor": visitor,
        "navigation": entries(request, visitor),
        "languages": settings.LANGUAGES,
        "themes": themes(),
        "theme": theme_of(request),
        "spoilers_hidden": spoilers_hidden(request),
        "here": request.get_full_path() if request.method in ("GET", "HEAD") else page_before(request),
    }

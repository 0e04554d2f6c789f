"""The appearance: light, dark, or the system's setting."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import pgettext

COOKIE = "theme"
AUTO = "auto"
THEMES = (AUTO, "light", "dark")


def theme_of(request: HttpRequest) -> str:
    """The chosen appearance, `auto` by default."""
    chosen = request.COOKIES.get(COOKIE, AUTO)
    return chosen if chosen in THEMES else AUTO


def themes() -> list[tuple[str, str]]:
    """The appearances with their names in the visitor's language."""
    names = {
        AUTO: pgettext("appearance", "Auto"),
        "light": pgettext("appearance", "Light"),
        "dark": pgettext("appearance", "Dark"),
    }
    return list(names.items())

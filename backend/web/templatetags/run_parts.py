"""Template tags of the pages about runs: verdicts, authors, excerpts of long texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils.translation import gettext

from api.dynamodb.schema.records import RunSummary
from api.history.output_comparison import RULE
from web.rendering.excerpts import MAX_CHARACTERS, Excerpt, excerpt, long_excerpt
from web.runs.verdicts import basis_text, verdict_of

register = template.Library()


@register.filter(name="excerpt")
def excerpt_filter(text: str, characters: int = MAX_CHARACTERS) -> Excerpt:
    """The beginning of a text, and how much is left out."""
    return excerpt(text, characters=characters)


register.filter(long_excerpt)


@register.simple_tag
def comparison_rule() -> str:
    """The rule by which outputs are compared, as pages say it."""
    return gettext(RULE)


@register.inclusion_tag("web/runs/parts/verdict.html")
def run_verdict(run: RunSummary, first_failure: str | None = None) -> dict[str, Any]:
    """The verdict of a run as a badge, with the number of passed test cases and how it is known."""
    return {"verdict": verdict_of(run, first_failure), "run": run, "basis": basis_text(run)}


@register.inclusion_tag("web/runs/parts/author.html")
def run_author(author: Mapping[str, Any] | None) -> dict[str, Any]:
    """The name and picture of a run's author (an `Author` of the API), or initials without a picture."""
    if author is None:
        return {"is_known": False}
    name = (author["name"] or "").strip()
    return {
        "is_known": True,
        "name": name,
        "initials": _initials(name),
        "picture": _shown_picture(author["picture"]),
        "profile": author["profile"] or "",
    }


def _initials(name: str) -> str:
    """The first letters of a name's first two words, ignoring emoji and symbols."""
    letters = [next(filter(str.isalnum, part), "") for part in name.split()]
    return "".join(filter(None, letters))[:2].upper() or "?"


def _shown_picture(address: str | None) -> str:
    """The picture's URL if the content security policy allows it, see `api.http.security`."""
    parts = urlsplit(address or "")
    is_allowed = parts.scheme == "https" and (parts.hostname or "").endswith(".googleusercontent.com")
    return address or "" if is_allowed else ""

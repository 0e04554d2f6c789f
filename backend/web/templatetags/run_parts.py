"""Parts of pages about runs: verdicts, authors, long texts shortened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import template

from api.dynamodb.repositories.records import RunSummary
from web.rendering.shortening import MAX_CHARACTERS, Shortened, shorten
from web.runs.verdicts import verdict_of

register = template.Library()


@register.filter
def shortened(text: str | None, characters: int = MAX_CHARACTERS) -> Shortened | None:
    """The beginning of a text, and how much of it is left out; None for none."""
    return None if text is None else shorten(text, characters=characters)


@register.inclusion_tag("web/runs/parts/verdict.html")
def run_verdict(run: RunSummary, first_failure: str | None = None) -> dict[str, Any]:
    """The verdict of a run as a badge, with how many test cases it passed."""
    return {"verdict": verdict_of(run, first_failure), "run": run}


@register.inclusion_tag("web/runs/parts/author.html")
def run_author(author: Mapping[str, Any] | None) -> dict[str, Any]:
    """Name and picture of a run's author, who is an `Author` of the API; initials where there is no picture."""
    if author is None:
        return {"is_known": False}
    name = (author["name"] or "").strip()
    return {
        "is_known": True,
        "name": name,
        "initials": _initials(name),
        "picture": _shown_picture(author["picture"]),
    }


def _initials(name: str) -> str:
    """The first letters of a name's first two words; emoji and signs are none."""
    letters = [next(filter(str.isalnum, word), "") for word in name.split()]
    return "".join(filter(None, letters))[:2].upper() or "?"


def _shown_picture(address: str | None) -> str:
    """A picture's address if the pages' policy lets a browser load it, see `api.http.security`."""
    parts = urlsplit(address or "")
    is_allowed = parts.scheme == "https" and (parts.hostname or "").endswith(".googleusercontent.com")
    return address or "" if is_allowed else ""

"""Parts of pages about runs: verdicts, authors, long texts shortened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from api.dynamodb.repositories.records import RunSummary
from web.rendering.shortening import Shortened, shorten
from web.runs.verdicts import verdict_of

register = template.Library()


@register.filter
def shortened(text: str | None) -> Shortened | None:
    """The beginning of a text, and how much of it is left out; None for none."""
    return None if text is None else shorten(text)


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
    picture = author["picture"] or ""
    return {
        "is_known": True,
        "name": name,
        "initials": "".join(word[0] for word in name.split()[:2]).upper() or "?",
        "picture": picture if picture.startswith("https://") else "",
    }

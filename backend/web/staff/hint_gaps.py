"""The staff page of problems whose ladder of hints has gaps."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from api.hints.gaps import EXAMINED, ladder_gaps
from web.hints.step_names import STEP_NAMES
from web.staff.listing import cursor_of, pager
from web.staff.statement import LANGUAGE_NAMES
from web.visitors import staff


@staff
@require_safe
def hint_gaps(request: HttpRequest) -> HttpResponse:
    """The published problems with gaps among the next 50."""
    page = ladder_gaps(cursor_of(request, "hint-gaps"))
    lines = [
        {
            "problem": entry.problem,
            "steps": [STEP_NAMES[step] for step in entry.steps],
            "languages": [(code, LANGUAGE_NAMES[code]) for code in entry.languages],
        }
        for entry in page.items
    ]
    context = {
        "area": "problems", "lines": lines, "examined": EXAMINED, "language": get_language() or "en",
        **pager(request, "hint-gaps", page),
    }  # fmt: skip
    return render(request, "web/staff/hint_gaps.html", context)

"""What a problem's page needs so that code can be written and run on it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from api.dynamodb.schema.records import Problem, User
from api.history.languages import LANGUAGES
from api.history.models import MAX_CODE, MAX_OUTPUT
from web.runner.earlier_run import earlier_run
from web.runner.runtimes import PYTHON_TIME_FACTOR, editor_address, runtimes
from web.runs.form_token import new_token
from web.runs.recording_form import remembered_language

# For visitors who have chosen none: the first of them that runs here.
_FIRST_CHOICES = ("python", "javascript")
# For problems without a time limit.
_DEFAULT_SECONDS = 2.0
_MOST_SECONDS = 20.0
_MEGABYTE = 1 << 20
_OUTPUT_BYTES = _MEGABYTE
_MEMORY_BYTES = 256 * _MEGABYTE
# All inputs and expected outputs of a run together.
_CASE_BYTES = 32 * _MEGABYTE
# What a run sends to the service, code and outputs: a request has one million bytes.
_SENT_BYTES = 900_000


class Workbench(NamedTuple):
    """The form for code. `is_filled` if its code is that of an earlier run; `*_json` is for the page's scripts."""

    language: str
    code: str
    is_filled: bool
    token: str
    runs_here: list[tuple[str, str]]
    runs_elsewhere: list[tuple[str, str]]
    runtimes_json: str
    limits_json: str
    seconds: float
    python_seconds: float
    max_code: int
    frame: str
    cases: str
    record: str
    editor: str


def workbench_of(request: HttpRequest, problem: Problem, user: User | None) -> Workbench:
    """The form of a problem's page, filled by `?run=`. Costs as `earlier_run`."""
    problem_id = problem["problem_id"]
    run = None if user is None else earlier_run(request, user, problem)
    languages = sorted(
        ((name, each.title) for name, each in LANGUAGES.items()), key=lambda pair: pair[1].casefold()
    )
    available = runtimes()
    here = [pair for pair in languages if pair[0] in available]
    seconds = _seconds(problem)
    language = run["language"] if run else remembered_language(request)
    return Workbench(
        language=language if language in LANGUAGES else next(filter(available.get, _FIRST_CHOICES)),
        code=run["code"] if run else "",
        is_filled=run is not None,
        token="" if user is None else new_token(user["user_id"], problem_id),
        runs_here=here,
        runs_elsewhere=[pair for pair in languages if pair[0] not in available],
        runtimes_json=json.dumps(dict(available)),
        limits_json=json.dumps(_limits(seconds)),
        seconds=seconds,
        python_seconds=seconds * PYTHON_TIME_FACTOR,
        max_code=MAX_CODE,
        frame=reverse("runner"),
        cases=reverse("run-cases", args=[problem_id]),
        record=reverse("record-from-browser", args=[problem_id]),
        editor=editor_address(),
    )


def _seconds(problem: Problem) -> float:
    limit = problem["time_limit"]
    return min(float(limit), _MOST_SECONDS) if limit and limit > 0 else _DEFAULT_SECONDS


def _limits(seconds: float) -> dict[str, Any]:
    return {
        "milliseconds": round(seconds * 1000), "outputBytes": _OUTPUT_BYTES, "memoryBytes": _MEMORY_BYTES,
        "caseBytes": _CASE_BYTES, "code": MAX_CODE, "sentOutput": MAX_OUTPUT, "sentBytes": _SENT_BYTES,
    }  # fmt: skip

"""The run that a page starts from: `?run=` names it."""

from __future__ import annotations

from django.http import HttpRequest

from api.composition import repositories
from api.dynamodb.schema.ids import MAX_ID
from api.dynamodb.schema.records import Problem, Run, User


def earlier_run(request: HttpRequest, user: User, problem: Problem) -> Run | None:
    """The run that `?run=` names, if it is the user's and of this problem, else None.

    One GetItem with `?run=`: 0.5 RCU, more for long code.
    """
    history_id = request.GET.get("run", "")
    if not (history_id.isdecimal() and len(history_id) <= 16 and int(history_id) <= MAX_ID):
        return None
    run = repositories().history.get_history(int(history_id))
    is_own = run and run["user_id"] == user["user_id"] and run["problem_id"] == problem["problem_id"]
    return run if is_own else None

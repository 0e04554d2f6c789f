"""Opens the next hint of a run: charged once, refunded if it could not be opened."""

from __future__ import annotations

from typing import Any, NamedTuple

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.errors import ConditionFailed
from api.dynamodb.schema.records import Problem, Run, User
from api.dynamodb.usage_limits.decisions import Decision
from api.hints.ladder import Step, ladder_of, opened_in
from api.history.queries import my_run
from api.http.errors import ApiError, invalid_field
from api.limits import limiter

ACTION = "hint"


class LadderState(NamedTuple):
    """A run's ladder: all steps of the problem, and the opened ones as `ladder.opened_in` returns them."""

    run: Run
    steps: list[Step]
    opened: list[dict[str, Any]]

    @property
    def next_step(self) -> Step | None:
        """The first step that is not open yet; None when all are."""
        names = {entry["step"] for entry in self.opened}
        return next((step for step in self.steps if step.name not in names), None)

    def entry(self, name: str) -> dict[str, Any] | None:
        """The open step with this name, if it is open."""
        return next((entry for entry in self.opened if entry["step"] == name), None)


class Opened(NamedTuple):
    """An open step; `decision` is None if it was open before and nothing was charged."""

    entry: dict[str, Any]
    state: LadderState
    decision: Decision | None


def _problem_of(run: Run) -> Problem:
    problem_id = run["problem_id"]
    problem = None if problem_id is None else repositories().problems.get_problem(problem_id)
    if problem is None or not problem["is_completed"]:
        raise ApiError("run_without_problem")
    return problem


def ladder_state(user_id: int, history_id: int, *, consistent: bool = False) -> LadderState:
    """The ladder of one's own run. Raises `ApiError`: 404. Two GetItems: 1 RCU, 1.5 when consistent."""
    run = my_run(user_id, history_id, consistent=consistent)
    return LadderState(run, ladder_of(_problem_of(run)), opened_in(run))


def open_step(user: User, history_id: int, step: str | None = None) -> Opened:
    """Opens a step of the ladder of a user's own run: the next one, or the one named, which must be the next.

    A step that is already open is returned without a charge, also when two requests race for it: the run's version
    decides which of them opened it, and the other gets its use back. Raises `ApiError` (404; 409 when no step is
    left or another step comes first; 422 for an unknown step), `NotAdmitted`, `LimiterUnavailable` and the data
    layer's errors. A step that could not be opened is not charged; one that may have been opened (`OutcomeUnknown`)
    is, until it is known, and asking for it again is free if it was.
    Two GetItems (1.5 RCU), the limiter's UpdateItem (1 to 4 WCU), one GetItem and UpdateItem of the run (1 RCU
    and 1 WCU for each KB).
    """
    state = ladder_state(user["user_id"], history_id, consistent=True)
    existing = None if step is None else state.entry(step)
    if existing is not None:
        return Opened(existing, state, None)
    next_step = _next(state, step)
    try:
        entry = _entry(state, next_step)
        with limiter().paid(
            user, ACTION, state.run["problem_id"], {"history_id": history_id},
            is_stored=lambda _: _is_stored(history_id, entry),
        ) as decision:  # fmt: skip
            _store(state.run, entry)
    except ConditionFailed:
        state = ladder_state(user["user_id"], history_id, consistent=True)
        existing = state.entry(next_step.name)
        if existing is None:
            raise
        return Opened(existing, state, None)
    return Opened(entry, state._replace(opened=[*state.opened, entry]), decision)


def _next(state: LadderState, step: str | None) -> Step:
    following = state.next_step
    if step is not None and step not in {candidate.name for candidate in state.steps}:
        raise invalid_field("body.step", "unknown_hint")
    if following is None:
        raise ApiError("all_hints_open" if state.steps else "no_hints")
    if step is not None and step != following.name:
        raise ApiError("hint_out_of_order", next_step=following.name, step=step)
    return following


def _entry(state: LadderState, step: Step) -> dict[str, Any]:
    return {
        "level": len(state.opened),
        "step": step.name,
        "text": step.text,
        "language": step.language,
        "opened_at": utc_now().isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def _is_stored(history_id: int, entry: dict[str, Any]) -> bool:
    """Whether this very step is in the run. One GetItem, consistent: 1 RCU per 4 KB."""
    run = repositories().history.get_history(history_id, consistent=True)
    return run is not None and isinstance(run["hints"], list) and entry in run["hints"]


def _store(run: Run, entry: dict[str, Any]) -> None:
    """Appends an open step to a run, if nobody changed the run meanwhile."""
    hints = run["hints"] if isinstance(run["hints"], list) else []
    repositories().history.update_history(
        run["history_id"], {"hints": [*hints, entry]}, expected_version=run["version"]
    )

"""Opening the next step of a run's ladder: charged once, given back when it could not be opened."""

from __future__ import annotations

from typing import Any, NamedTuple

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.decisions import Decision
from api.dynamodb.errors import ConditionFailed
from api.dynamodb.repositories.records import Problem, Run, User
from api.hints.ladder import Step, ladder_of, opened_in
from api.history.reading import my_run
from api.http.faults import CONFLICT, NOT_FOUND, Refusal, invalid
from api.limits import limiter

ACTION = "hint"


class LadderState(NamedTuple):
    """A run's ladder: all steps of the problem, and those opened (as `ladder.opened_in` has them)."""

    run: Run
    steps: list[Step]
    opened: list[dict[str, Any]]

    @property
    def next_step(self) -> Step | None:
        """The first step that is not open."""
        names = {entry["step"] for entry in self.opened}
        return next((step for step in self.steps if step.name not in names), None)

    def entry(self, name: str) -> dict[str, Any] | None:
        """The open step of a name."""
        return next((entry for entry in self.opened if entry["step"] == name), None)


class Opened(NamedTuple):
    """An open step; `decision` is None where it was open before, and so is not charged."""

    entry: dict[str, Any]
    state: LadderState
    decision: Decision | None


def _problem_of(run: Run) -> Problem:
    problem_id = run["problem_id"]
    problem = None if problem_id is None else repositories().problems.get_problem(problem_id)
    if problem is None or not problem["is_completed"]:
        raise Refusal(NOT_FOUND, "The problem of this run is gone, and its hints with it.")
    return problem


def ladder_state(user_id: int, history_id: int, *, consistent: bool = False) -> LadderState:
    """The ladder of one's own run. Raises `Refusal`: 404. Two GetItems: 1 RCU, 1.5 when consistent."""
    run = my_run(user_id, history_id, consistent=consistent)
    return LadderState(run, ladder_of(_problem_of(run)), opened_in(run))


def open_step(user: User, history_id: int, step: str | None = None) -> Opened:
    """Opens a step of the ladder of a user's own run: the next one, or the one named, which must be the next.

    A step that is open already is returned without a charge, also when two requests for it meet: the run's
    version decides which of them opened it, the other is given its use back. Raises `Refusal` (404; 409 when
    nothing is left or another step comes first; 422 for a step that there is not), `NotAdmitted`,
    `LimiterUnavailable` and the data layer's errors; whoever could not open the step is not charged.
    Two GetItems (1.5 RCU), the limiter's UpdateItem (1 to 4 WCU), one GetItem and UpdateItem of the run (1 RCU
    and 1 WCU for each KB).
    """
    state = ladder_state(user["user_id"], history_id, consistent=True)
    found = _already(state, step)
    if found is not None:
        return Opened(found, state, None)
    wanted = _next(state, step)
    try:
        with limiter().paid(user, ACTION, state.run["problem_id"], {"history_id": history_id}) as decision:
            entry = _entry(state, wanted)
            _store(state.run, entry)
    except ConditionFailed:
        state = ladder_state(user["user_id"], history_id, consistent=True)
        met = state.entry(wanted.name)
        if met is None:
            raise
        return Opened(met, state, None)
    return Opened(entry, state._replace(opened=[*state.opened, entry]), decision)


def _already(state: LadderState, step: str | None) -> dict[str, Any] | None:
    return None if step is None else state.entry(step)


def _next(state: LadderState, step: str | None) -> Step:
    following = state.next_step
    if step is not None and step not in {known.name for known in state.steps}:
        raise invalid("body.step", "the ladder of this problem has no such step")
    if following is None:
        raise Refusal(
            CONFLICT, "Every step of this ladder is open." if state.steps else "There are no hints here."
        )
    if step is not None and step != following.name:
        raise Refusal(CONFLICT, f"The step {following.name} comes before {step}.")
    return following


def _entry(state: LadderState, step: Step) -> dict[str, Any]:
    return {
        "level": len(state.opened),
        "step": step.name,
        "text": step.text,
        "language": step.language,
        "opened_at": utc_now().isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def _store(run: Run, entry: dict[str, Any]) -> None:
    """Appends an open step to a run, if nobody changed the run meanwhile."""
    hints = run["hints"] if isinstance(run["hints"], list) else []
    repositories().history.update_history(
        run["history_id"], {"hints": [*hints, entry]}, expected_version=run["version"]
    )

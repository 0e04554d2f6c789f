"""Opens the next hint of a problem: charged once, whichever run or page it is asked on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.errors import ConditionFailed
from api.dynamodb.schema.records import OpenedHints, Problem, Run, User
from api.dynamodb.usage_limits.decisions import Decision
from api.hints.ladder import SOLUTION, Step, ladder_of, opened_in
from api.history.queries import my_run
from api.http.errors import ApiError, invalid_field
from api.limits import limiter
from api.problems.queries import problem_by_id

ACTION = "hint"


class Reader(NamedTuple):
    """Who reads hints: a user, in a language (`ko`, `en`); with a programming language, solutions are shown in it."""

    user: User
    language: str | None = None
    code: str | None = None


class LadderState(NamedTuple):
    """A problem's ladder: all steps, and the open ones with level, step, text, language and time.

    `run` is the run on whose page it is asked for, None on the problem's page.
    """

    problem: Problem
    run: Run | None
    steps: list[Step]
    opened: list[dict[str, Any]]

    @property
    def next_step(self) -> Step | None:
        """The first step that is not open yet; None when all are."""
        names = {entry["step"] for entry in self.opened}
        return next((step for step in self.steps if step.name not in names), None)

    @property
    def begins_with_solution(self) -> bool:
        """Whether the next step is the solution though no hint is open: it is not opened without asking again."""
        following = self.next_step
        return following is not None and following.name == SOLUTION and not self.opened

    def entry(self, name: str) -> dict[str, Any] | None:
        """The open step with this name, if it is open."""
        return next((entry for entry in self.opened if entry["step"] == name), None)


class Opened(NamedTuple):
    """An open step; `decision` is None if it was open before and nothing was charged."""

    entry: dict[str, Any]
    state: LadderState
    decision: Decision | None


def ladder_of_run(reader: Reader, history_id: int, *, consistent: bool = False) -> LadderState:
    """The ladder of the problem of one's own run. Raises `ApiError`: 404.

    Steps that are noted in the run alone, as they once were, are open too. Three GetItems: 1.5 RCU, 2.5 when
    consistent.
    """
    run = my_run(reader.user["user_id"], history_id, consistent=consistent)
    problem_id = run["problem_id"]
    problem = None if problem_id is None else repositories().problems.get_problem(problem_id)
    if problem is None or not problem["is_completed"]:
        raise ApiError("run_without_problem")
    return _state(reader, problem, run, consistent)


def ladder_of_problem(reader: Reader, problem_id: int, *, consistent: bool = False) -> LadderState:
    """The ladder of a problem; a retired one has it still. Raises `ApiError`: 404.

    Two GetItems: 1 RCU, 1.5 when consistent.
    """
    problem = problem_by_id(problem_id, is_staff=reader.user["is_staff"])
    return _state(reader, problem, None, consistent)


def _state(reader: Reader, problem: Problem, run: Run | None, consistent: bool) -> LadderState:
    user_id, problem_id = reader.user["user_id"], problem["problem_id"]
    stored = repositories().opened_hints.get_opened(user_id, problem_id, consistent=consistent)
    code = reader.code or (None if run is None else run["language"])
    steps = ladder_of(problem, reader.language, code)
    return LadderState(problem, run, steps, _opened(steps, run, stored))


def _opened(steps: list[Step], run: Run | None, stored: OpenedHints) -> list[dict[str, Any]]:
    """The open steps: those that are noted in the run, then those of the problem."""
    moments: Mapping[str, Any] = stored
    entries = [] if run is None else opened_in(run)
    names = {entry["step"] for entry in entries}
    for step in steps:
        opened_at = moments[f"{step.name}_at"]
        if opened_at is not None and step.name not in names:
            entries.append(
                {
                    "level": len(entries), "step": step.name, "text": step.text, "language": step.language,
                    "opened_at": opened_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
                }
            )  # fmt: skip
    return entries


def open_of_run(
    reader: Reader, history_id: int, step: str | None = None, *, confirmed: bool = False
) -> Opened:
    """As `open_of_problem`, from the page of one's own run. One GetItem more: 1 RCU for each 4 KB of the run."""

    def read() -> LadderState:
        return ladder_of_run(reader, history_id, consistent=True)

    return _open(reader, read, step, {"history_id": history_id}, confirmed)


def open_of_problem(
    reader: Reader, problem_id: int, step: str | None = None, *, confirmed: bool = False
) -> Opened:
    """Opens a step of a problem's ladder: the next one, or the one named, which must be the next.

    A step that is already open is returned without a charge, also when two requests race for it: the one that notes it
    pays, and the other gets its use back. Raises `ApiError` (404; 409 when no step is left, another step comes first,
    or the solution would be the first step and is not `confirmed`; 422 for an unknown step), `NotAdmitted`,
    `LimiterUnavailable` and the data layer's errors. A step that could not be opened is not charged; one that may have
    been opened (`OutcomeUnknown`) is, until it is known, and asking for it again is free if it was.
    Two GetItems (1.5 RCU), the limiter's UpdateItem (1 to 4 WCU) and one UpdateItem (1 WCU).
    """

    def read() -> LadderState:
        return ladder_of_problem(reader, problem_id, consistent=True)

    return _open(reader, read, step, {}, confirmed)


def _open(
    reader: Reader,
    read: Callable[[], LadderState],
    step: str | None,
    metadata: Mapping[str, Any],
    confirmed: bool,
) -> Opened:
    state = read()
    existing = None if step is None else state.entry(step)
    if existing is not None:
        return Opened(existing, state, None)
    name = _next(state, step).name
    if state.begins_with_solution and not confirmed:
        raise ApiError("solution_unconfirmed")
    user, problem_id, opened_at = reader.user, state.problem["problem_id"], utc_now()
    hints = repositories().opened_hints

    def is_stored(_: BaseException) -> bool:
        opened: Mapping[str, Any] = hints.get_opened(user["user_id"], problem_id, consistent=True)
        return bool(opened[f"{name}_at"] == opened_at)

    try:
        with limiter().paid(user, ACTION, problem_id, metadata or None, is_stored=is_stored) as decision:
            stored = hints.open_step(user["user_id"], problem_id, name, opened_at)
    except ConditionFailed:
        state = read()
        existing = state.entry(name)
        if existing is None:
            raise
        return Opened(existing, state, None)
    state = state._replace(opened=_opened(state.steps, state.run, stored))
    entry = state.entry(name)
    assert entry is not None  # noqa: S101 (it was noted just now)
    return Opened(entry, state, decision)


def _next(state: LadderState, step: str | None) -> Step:
    following = state.next_step
    if step is not None and step not in {candidate.name for candidate in state.steps}:
        raise invalid_field("body.step", "unknown_hint")
    if following is None:
        raise ApiError("all_hints_open" if state.steps else "no_hints")
    if step is not None and step != following.name:
        raise ApiError("hint_out_of_order", next_step=following.name, step=step)
    return following

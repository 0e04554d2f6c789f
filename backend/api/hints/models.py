"""The ladder of a problem as a user sees it, from a run or from the problem."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.hints.open_step import LadderState
from api.http.request_bodies import RequestBody

StepName = Literal["nudge", "approach", "outline", "solution"]


class OpenStepIn(RequestBody):
    """Which step to open; name it so that a request sent twice opens and costs one step."""

    step: StepName | None = Field(default=None, description="the next step if it is left out")
    confirmed: bool = Field(
        default=False, description="opens the solution although no hint is open, which is a 409 otherwise"
    )


class StepOut(BaseModel):
    """An open step."""

    level: int
    step: str
    text: str
    language: str | None = Field(description="of the solution's code")
    opened_at: str | None


class LadderOut(BaseModel):
    """All steps in order, those that are open, and the next one (null when all are open)."""

    problem_id: int
    history_id: int | None = Field(description="the run, null for the problem's own address")
    steps: list[str]
    opened: list[StepOut]
    next_step: str | None


class OpenedOut(BaseModel):
    """The step, and whether this request paid for it."""

    opened: StepOut
    charged: bool
    ladder: LadderOut


def ladder_document(state: LadderState) -> dict[str, Any]:
    """A `LadderOut`."""
    following = state.next_step
    return {
        "problem_id": state.problem["problem_id"],
        "history_id": None if state.run is None else state.run["history_id"],
        "steps": [step.name for step in state.steps],
        "opened": state.opened,
        "next_step": None if following is None else following.name,
    }

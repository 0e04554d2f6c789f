"""The ladder of hints that a problem has: nudge, approach, outline, and the solution as its last step.

A problem keeps its hints as a list of texts. The first is the nudge, the second the approach, all others
together the outline; the solution is the problem's own code.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from api.dynamodb.repositories.records import Problem, Run

STEPS = ("nudge", "approach", "outline", "solution")
SOLUTION = "solution"
_LAST_TEXT = STEPS.index("outline")


class Step(NamedTuple):
    """A step: its name, what it says, and the language if it is code."""

    name: str
    text: str
    language: str | None = None


def ladder_of(problem: Problem) -> list[Step]:
    """The steps of a problem's ladder in order; a problem without hints and solution has none."""
    hints = problem["hints"]
    texts = [text.strip() for text in hints if isinstance(text, str)] if isinstance(hints, list) else []
    texts = [text for text in texts if text]
    outline = "\n\n".join(texts[2:])
    steps = [Step(name, text) for name, text in zip(STEPS, [*texts[:2], outline], strict=False) if text]
    solution = problem["solution_code"]
    if solution and solution.strip():
        steps.append(Step(SOLUTION, solution, problem["language"]))
    return steps


def steps_of(problem: Problem) -> list[str]:
    """The names of the steps, in order."""
    return [step.name for step in ladder_of(problem)]


def opened_in(run: Run) -> list[dict[str, Any]]:
    """What a run's owner has opened, in order: level, step, text, and when.

    Steps of runs from MySQL have no name and no time; their place on the ladder names them, never the solution.
    """
    hints = run["hints"]
    found = []
    for place, entry in enumerate(hints if isinstance(hints, list) else []):
        if not isinstance(entry, dict):
            continue
        level = entry.get("level")
        level = level if type(level) is int and level >= 0 else place
        name = entry.get("step")
        found.append(
            {
                "level": level,
                "step": name if name in STEPS else STEPS[min(level, _LAST_TEXT)],
                "text": str(entry.get("text") or ""),
                "language": entry.get("language"),
                "opened_at": entry.get("opened_at"),
            }
        )
    return found

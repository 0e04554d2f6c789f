"""The ladder of hints of a problem: nudge, approach, outline, and the solution as its last step.

A problem keeps its hints as a list of texts. The first is the nudge, the second the approach, all others
together the outline; the solution is the problem's own code.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from api.dynamodb.schema.records import Problem, Run

HINT_STEPS = ("nudge", "approach", "outline")
SOLUTION = "solution"
STEPS = (*HINT_STEPS, SOLUTION)


class Step(NamedTuple):
    """A step: its name, its text, and the language if the text is code."""

    name: str
    text: str
    language: str | None = None


def hint_texts(problem: Problem) -> dict[str, str]:
    """The texts of a problem's hints by step, without the solution; the legacy column may hold any JSON."""
    hints = problem["hints"]
    stripped = [text.strip() for text in hints if isinstance(text, str)] if isinstance(hints, list) else []
    texts = [text for text in stripped if text]
    if len(texts) > len(HINT_STEPS):
        texts[2:] = ["\n\n".join(texts[2:])]
    return dict(zip(HINT_STEPS, texts, strict=False))


def ladder_of(problem: Problem) -> list[Step]:
    """The steps of a problem's ladder in order; a problem without hints and solution has none."""
    steps = [Step(name, text) for name, text in hint_texts(problem).items()]
    solution = problem["solution_code"]
    if solution and solution.strip():
        steps.append(Step(SOLUTION, solution, problem["language"]))
    return steps


def steps_of(problem: Problem) -> list[str]:
    """The names of the steps, in order, as `ladder_of` has them."""
    hints, solution = problem["hints"], problem["solution_code"]
    texts = (
        [text for text in hints if isinstance(text, str) and text.strip()] if isinstance(hints, list) else []
    )
    names = list(HINT_STEPS[: len(texts)])
    return [*names, SOLUTION] if solution and solution.strip() else names


def opened_in(run: Run) -> list[dict[str, Any]]:
    """The steps that a run's owner has opened, in order: level, step, text, language, and time.

    Steps of runs from MySQL have no name and no time; their position on the ladder names them, never the solution.
    """
    hints = run["hints"]
    opened = []
    for index, entry in enumerate(hints if isinstance(hints, list) else []):
        if not isinstance(entry, dict):
            continue
        level = entry.get("level")
        level = level if type(level) is int and level >= 0 else index
        name = entry.get("step")
        opened.append(
            {
                "level": level,
                "step": name if name in STEPS else HINT_STEPS[min(level, len(HINT_STEPS) - 1)],
                "text": str(entry.get("text") or ""),
                "language": entry.get("language"),
                "opened_at": entry.get("opened_at"),
            }
        )
    return opened

"""The ladder of hints of a problem: nudge, approach, outline, and the solution as its last step.

A problem keeps its hints as a list of texts. The first is the nudge, the second the approach, all others
together the outline; the solution is the problem's own code.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def texts_of(hints: Any) -> list[str]:
    """The texts of a list of hints; a legacy column may hold any JSON."""
    return [text for text in hints if isinstance(text, str)] if isinstance(hints, list) else []


def hint_texts(problem: Problem, reader: str | None = None) -> dict[str, str]:
    """The texts of a problem's hints by step, without the solution.

    reader: the reader's language, `ko` or `en`; hints in it come before those without a language.
    """
    return translated_texts(problem, reader) or _by_step(texts_of(problem["hints"]))


def translated_texts(problem: Problem, reader: str | None) -> dict[str, str]:
    """The texts of the hints in a language by step; empty if there are none in it."""
    fields: Mapping[str, Any] = problem
    return _by_step(texts_of(fields.get(f"hints_{reader}")))


def _by_step(hints: list[str]) -> dict[str, str]:
    texts = [stripped for text in hints if (stripped := text.strip())]
    if len(texts) > len(HINT_STEPS):
        texts[2:] = ["\n\n".join(texts[2:])]
    return dict(zip(HINT_STEPS, texts, strict=False))


def other_solutions(problem: Problem) -> dict[str, str]:
    """The problem's solutions beside `solution_code`, by programming language."""
    solutions = problem.get("solutions")
    if not isinstance(solutions, dict):
        return {}
    return {name: code for name, code in solutions.items() if isinstance(code, str) and code.strip()}


def ladder_of(problem: Problem, reader: str | None = None, language: str | None = None) -> list[Step]:
    """The steps of a problem's ladder in order; a problem without hints and solution has none.

    reader: the reader's language, see `hint_texts`. language: the programming language in which the solution is shown
    if there is one in it.
    """
    steps = [Step(name, text) for name, text in hint_texts(problem, reader).items()]
    code, solutions = problem["solution_code"] or "", other_solutions(problem)
    if language in solutions and language != problem["language"]:
        steps.append(Step(SOLUTION, solutions[language], language))
    elif code.strip():
        steps.append(Step(SOLUTION, code, problem["language"]))
    elif solutions:
        name, code = next(iter(solutions.items()))
        steps.append(Step(SOLUTION, code, name))
    return steps


def steps_of(problem: Problem) -> list[str]:
    """The names of the steps, in order, as `ladder_of` has them."""
    hints, solution = problem["hints"], problem["solution_code"]
    texts = (
        [text for text in hints if isinstance(text, str) and text.strip()] if isinstance(hints, list) else []
    )
    names = list(HINT_STEPS[: len(texts)])
    return [*names, SOLUTION] if solution and solution.strip() else names


def solution_languages(problem: Problem) -> list[str]:
    """The programming languages in which the problem has a solution, its own first."""
    own = [problem["language"] or ""] if (problem["solution_code"] or "").strip() else []
    return [*own, *(name for name in other_solutions(problem) if name not in own)]


def opened_in(run: Run) -> list[dict[str, Any]]:
    """The steps that are noted in a run, in order: level, step, text, language, and time.

    Steps that were opened since hints are noted by problem are not among them. Steps of runs from MySQL have no name
    and no time; their position on the ladder names them, never the solution.
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

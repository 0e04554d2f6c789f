"""Problems whose ladder of hints has gaps, for staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from api.composition import repositories
from api.dynamodb.schema.entities import STATEMENT_LANGUAGES
from api.dynamodb.schema.records import Problem
from api.dynamodb.table.cursor import Page
from api.hints.ladder import HINT_STEPS, SOLUTION, hint_texts, other_solutions, texts_of

# Problems that one page looks at.
EXAMINED = 50


class LadderGaps(NamedTuple):
    """A problem, the steps that its ladder lacks, and the languages in which it has no hints though another has."""

    problem: Problem
    steps: list[str]
    languages: list[str]


def ladder_gaps(cursor: str | None = None) -> Page[LadderGaps]:
    """Published problems with gaps among the next 50, newest first; a page may be empty and have a cursor.

    One Query and one BatchGetItem: about 29 RCU for 50 problems.
    """
    problems = repositories().problems
    page = problems.list_problems(limit=EXAMINED, cursor=cursor)
    stored = problems.get_problems(summary["problem_id"] for summary in page.items)
    gaps = [
        gaps_of(stored[summary["problem_id"]]) for summary in page.items if summary["problem_id"] in stored
    ]
    return Page([entry for entry in gaps if entry.steps or entry.languages], page.cursor)


def gaps_of(problem: Problem) -> LadderGaps:
    """What a problem's ladder lacks. A field that was not read, being stored in parts, is no gap."""
    fields: Mapping[str, Any] = problem
    translations = [f"hints_{language}" for language in STATEMENT_LANGUAGES]
    are_read = {"hints", *translations} <= fields.keys()
    longest = (
        max((hint_texts(problem, reader) for reader in (None, *STATEMENT_LANGUAGES)), key=len)
        if are_read
        else {}
    )
    steps = [step for step in HINT_STEPS if are_read and step not in longest]
    has_solution = bool((fields.get("solution_code", "-") or "").strip() or other_solutions(problem))
    if not has_solution:
        steps.append(SOLUTION)
    translated = {language for language in STATEMENT_LANGUAGES if texts_of(fields.get(f"hints_{language}"))}
    languages = [code for code in STATEMENT_LANGUAGES if translated and are_read and code not in translated]
    return LadderGaps(problem, steps, languages)

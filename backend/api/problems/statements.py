"""Statements: what a reader of a language gets, and editing by staff.

A problem of another site has a link to its statement there, and none here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from api.composition import repositories
from api.dynamodb.repositories import AuditNote
from api.dynamodb.schema.entities import STATEMENT_LANGUAGES
from api.dynamodb.schema.records import Problem
from api.http.conditional import etag_of
from api.http.errors import ApiError, FieldError, field_error, invalid_fields
from api.http.text_rules import InvalidText, checked_name, checked_text
from api.problems.editing import stored_problem
from api.problems.validation import MAX_HINT, MAX_HINTS, MAX_TITLE

MAX_STATEMENT = 64_000


class Statement(NamedTuple):
    """A problem's statement in a language, Markdown with LaTeX; the title is None if there is none in it."""

    language: str
    title: str | None
    text: str


def statements_of(problem: Problem) -> list[Statement]:
    """A problem's statements, Korean first."""
    fields: Mapping[str, Any] = problem
    return [
        Statement(language, fields[f"title_{language}"], text)
        for language in STATEMENT_LANGUAGES
        if (text := fields[f"statement_{language}"])
    ]


def statement_in(problem: Problem, language: str) -> Statement | None:
    """The statement in a language, otherwise in the other one; None if the problem has none."""
    statements = statements_of(problem)
    return next((s for s in statements if s.language == language), statements[0] if statements else None)


def title_in(problem: Problem, language: str) -> str:
    """The problem's title in a language, otherwise the one of the lists."""
    fields: Mapping[str, Any] = problem
    return fields.get(f"title_{language}") or problem["title"]


def problem_etag(problem: Problem) -> str:
    """The ETag of a problem with its statements, whose changes are counted apart from the problem's."""
    changes = problem["statement_version"]
    return etag_of(problem["problem_id"], problem["version"], f"s{changes}" if changes else "")


def edit_statement(
    staff_id: int,
    problem_id: int,
    language: str,
    fields: Mapping[str, Any],
    *,
    expected_statement_version: int | None,
    form_token: str | None = None,
) -> Problem:
    """Stores the statement, title and hints of a problem in a language; returns the problem as it is now.

    `fields` may have `statement`, `title` and `hints`; what it does not have stays, and what is empty is removed.
    Nothing to change leaves the version as it is. Raises `ApiError`: 404, 422; `ConditionFailed` if the statements have
    another version than `expected_statement_version`; `Duplicate` of `form_token`. One GetItem more than the
    repository's `set_statements`.
    """
    stored: Mapping[str, Any] = stored_problem(problem_id)
    checked = {f"{name}_{language}": value for name, value in checked_statement(fields).items()}
    fresh = {name: value for name, value in checked.items() if stored[name] != value}
    version = stored["statement_version"] or 0
    if expected_statement_version is not None and version != expected_statement_version:
        raise ApiError("statement_changed", version=version)
    if not fresh:
        return stored_problem(problem_id)
    return repositories().problems.set_statements(
        problem_id, fresh, expected_statement_version=expected_statement_version,
        audit=AuditNote(staff_id, "problem.statement", form_token),
    )  # fmt: skip


def checked_statement(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Statement, title and hints in the form in which they are stored, empty ones None. Raises `ApiError`: 422."""
    checked: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, value in fields.items():
        try:
            checked[name] = _RULES[name](value)
        except InvalidText as invalid:
            errors.append(field_error(f"body.{name}", invalid.code, **invalid.parameters))
    if errors:
        raise invalid_fields(errors)
    return checked


def _text(value: str | None) -> str | None:
    text = checked_text(value or "").replace("\r\n", "\n")
    if len(text) > MAX_STATEMENT:
        raise InvalidText("too_long", limit=MAX_STATEMENT)
    return text if text.strip() else None


def _title(value: str | None) -> str | None:
    return checked_name(value, MAX_TITLE) if value and value.strip() else None


def _hints(value: list[str] | None) -> list[str] | None:
    texts = [text for item in value or () if (text := checked_text(item).strip())]
    if len(texts) > MAX_HINTS:
        raise InvalidText("too_many_items", limit=MAX_HINTS)
    if any(len(text) > MAX_HINT for text in texts):
        raise InvalidText("too_long", limit=MAX_HINT)
    return texts or None


_RULES: Mapping[str, Callable[[Any], Any]] = {"statement": _text, "title": _title, "hints": _hints}

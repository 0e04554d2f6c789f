"""Validation of problems and test cases that staff store; every error names its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.dynamodb.schema.key_rules import MAX_INDEXED_TAGS, PROBLEM_RULES
from api.history.languages import LANGUAGES
from api.history.models import MAX_CODE
from api.http.errors import ApiError, FieldError, field_error, invalid_field, invalid_fields
from api.http.text_rules import InvalidText, checked_name, checked_text

MAX_NAME, MAX_TITLE, MAX_URL = 100, 300, 2_000
MAX_TAGS, MAX_TAG = MAX_INDEXED_TAGS, 50
# Nudge, approach and outline; legacy problems have up to five texts, and all after the second are the outline.
MAX_HINTS, MAX_HINT = 5, 20_000
MAX_CONSTRAINTS = 100_000
MIN_SECONDS, MAX_SECONDS, MAX_MEGABYTES = 0.001, 3_600.0, 1_000_000
# Bytes of all texts of one request together, in UTF-8; a body of 16 MB has room for them as JSON and as a form.
MAX_CASES, MAX_CASE_BYTES = 200, 10_000_000


def checked_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a problem in the form in which they are stored: names stripped, empty optional texts None.

    Raises `ApiError`: 422 with every invalid field.
    """
    checked: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, value in fields.items():
        rule = _RULES.get(name)
        try:
            if rule is None:
                raise InvalidText("unknown_field")
            checked[name] = rule(value)
        except InvalidText as invalid:
            errors.append(field_error(f"body.{name}", invalid.code, **invalid.parameters))
    if errors:
        raise invalid_fields(errors)
    return checked


def check_consistency(problem: Mapping[str, Any]) -> None:
    """Raises `ApiError`, 422, for a problem with a solution but no language."""
    if problem.get("solution_code") and not problem.get("language"):
        raise invalid_field("body.language", "language_required")


def checked_cases(cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Test cases in the form in which they are stored.

    Raises `ApiError`: 422 for none, too many, or a text that may not be stored; 413 beyond `MAX_CASE_BYTES` of text.
    """
    if not 1 <= len(cases) <= MAX_CASES:
        raise invalid_field("body.cases", "number_of_cases", limit=MAX_CASES, count=len(cases))
    size = 0
    for index, case in enumerate(cases):
        for name in ("input", "output"):
            try:
                size += len(_string(case[name]).encode())
            except InvalidText as invalid:
                raise invalid_field(
                    f"body.cases.{index}.{name}", invalid.code, **invalid.parameters
                ) from None
    if size > MAX_CASE_BYTES:
        raise ApiError("cases_too_large", limit=MAX_CASE_BYTES, size=size)
    return [
        {"input": case["input"], "output": case["output"], "is_sample": bool(case.get("is_sample"))}
        for case in cases
    ]


def checked_case(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes of a test case in the form in which they are stored. Raises `ApiError`: 413, 422 as `checked_cases`."""
    checked: dict[str, Any] = {}
    size = 0
    for name in ("input", "output"):
        if name in changes:
            try:
                checked[name] = _string(changes[name])
            except InvalidText as invalid:
                raise invalid_field(f"body.{name}", invalid.code, **invalid.parameters) from None
            size += len(checked[name].encode())
    if size > MAX_CASE_BYTES:
        raise ApiError("cases_too_large", limit=MAX_CASE_BYTES, size=size)
    if "is_sample" in changes:
        checked["is_sample"] = bool(changes["is_sample"])
    return checked


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidText("not_text")
    return checked_text(value)


def _text(value: Any, limit: int) -> str:
    text = _string(value)
    if len(text) > limit:
        raise InvalidText("too_long", limit=limit)
    return text


def _name(limit: int) -> Callable[[Any], str]:
    return lambda value: checked_name(_string(value), limit)


def _optional(limit: int) -> Callable[[Any], str | None]:
    """A name that may be left empty."""
    return lambda value: None if value is None or not _string(value).strip() else checked_name(value, limit)


def _long(limit: int) -> Callable[[Any], str | None]:
    """A text that is stored unchanged, with its spaces."""

    def rule(value: Any) -> str | None:
        text = None if value is None else _text(value, limit)
        return text if text and text.strip() else None

    return rule


def _url(value: Any) -> str | None:
    text = _optional(MAX_URL)(value)
    if text is not None and not text.lower().startswith(("https://", "http://")):
        raise InvalidText("not_a_url")
    return text


def _language(value: Any) -> str | None:
    text = _optional(MAX_NAME)(value)
    if text is not None and text not in LANGUAGES:
        raise InvalidText("choices", choices=", ".join(LANGUAGES))
    return text


def _texts(value: Any, limit: int, length: int) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise InvalidText("not_texts")
    texts = [text for item in value if (text := _text(item, length).strip())]
    if len(texts) > limit:
        raise InvalidText("too_many_items", limit=limit)
    return texts


def _tags(value: Any) -> list[str]:
    texts = [checked_name(text, MAX_TAG) for text in _texts(value, MAX_TAGS, MAX_TAG)]
    return list({PROBLEM_RULES.current.fold_name(text): text for text in reversed(texts)}.values())[::-1]


def _hints(value: Any) -> list[str]:
    return _texts(value, MAX_HINTS, MAX_HINT)


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float) or not MIN_SECONDS <= value <= MAX_SECONDS:
        raise InvalidText("number_range", least=MIN_SECONDS, limit=int(MAX_SECONDS))
    return float(value)


def _megabytes(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= MAX_MEGABYTES:
        raise InvalidText("whole_number_range", least=1, limit=MAX_MEGABYTES)
    return value


_RULES: Mapping[str, Callable[[Any], Any]] = {
    "platform": _name(MAX_NAME), "problem_number": _name(MAX_NAME), "title": _name(MAX_TITLE), "url": _url,
    "difficulty": _optional(MAX_NAME), "tags": _tags, "constraints": _long(MAX_CONSTRAINTS), "hints": _hints,
    "language": _language, "solution_code": _long(MAX_CODE), "time_limit": _seconds, "memory_limit": _megabytes,
}  # fmt: skip

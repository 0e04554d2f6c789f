"""What a problem and its test cases must be like before staff may store them; every fault names its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.dynamodb.keys import MAX_INDEXED_TAGS, normal_name
from api.history.languages import LANGUAGES
from api.http.faults import INVALID, TOO_LARGE, Refusal

MAX_NAME, MAX_TITLE, MAX_URL = 100, 300, 2_000
MAX_TAGS, MAX_TAG = MAX_INDEXED_TAGS, 50
# The ladder's nudge, approach and outline; legacy problems have up to five texts, all after the second the outline.
MAX_HINTS, MAX_HINT = 5, 20_000
MAX_CONSTRAINTS, MAX_CODE = 100_000, 256_000
MAX_SECONDS, MAX_MEGABYTES = 3_600.0, 1_000_000
MAX_CASES, MAX_CASE_BYTES = 200, 10_000_000


class _Wrong(Exception):
    """Why a value cannot be taken."""


def checked_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a problem as they are stored: outer spaces off names, empty optional texts None.

    Raises `Refusal`: 422 with every field that cannot be taken.
    """
    found: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for name, value in fields.items():
        rule = _RULES.get(name)
        try:
            if rule is None:
                raise _Wrong("a problem has no such field that can be edited")
            found[name] = rule(value)
        except _Wrong as wrong:
            faults.append((f"body.{name}", str(wrong)))
    if faults:
        raise refusal_of_fields(faults)
    return found


def refusal_of_fields(faults: Sequence[tuple[str, str]]) -> Refusal:
    """422 for fields, each with what is wrong with it."""
    return Refusal(INVALID, "; ".join(f"{field}: {message}" for field, message in faults), fields=faults)


def check_whole(problem: Mapping[str, Any]) -> None:
    """Raises `Refusal`: 422 for a problem whose fields do not go together."""
    if problem.get("solution_code") and not problem.get("language"):
        raise refusal_of_fields([("body.language", "say which language the solution is in")])


def checked_cases(cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Test cases as they are stored.

    Raises `Refusal`: 422 for none, too many, or what is no text in UTF-8; 413 beyond 10 MB of text.
    """
    if not 1 <= len(cases) <= MAX_CASES:
        raise refusal_of_fields([("body.cases", f"give 1 to {MAX_CASES} test cases, not {len(cases):,}")])
    size = 0
    for place, case in enumerate(cases):
        for name in ("input", "output"):
            try:
                size += len(_utf8(case[name]))
            except _Wrong as wrong:
                raise refusal_of_fields([(f"body.cases.{place}.{name}", str(wrong))]) from None
    if size > MAX_CASE_BYTES:
        raise Refusal(
            TOO_LARGE,
            f"The texts of all test cases together may have {MAX_CASE_BYTES:,} bytes; these have {size:,}.",
        )
    return [
        {"input": case["input"], "output": case["output"], "is_sample": bool(case.get("is_sample"))}
        for case in cases
    ]


def _utf8(value: Any) -> bytes:
    if not isinstance(value, str):
        raise _Wrong("this must be text")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise _Wrong("holds half of a character (a lone surrogate)") from None


def _text(value: Any, most: int) -> str:
    _utf8(value)
    if len(value) > most:
        raise _Wrong(f"at most {most:,} characters")
    return str(value)


def _name(most: int) -> Callable[[Any], str]:
    def rule(value: Any) -> str:
        text = _text(value, most).strip()
        if not text:
            raise _Wrong("this is empty")
        return text

    return rule


def _optional(most: int) -> Callable[[Any], str | None]:
    return lambda value: None if value is None else _text(value, most).strip() or None


def _long(most: int) -> Callable[[Any], str | None]:
    """A text that stays as it is, spaces and all."""

    def rule(value: Any) -> str | None:
        text = None if value is None else _text(value, most)
        return text if text and text.strip() else None

    return rule


def _url(value: Any) -> str | None:
    text = _optional(MAX_URL)(value)
    if text is not None and not text.lower().startswith(("https://", "http://")):
        raise _Wrong("an address begins with https://")
    return text


def _language(value: Any) -> str | None:
    text = _optional(MAX_NAME)(value)
    if text is not None and text not in LANGUAGES:
        raise _Wrong(f"choose one of {', '.join(LANGUAGES)}")
    return text


def _texts(value: Any, most: int, length: int) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise _Wrong("this must be a list of texts")
    texts = [text for item in value if (text := _text(item, length).strip())]
    if len(texts) > most:
        raise _Wrong(f"at most {most}")
    return texts


def _tags(value: Any) -> list[str]:
    texts = _texts(value, MAX_TAGS, MAX_TAG)
    return list({normal_name(text): text for text in reversed(texts)}.values())[::-1]


def _hints(value: Any) -> list[str]:
    return _texts(value, MAX_HINTS, MAX_HINT)


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float) or not 0.001 <= value <= MAX_SECONDS:
        raise _Wrong(f"seconds from 0.001 to {MAX_SECONDS:,.0f}")
    return float(value)


def _megabytes(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= MAX_MEGABYTES:
        raise _Wrong(f"whole MB from 1 to {MAX_MEGABYTES:,}")
    return value


_RULES: Mapping[str, Callable[[Any], Any]] = {
    "platform": _name(MAX_NAME), "problem_number": _name(MAX_NAME), "title": _name(MAX_TITLE), "url": _url,
    "difficulty": _optional(MAX_NAME), "tags": _tags, "constraints": _long(MAX_CONSTRAINTS), "hints": _hints,
    "language": _language, "solution_code": _long(MAX_CODE), "time_limit": _seconds, "memory_limit": _megabytes,
}  # fmt: skip

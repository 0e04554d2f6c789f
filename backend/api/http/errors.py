"""Errors of the service: a code with parameters. Each face (API, pages, commands) words them from one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from api.http.error_texts import ERRORS, TERMS
from api.http.problem_types import OUTCOME_UNKNOWN, UNAUTHENTICATED, UNAVAILABLE, ProblemType

Translate = Callable[[str], str]
RETRY_SECONDS = 2
_NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})


def _untranslated(text: str) -> str:
    return text


class FieldError(NamedTuple):
    """Why one field of a request is invalid; `field` is its path in the request, such as `body.code`."""

    field: str
    code: str
    text: str
    parameters: Mapping[str, Any] = _NO_PARAMETERS

    def message(self, translate: Translate = _untranslated) -> str:
        """The text in English, or in the language of `translate` (Django's `gettext`)."""
        return _format(self.text, self.parameters, translate)


class ApiError(Exception):
    """A request that the service refuses, as a code of `error_texts.ERRORS` with the parameters of its text.

    `fields` lists the invalid fields. `headers` are sent with the response; a 401 gets `WWW-Authenticate: Bearer`
    and a 503 `Retry-After` (`retry_after` seconds, else 2) unless given. Raises KeyError for an unknown code.
    """

    def __init__(
        self,
        code: str,
        /,
        *,
        headers: Mapping[str, str] | None = None,
        retry_after: int | None = None,
        fields: Sequence[FieldError] = (),
        **parameters: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.problem, self._text = ERRORS[code]
        self.parameters = parameters
        self.fields = tuple(fields)
        self.headers = {**_default_headers(self.problem, retry_after), **(headers or {})}

    @property
    def detail(self) -> str:
        """What went wrong, in English."""
        return self.message()

    def message(self, translate: Translate = _untranslated) -> str:
        """What went wrong, in English or in the language of `translate` (Django's `gettext`)."""
        if self.fields:
            return "; ".join(f"{error.field}: {error.message(translate)}" for error in self.fields)
        return _format(self._text, self.parameters, translate)

    def __str__(self) -> str:
        return self.detail


def _default_headers(problem: ProblemType, retry_after: int | None) -> dict[str, str]:
    if problem is UNAUTHENTICATED:
        return {"WWW-Authenticate": "Bearer"}
    if retry_after is not None or problem in (UNAVAILABLE, OUTCOME_UNKNOWN):
        return {"Retry-After": str(RETRY_SECONDS if retry_after is None else retry_after)}
    return {}


def _format(text: str, parameters: Mapping[str, Any], translate: Translate) -> str:
    """A text with its placeholders filled. One without parameters is left as it is: it may contain braces."""
    translated = translate(text)
    if not parameters:
        return translated
    return translated.format_map({name: _value(value, translate) for name, value in parameters.items()})


def _value(value: Any, translate: Translate) -> Any:
    if isinstance(value, str):
        return translate(TERMS[value]) if value in TERMS else value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value


def field_error(field: str, code: str, **parameters: Any) -> FieldError:
    """The error of one field by its code in `ERRORS`."""
    return FieldError(field, code, ERRORS[code].text, parameters)


def invalid_fields(errors: Sequence[FieldError]) -> ApiError:
    """The error, 422, of a request with invalid fields."""
    return ApiError("invalid_fields", fields=errors)


def invalid_field(field: str, code: str, **parameters: Any) -> ApiError:
    """The error, 422, of a request with one invalid field, named as the request has it (`body.language`)."""
    return invalid_fields([field_error(field, code, **parameters)])

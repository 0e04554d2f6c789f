"""Notice shown when part of a page could not be loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.translation import gettext as _

from api.dynamodb.errors import DataLayerError, OutcomeUnknown, Throttled, Unavailable
from api.http.error_mapping import api_error_of
from api.http.errors import ApiError
from api.limits import LimiterUnavailable

# After one of these errors a form is shown again with its input.
RECOVERABLE_ERRORS = (LimiterUnavailable, Unavailable, Throttled, OutcomeUnknown)


class FailureNotice(NamedTuple):
    """The notice's texts in the visitor's language, the response's headers, and its status (503)."""

    title: str
    detail: str
    headers: Mapping[str, str]
    status: int = 503


def notice_of(error: DataLayerError) -> FailureNotice:
    """The notice for one of `RECOVERABLE_ERRORS`."""
    api_error = api_error_of(error) or ApiError("service_unavailable")
    problem = api_error.problem
    return FailureNotice(_(problem.title), api_error.message(_), api_error.headers, problem.status)

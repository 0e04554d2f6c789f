"""The acting member of staff, and conflicts with changes by someone else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from api.dynamodb.errors import ConditionFailed, Duplicate
from api.http.errors import ApiError
from api.http.problem_types import PRECONDITION_FAILED
from web.visitors import user_of


class Conflict(Exception):
    """Someone else changed the record after the page was loaded, or this form was sent before."""


def staff_id(request: HttpRequest) -> int:
    """The user id of the acting member of staff."""
    return user_of(request)["user_id"]


def shown_version(request: HttpRequest) -> int:
    """The version that the page of the form showed, 0 if the form has none."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 16 else 0


@contextmanager
def raising_conflicts() -> Iterator[None]:
    """Raises `Conflict` for each error by which the service reports an outdated version, or a form sent before."""
    try:
        yield
    except Duplicate as duplicate:
        if duplicate.field != "form_token":
            raise
        raise Conflict from duplicate
    except ConditionFailed as failure:
        raise Conflict from failure
    except ApiError as error:
        if error.problem is not PRECONDITION_FAILED:
            raise
        raise Conflict from error

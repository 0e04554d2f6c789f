"""Who of the staff acts, and whether somebody else acted first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from api.dynamodb.errors import ConditionFailed
from api.http.faults import PRECONDITION_FAILED, Refusal
from web.visitors import user_of


class Conflict(Exception):
    """The thing was changed by somebody else since the page was shown."""


def staff_id(request: HttpRequest) -> int:
    """The user id of the member of staff who makes the request."""
    return user_of(request)["user_id"]


@contextmanager
def noticing_conflicts() -> Iterator[None]:
    """Makes one failure, `Conflict`, of the ways in which the service says that a version has passed."""
    try:
        yield
    except ConditionFailed as failure:
        raise Conflict from failure
    except Refusal as refusal:
        if refusal.kind is not PRECONDITION_FAILED:
            raise
        raise Conflict from refusal

"""My practice: home, bookmarks, reviews, notes on problems, and my time zone."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from api.accounts.bearer import signed_in
from api.accounts.identity import active_user, identity_of
from api.composition import repositories
from api.dynamodb.schema.ids import MAX_ID
from api.dynamodb.schema.records import ProblemNote
from api.http.conditional import expected_version, versioned_response
from api.http.errors import ApiError
from api.http.json_responses import json_response
from api.http.openapi import ETAG, LINK, responses, with_headers
from api.http.paging import CursorQuery, LimitQuery, page_response, unseal
from api.http.problem_types import (
    CONFLICT,
    INVALID,
    NOT_FOUND,
    PRECONDITION_FAILED,
    TOO_LARGE,
    UNAUTHENTICATED,
)
from api.practice.changes import clean_note, mark_reviewed, set_bookmark, set_time_zone, write_note
from api.practice.home import home_of
from api.practice.models import (
    BookmarksOut,
    HomeOut,
    NoteIn,
    NoteOut,
    NotePage,
    TimeZoneIn,
    TimeZoneOut,
    home_document,
    note_document,
    time_zone_document,
)
from api.practice.time_zones import checked_zone
from api.problems.queries import problem_by_id

router = Router(tags=["practice"], auth=signed_in)
ProblemId = Annotated[int, Path(ge=0, le=MAX_ID)]
_OF_PROBLEM = (UNAUTHENTICATED, NOT_FOUND)


def _existing(request: HttpRequest, problem_id: int) -> int:
    """The user's id. Raises `ApiError`, 404, if there is no such problem for them."""
    me = identity_of(request)
    problem_by_id(problem_id, is_staff=me.is_staff)
    return me.user_id


@router.get("/home/", response=responses(HomeOut, UNAUTHENTICATED), operation_id="get_my_home")
def home(request: HttpRequest) -> HttpResponse:
    """What to do today: what I tried, the problem of the day, reviews; and my progress by tag and difficulty."""
    return json_response(home_document(home_of(active_user(identity_of(request))["user_id"])))


@router.get(
    "/bookmarks/", response=responses(BookmarksOut, UNAUTHENTICATED), operation_id="list_my_bookmarks"
)
def bookmarks(request: HttpRequest) -> HttpResponse:
    """The problems that I bookmarked, at most 200. `/api/problems/search/?status=bookmarked` lists them as problems."""
    practice = repositories().practice.get_practice(identity_of(request).user_id, consistent=True)
    return json_response({"problem_ids": list(practice.bookmarks)})


@router.put(
    "/bookmarks/{problem_id}/", response=responses(None, *_OF_PROBLEM, CONFLICT, status=204),
    operation_id="add_bookmark",
)  # fmt: skip
def add_bookmark(request: HttpRequest, problem_id: ProblemId) -> HttpResponse:
    """Bookmarks a problem; twice is as good as once."""
    set_bookmark(_existing(request, problem_id), problem_id, bookmarked=True)
    return HttpResponse(status=204)


@router.delete(
    "/bookmarks/{problem_id}/", response=responses(None, UNAUTHENTICATED, status=204),
    operation_id="remove_bookmark",
)  # fmt: skip
def remove_bookmark(request: HttpRequest, problem_id: ProblemId) -> HttpResponse:
    """Removes a bookmark, if there is one."""
    set_bookmark(identity_of(request).user_id, problem_id, bookmarked=False)
    return HttpResponse(status=204)


@router.put(
    "/reviews/{problem_id}/", response=responses(None, *_OF_PROBLEM, status=204), operation_id="mark_reviewed"
)
def mark_as_reviewed(request: HttpRequest, problem_id: ProblemId) -> HttpResponse:
    """Marks the review of a problem that is due as done today; solving the problem again does so too."""
    mark_reviewed(identity_of(request).user_id, problem_id)
    return HttpResponse(status=204)


@router.get(
    "/notes/", response=responses(NotePage, UNAUTHENTICATED, INVALID), operation_id="list_my_notes",
    openapi_extra=with_headers(200, LINK),
)  # fmt: skip
def notes(request: HttpRequest, limit: LimitQuery = 20, cursor: CursorQuery = None) -> HttpResponse:
    """My notes on problems."""
    me = identity_of(request).user_id
    scope = f"notes|{me}"
    page = repositories().practice.list_notes(me, limit=limit, cursor=unseal(cursor, scope))
    return page_response(request, [note_document(note) for note in page], page, scope)


def _note_response(note: ProblemNote) -> HttpResponse:
    return versioned_response(note_document(note), note["problem_id"], note["version"])


@router.get(
    "/notes/{problem_id}/", response=responses(NoteOut, *_OF_PROBLEM), operation_id="get_note",
    openapi_extra=with_headers(200, ETAG),
)  # fmt: skip
def get_note(request: HttpRequest, problem_id: ProblemId) -> HttpResponse:
    """My note on a problem."""
    note = repositories().practice.get_note(identity_of(request).user_id, problem_id)
    if note is None:
        raise ApiError("note_not_found")
    return _note_response(note)


@router.put(
    "/notes/{problem_id}/", response=responses(NoteOut, *_OF_PROBLEM, PRECONDITION_FAILED, INVALID, TOO_LARGE),
    operation_id="write_note", openapi_extra=with_headers(200, ETAG),
)  # fmt: skip
def put_note(request: HttpRequest, problem_id: ProblemId, payload: NoteIn) -> HttpResponse:
    """Writes my note on a problem. With `If-Match` only if it was not changed meanwhile."""
    version = expected_version(request, problem_id, required=False)
    me = _existing(request, problem_id)
    return _note_response(write_note(me, problem_id, clean_note(payload.text), expected_version=version))


@router.delete(
    "/notes/{problem_id}/", response=responses(None, UNAUTHENTICATED, PRECONDITION_FAILED, status=204),
    operation_id="remove_note",
)  # fmt: skip
def remove_note(request: HttpRequest, problem_id: ProblemId) -> HttpResponse:
    """Removes my note on a problem, if there is one. With `If-Match` only if it was not changed meanwhile."""
    version = expected_version(request, problem_id, required=False)
    repositories().practice.delete_note(identity_of(request).user_id, problem_id, expected_version=version)
    return HttpResponse(status=204)


@router.get("/time-zone/", response=responses(TimeZoneOut, UNAUTHENTICATED), operation_id="get_my_time_zone")
def time_zone(request: HttpRequest) -> HttpResponse:
    """The time zone of my days. The daily limits of hints and runs are of the product's."""
    practice = repositories().practice.get_practice(identity_of(request).user_id, consistent=True)
    return json_response(time_zone_document(practice))


@router.put(
    "/time-zone/", response=responses(TimeZoneOut, UNAUTHENTICATED, INVALID, TOO_LARGE),
    operation_id="set_my_time_zone",
)  # fmt: skip
def put_time_zone(request: HttpRequest, payload: TimeZoneIn) -> HttpResponse:
    """Sets the time zone of my days; my runs are counted by day again."""
    name = payload.time_zone
    zone = None if name is None else checked_zone(name, "body.time_zone")
    me = identity_of(request).user_id
    set_time_zone(me, zone)
    return json_response(time_zone_document(repositories().practice.get_practice(me, consistent=True)))

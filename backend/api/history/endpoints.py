"""Runs: recording one, my runs, one run, sharing, removing, and everyone's public ones."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from api.accounts.bearer import maybe_signed_in, signed_in
from api.accounts.identity import active_user, identity_of
from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.schema.ids import MAX_ID
from api.history.models import (
    ChangedRunOut,
    RunIn,
    RunOut,
    RunPage,
    TimelinePage,
    VisibilityIn,
    changed_document,
    public_document,
    run_document,
    summary_document,
)
from api.history.queries import MAX_FILTER, my_runs, solutions, timeline, visible_run
from api.history.record_run import ACTION, author_and_subject, record_run
from api.http.conditional import etag_of, expected_version, not_modified
from api.http.json_responses import json_response
from api.http.openapi import ETAG, LINK, LOCATION, RATE_LIMIT, responses, with_headers
from api.http.paging import CursorQuery, LimitQuery, page_response, unseal
from api.http.problem_types import (
    INVALID,
    NOT_FOUND,
    PRECONDITION_FAILED,
    QUOTA_EXCEEDED,
    TOO_LARGE,
    UNAUTHENTICATED,
)
from api.limits import headers
from api.problems.queries import problem_by_id

router = Router(tags=["history"], auth=signed_in)
HistoryId = Annotated[int, Path(ge=0, le=MAX_ID)]
Filter = Annotated[str | None, Query(max_length=MAX_FILTER)]
_MINE = (UNAUTHENTICATED, NOT_FOUND, INVALID)


@router.post(
    "/",
    response=responses(RunOut, *_MINE, TOO_LARGE, QUOTA_EXCEEDED, status=201),
    operation_id="record_run",
    openapi_extra=with_headers(201, LOCATION, ETAG, RATE_LIMIT),
)
def record(request: HttpRequest, payload: RunIn) -> HttpResponse:
    """Records a run of mine: language, code, and the result of each test case. Costs one `execution`."""
    user, subject = author_and_subject(identity_of(request), payload.problem_id)
    run, decision = record_run(user, payload, subject=subject)
    document = run_document(run, user, is_mine=True)
    extra = {
        **headers(ACTION, decision, utc_now()),
        "Location": f"/api/history/{run['history_id']}/",
        "ETag": etag_of(run["history_id"], run["version"]),
    }
    return json_response(document, status=201, headers=extra)


@router.get(
    "/", response=responses(RunPage, *_MINE), operation_id="list_runs", openapi_extra=with_headers(200, LINK)
)
def list_runs(
    request: HttpRequest,
    problem_id: Annotated[int | None, Query(ge=0, le=MAX_ID, description="runs of this problem only")] = None,
    platform: Filter = None,
    language: Filter = None,
    passed: Annotated[
        bool | None, Query(description="runs that passed every test case, or those that did not")
    ] = None,
    public: Annotated[
        bool | None, Query(description="runs that everyone sees, or those that I alone see")
    ] = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> HttpResponse:
    """My runs, newest first. A page of a filtered list may be short or empty and still have a `next`."""
    me = identity_of(request).user_id
    scope = f"runs|{me}"
    page = my_runs(
        me, problem_id=problem_id, platform=platform, language=language, passed=passed, public=public,
        limit=limit, cursor=unseal(cursor, scope),
    )  # fmt: skip
    return page_response(request, [summary_document(run) for run in page], page, scope)


@router.get(
    "/public/",
    auth=maybe_signed_in,
    response=responses(TimelinePage, UNAUTHENTICATED, INVALID),
    operation_id="list_public_runs",
    openapi_extra=with_headers(200, LINK),
)
def list_public(
    request: HttpRequest,
    platform: Filter = None,
    language: Filter = None,
    limit: LimitQuery = 20,
    cursor: CursorQuery = None,
) -> HttpResponse:
    """All public runs, newest first, with name and picture of their authors. May lag by a second."""
    scope = f"timeline|{identity_of(request).reader}"
    public = timeline(platform=platform, language=language, limit=limit, cursor=unseal(cursor, scope))
    items = [public_document(run, public.author(run)) for run in public.page]
    return page_response(request, items, public.page, scope)


@router.get(
    "/solutions/{problem_id}/",
    auth=maybe_signed_in,
    response=responses(TimelinePage, UNAUTHENTICATED, NOT_FOUND, INVALID),
    operation_id="list_solutions",
    openapi_extra=with_headers(200, LINK),
)
def list_solutions(
    request: HttpRequest,
    problem_id: Annotated[int, Path(ge=0, le=MAX_ID)],
    limit: LimitQuery = 20,
    cursor: CursorQuery = None,
) -> HttpResponse:
    """Everyone's public runs that passed every test case of a problem, newest first. May lag by a second."""
    who = identity_of(request)
    problem_by_id(problem_id, is_staff=who.is_staff)
    scope = f"solutions|{who.reader}"
    public = solutions(problem_id, limit=limit, cursor=unseal(cursor, scope))
    items = [public_document(run, public.author(run)) for run in public.page]
    return page_response(request, items, public.page, scope)


@router.get(
    "/{history_id}/",
    auth=maybe_signed_in,
    response=responses(RunOut, *_MINE, also={304: None}),
    operation_id="get_run",
    openapi_extra=with_headers(200, ETAG),
)
def get_run(request: HttpRequest, history_id: HistoryId) -> HttpResponse:
    """A run of mine or a public one, in full. 404 for another user's private run."""
    identity = identity_of(request)
    visible = visible_run(identity.user_id if identity.is_known else None, history_id)
    # The representation depends on the reader and on the author's current name.
    variant = f"{'m' if visible.is_mine else 'p'}{visible.author['version'] if visible.author else ''}"
    etag = etag_of(history_id, visible.run["version"], variant)
    unchanged = not_modified(request, etag)
    if unchanged is not None:
        return unchanged
    return json_response(run_document(*visible), headers={"ETag": etag, "Cache-Control": "private, no-cache"})


@router.patch(
    "/{history_id}/",
    response=responses(ChangedRunOut, *_MINE, PRECONDITION_FAILED),
    operation_id="set_visibility",
    openapi_extra=with_headers(200, ETAG),
)
def set_visibility(request: HttpRequest, history_id: HistoryId, payload: VisibilityIn) -> HttpResponse:
    """Makes a run of mine public or private. The answer is what lists show of it.

    With `If-Match`, only if it was not changed in the meantime.
    """
    user = active_user(identity_of(request))
    version = expected_version(request, history_id, required=False)
    run = repositories().history.set_visibility(
        history_id, payload.is_code_public, expected_version=version, owner_id=user["user_id"]
    )
    etag = etag_of(history_id, run["version"], "m")
    return json_response(changed_document(run), headers={"ETag": etag})


@router.delete("/{history_id}/", response=responses(None, *_MINE, status=204), operation_id="delete_run")
def delete_run(request: HttpRequest, history_id: HistoryId) -> HttpResponse:
    """Deletes a run of mine for good."""
    user = active_user(identity_of(request))
    repositories().history.delete_history(history_id, owner_id=user["user_id"])
    return HttpResponse(status=204)

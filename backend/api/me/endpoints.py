"""About me: profile, today's use, statistics, export, deletion."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router

from api.accounts.bearer import signed_in
from api.accounts.identity import active_user, identity_of, require_recent_sign_in
from api.dynamodb.clock import utc_now
from api.dynamodb.schema.records import User
from api.http.conditional import expected_version, versioned_response
from api.http.errors import invalid_field
from api.http.json_responses import json_response
from api.http.openapi import ETAG, header, responses, with_headers
from api.http.problem_types import INVALID, NOT_FOUND, PRECONDITION_FAILED, TOO_LARGE, UNAUTHENTICATED
from api.me.account_deletion import confirms
from api.me.deletion_worker import deletion_worker
from api.me.export import CONTENT_TYPE, ExportStream, file_name
from api.me.models import (
    DeletionIn,
    ProfileIn,
    ProfileOut,
    StatisticsOut,
    UsageOut,
    profile_document,
    statistics_document,
    usage_document,
)
from api.me.profile import change_profile, clean_name, plan_of
from api.me.statistics import statistics_of
from api.me.usage import usage_of

router = Router(tags=["me"], auth=signed_in)
_INVALID_BODY = (INVALID, TOO_LARGE)
_FILE = {"Content-Disposition": header("the name of a file to keep it in")}


def _profile(user: User) -> HttpResponse:
    return versioned_response(profile_document(user, plan_of(user)), user["user_id"], user["version"])


@router.get(
    "/", response=responses(ProfileOut, UNAUTHENTICATED), operation_id="get_me",
    openapi_extra=with_headers(200, ETAG),
)  # fmt: skip
def get_me(request: HttpRequest) -> HttpResponse:
    """My account, with my plan and its limits."""
    return _profile(active_user(identity_of(request)))


@router.patch(
    "/", response=responses(ProfileOut, UNAUTHENTICATED, NOT_FOUND, PRECONDITION_FAILED, *_INVALID_BODY),
    operation_id="change_me", openapi_extra=with_headers(200, ETAG),
)  # fmt: skip
def change_me(request: HttpRequest, payload: ProfileIn) -> HttpResponse:
    """Changes my name, and whether my profile is public.

    With `If-Match` only if nobody changed my account meanwhile.
    """
    user = active_user(identity_of(request))
    version = expected_version(request, user["user_id"], required=False)
    name = clean_name(payload.name)
    return _profile(
        change_profile(user["user_id"], name, payload.is_profile_public, expected_version=version)
    )


@router.get("/usage/", response=responses(UsageOut, UNAUTHENTICATED), operation_id="get_my_usage")
def usage(request: HttpRequest) -> HttpResponse:
    """What I may still do today, by action."""
    me = identity_of(request)
    return json_response(usage_document(usage_of(me.user_id, me.plan_id)))


@router.get(
    "/statistics/", response=responses(StatisticsOut, UNAUTHENTICATED), operation_id="get_my_statistics"
)
def statistics(request: HttpRequest) -> HttpResponse:
    """What I have done so far: runs and solved problems, by platform, by language, by day."""
    return json_response(statistics_document(statistics_of(identity_of(request).user_id)))


@router.get(
    "/export/",
    response=responses(None, UNAUTHENTICATED),
    operation_id="export_me",
    openapi_extra={
        "responses": {
            200: {
                "description": "JSON lines, each an object with its `type`; without a last line of the type `end` "
                "the export is cut",
                "content": {CONTENT_TYPE: {"schema": {"type": "string"}}},
                "headers": _FILE,
            }
        }
    },
)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Everything about me as a stream: profile, plan, sessions, runs with their code, uses, bookmarks, notes, totals.

    It needs a sign-in of the last 15 minutes.
    """
    require_recent_sign_in(identity_of(request))
    user = active_user(identity_of(request))
    response = StreamingHttpResponse(ExportStream(user), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{file_name(utc_now())}"'
    response["Cache-Control"] = "no-store"
    return response


@router.delete(
    "/",
    response=responses(None, UNAUTHENTICATED, NOT_FOUND, *_INVALID_BODY, status=202),
    operation_id="delete_me",
)
def delete_me(request: HttpRequest, payload: DeletionIn) -> HttpResponse:
    """Deletes my account for good. It is closed at once; all that names me is gone a few seconds later.

    My public runs stay, as nobody's. It needs a sign-in of the last 15 minutes.
    """
    require_recent_sign_in(identity_of(request))
    user = active_user(identity_of(request))
    if not confirms(user, payload.confirm):
        raise invalid_field("body.confirm", "deletion_not_confirmed")
    deletion_worker.erase(user["user_id"])
    return HttpResponse(status=202)

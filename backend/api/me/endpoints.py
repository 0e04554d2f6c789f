"""About me: profile, today's use, statistics, export, deletion."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router

from api.accounts.bearer import signed_in
from api.accounts.identity import active_user, identity_of
from api.dynamodb.clock import utc_now
from api.dynamodb.repositories.records import User
from api.http.answers import answer
from api.http.conditional import etag_of, expected_version
from api.http.faults import INVALID, NOT_FOUND, PRECONDITION_FAILED, TOO_LARGE, UNAUTHENTICATED, invalid
from api.http.openapi import ETAG, header, responses, with_headers
from api.me.eraser import eraser
from api.me.erasure import confirms
from api.me.export import CONTENT_TYPE, export_lines, file_name
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
from api.me.profile import plan_of, rename
from api.me.statistics import statistics_of
from api.me.usage import usage_of

router = Router(tags=["me"], auth=signed_in)
_GIVEN = (INVALID, TOO_LARGE)
_FILE = {"Content-Disposition": header("the name of a file to keep it in")}


def _profile(user: User) -> HttpResponse:
    etag = etag_of(user["user_id"], user["version"])
    return answer(profile_document(user, plan_of(user)), headers={"ETag": etag})


@router.get(
    "/", response=responses(ProfileOut, UNAUTHENTICATED), operation_id="get_me",
    openapi_extra=with_headers(200, ETAG),
)  # fmt: skip
def get_me(request: HttpRequest) -> HttpResponse:
    """My account, with my plan and its limits."""
    return _profile(active_user(identity_of(request)))


@router.patch(
    "/", response=responses(ProfileOut, UNAUTHENTICATED, NOT_FOUND, PRECONDITION_FAILED, *_GIVEN),
    operation_id="change_me", openapi_extra=with_headers(200, ETAG),
)  # fmt: skip
def change_me(request: HttpRequest, given: ProfileIn) -> HttpResponse:
    """Changes my name. With `If-Match` only if nobody changed my account meanwhile."""
    user = active_user(identity_of(request))
    version = expected_version(request, user["user_id"], required=False)
    return _profile(rename(user["user_id"], given.name, expected_version=version))


@router.get("/usage/", response=responses(UsageOut, UNAUTHENTICATED), operation_id="get_my_usage")
def usage(request: HttpRequest) -> HttpResponse:
    """What I may still do today, by action."""
    me = identity_of(request)
    return answer(usage_document(usage_of(me.user_id, me.plan_id)))


@router.get(
    "/statistics/", response=responses(StatisticsOut, UNAUTHENTICATED), operation_id="get_my_statistics"
)
def statistics(request: HttpRequest) -> HttpResponse:
    """What I have done so far: runs and solved problems, by platform, by language, by day."""
    return answer(statistics_document(statistics_of(identity_of(request).user_id)))


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
    """Everything about me as a stream: profile, plan, sessions, runs with their code, uses, statistics."""
    user = active_user(identity_of(request))
    response = StreamingHttpResponse(export_lines(user), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{file_name(utc_now())}"'
    response["Cache-Control"] = "no-store"
    return response


@router.delete(
    "/", response=responses(None, UNAUTHENTICATED, NOT_FOUND, *_GIVEN, status=202), operation_id="delete_me"
)
def delete_me(request: HttpRequest, given: DeletionIn) -> HttpResponse:
    """Deletes my account for good. It is closed at once; all that names me is gone a few seconds later.

    My public runs stay, as nobody's.
    """
    user = active_user(identity_of(request))
    if not confirms(user, given.confirm):
        raise invalid("body.confirm", "send your e-mail address, or DELETE")
    eraser.erase(user["user_id"])
    return HttpResponse(status=202)

"""Health: live says that the process answers, ready that the table does, version which code it is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.errors import DataLayerError
from api.dynamodb.table_schema import describe_readiness
from api.http.answers import answer
from api.http.openapi import responses
from config.environment import environment
from config.version import VERSION

router = Router(tags=["health"])


class Live(BaseModel):
    """The process answers."""

    status: str = Field(examples=["ok"])


class Ready(BaseModel):
    """Whether the table and its indexes are ACTIVE; `hint` says what to do when they are not."""

    status: str = Field(examples=["ready"], description="ready, not ready, or unavailable")
    table: str | None = Field(default=None, examples=["ACTIVE"])
    indexes: dict[str, str] | None = Field(default=None, examples=[{"GSI1": "ACTIVE", "GSI2": "ACTIVE"}])
    error: str | None = None
    hint: str | None = None


class Version(BaseModel):
    """Which code answers."""

    version: str
    revision: str | None = Field(description="the commit, where the deployment says it")


@router.get("/", response=responses(Live), operation_id="live")
def live(request: HttpRequest) -> HttpResponse:
    """200 whenever the process answers; asks nothing of DynamoDB."""
    return answer({"status": "ok"})


@router.get("/ready/", response={**responses(Ready), 503: Ready}, operation_id="ready")
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the table and both indexes are ACTIVE, otherwise 503 with the state of each and what to do.

    One round trip (DescribeTable, no capacity), bounded by the client to about 2 s.
    """
    try:
        found = describe_readiness(DynamoDBClient.get_client())
    except DataLayerError as error:
        hint = str(error)
        return answer({"status": "unavailable", "error": type(error).__name__, "hint": hint}, status=503)
    document = {"table": found.table, "indexes": found.indexes}
    if found.ready:
        return answer({"status": "ready", **document})
    return answer({"status": "not ready", **document, "hint": found.hint}, status=503)


@router.get("/version/", response=responses(Version), operation_id="version")
def version(request: HttpRequest) -> HttpResponse:
    """The release, and the commit where the deployment says it (`ALGOITNY_REVISION`)."""
    return answer({"version": VERSION, "revision": environment().revision})

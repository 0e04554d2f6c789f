"""Health endpoints: live (the process responds), ready (the table does), version (which code is running).

Everybody can read them: why the table cannot be reached stands in the log alone.
"""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.errors import AccessDenied, DataLayerError
from api.dynamodb.table_schema import describe_readiness
from api.http.json_responses import json_response
from api.http.openapi import responses
from config.environment import environment
from config.version import VERSION

logger = logging.getLogger("algoitny.health")
_REASON_IN_LOG = "the service's log says why"
router = Router(tags=["health"])


class Live(BaseModel):
    """The process responds."""

    status: str = Field(examples=["ok"])


class Ready(BaseModel):
    """Whether the table and its indexes are ACTIVE; `hint` says what to do if not."""

    status: str = Field(examples=["ready"], description="ready, not ready, or unavailable")
    table: str | None = Field(default=None, examples=["ACTIVE"])
    indexes: dict[str, str] | None = Field(default=None, examples=[{"GSI1": "ACTIVE", "GSI2": "ACTIVE"}])
    error: str | None = Field(default=None, examples=["data_unavailable"])
    hint: str | None = None


class Version(BaseModel):
    """The version of the running code."""

    version: str
    revision: str | None = Field(description="the commit, if the deployment sets it")


@router.get("/", response=responses(Live), operation_id="live")
def live(request: HttpRequest) -> HttpResponse:
    """200 whenever the process responds; makes no call to DynamoDB."""
    return json_response({"status": "ok"})


@router.get("/ready/", response={**responses(Ready), 503: Ready}, operation_id="ready")
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the table and both indexes are ACTIVE, otherwise 503 with the state of each and what to do.

    One round trip (DescribeTable, no capacity), bounded by the client to about 2 s.
    """
    document: dict[str, Any]
    try:
        readiness = describe_readiness(DynamoDBClient.get_client())
    except DataLayerError as error:
        logger.error("the table's state cannot be read: %s", error)
        code = "not_configured" if isinstance(error, AccessDenied) else "data_unavailable"
        document = {"status": "unavailable", "error": code, "hint": _REASON_IN_LOG}
        return json_response(document, status=503)
    document = {"table": readiness.table, "indexes": readiness.indexes}
    if readiness.ready:
        return json_response({"status": "ready", **document})
    return json_response({"status": "not ready", **document, "hint": readiness.hint}, status=503)


@router.get("/version/", response=responses(Version), operation_id="version")
def version(request: HttpRequest) -> HttpResponse:
    """The release, and the commit if the deployment sets `ALGOITNY_REVISION`."""
    return json_response({"version": VERSION, "revision": environment().revision})

"""The health endpoints: live says that the process answers, ready that the table does."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.errors import DataLayerError
from api.dynamodb.table_schema import describe_readiness


def _answer(document: dict[str, Any], status: int = 200) -> JsonResponse:
    response = JsonResponse(document, status=status)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def index(_request: HttpRequest) -> JsonResponse:
    """What this is and where its health stands."""
    return _answer({"service": "AlgoItny", "live": "/api/health/", "ready": "/api/health/ready/"})


@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """200 whenever the process answers; asks nothing of DynamoDB."""
    return _answer({"status": "ok"})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """200 when the table and both indexes are ACTIVE, otherwise 503 with the state of each and what to do.

    One round trip (DescribeTable, no capacity), bounded by the client to about 2 s.
    """
    try:
        found = describe_readiness(DynamoDBClient.get_client())
    except DataLayerError as error:
        return _answer({"status": "unavailable", "error": type(error).__name__, "hint": str(error)}, 503)
    document: dict[str, Any] = {"table": found.table, "indexes": found.indexes}
    if found.ready:
        return _answer({"status": "ready", **document})
    return _answer({"status": "not ready", **document, "hint": found.hint}, 503)

"""The six queries of the Root Orchestrator; run as a module it prints their results.

Each takes boto3's client and returns its response. A query costs half an RCU for each 4 KB it reads.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.calls import explain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


def request_by_id(dynamodb: BotoClient) -> Any:
    """One request: a GetItem."""
    return dynamodb.get_item(
        TableName="dev-market_intelligence_requests",
        Key={"request_id": {"S": "req_1757412789250_a08ac7ad"}},
    )


def requests_by_user(dynamodb: BotoClient) -> Any:
    """The requests of a user, oldest first."""
    return dynamodb.query(
        TableName="dev-market_intelligence_requests",
        IndexName="user-index",
        KeyConditionExpression="user_id = :user_id",
        ExpressionAttributeValues={":user_id": {"S": "test-user-123"}},
    )


def requests_by_project(dynamodb: BotoClient) -> Any:
    """The requests of a project, the newest first."""
    return dynamodb.query(
        TableName="dev-market_intelligence_requests",
        IndexName="project-index",
        KeyConditionExpression="project_id = :project_id",
        ExpressionAttributeValues={":project_id": {"S": "test-project-456"}},
        ScanIndexForward=False,
    )


def pending_requests(dynamodb: BotoClient) -> Any:
    """Pending requests, oldest first; `status` is a reserved word of DynamoDB."""
    return dynamodb.query(
        TableName="dev-market_intelligence_requests",
        IndexName="status-index",
        KeyConditionExpression="#status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": "pending"}},
    )


def requests_by_strategy(dynamodb: BotoClient) -> Any:
    """The requests of a processing strategy, the most urgent first."""
    return dynamodb.query(
        TableName="dev-market_intelligence_requests",
        IndexName="strategy-index",
        KeyConditionExpression="processing_strategy = :strategy",
        ExpressionAttributeValues={":strategy": {"S": "table"}},
        ScanIndexForward=False,  # Descending order by priority
    )


def logs_of_request(dynamodb: BotoClient) -> Any:
    """The log entries of a request, oldest first."""
    return dynamodb.query(
        TableName="dev-request_processing_logs",
        IndexName="request-logs-index",
        KeyConditionExpression="request_id = :request_id",
        ExpressionAttributeValues={":request_id": {"S": "req_1757412789250_a08ac7ad"}},
        ScanIndexForward=True,  # Ascending order by timestamp
    )


QUERIES = (
    request_by_id, requests_by_user, requests_by_project, pending_requests, requests_by_strategy, logs_of_request,
)  # fmt: skip
_SHOWN = ("timestamp", "level", "stage", "message", "request_id", "status", "priority")


def main() -> int:
    """Runs all six at the configured endpoint and prints their results; 2 when one fails."""
    client = DynamoDBClient.get_client(patient=True)
    for query in QUERIES:
        try:
            response = query(client)
        except (BotoCoreError, ClientError) as error:
            print(f"error: {explain(error, 'Query', 'dev-*')}", file=sys.stderr)
            return 2
        items = response.get("Items") or ([response["Item"]] if "Item" in response else [])
        print(f"{query.__name__}: {len(items)}")
        for item in items:
            attributes = [item[name] for name in _SHOWN if name in item]
            print("  " + "  ".join(value for attribute in attributes for value in attribute.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

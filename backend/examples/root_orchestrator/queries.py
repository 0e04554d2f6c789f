"""The five queries of the Root Orchestrator, each as its callers write it; run as a module it prints what they find.

Each takes boto3's client and gives the answer as it comes. A query costs half an RCU for each 4 KB it reads.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb.client import DynamoDBClient
from lifecycle.online.calls import in_our_words

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


def pending_requests(dynamodb: BotoClient) -> Any:
    """The requests that wait, oldest first; `status` is a reserved word of DynamoDB."""
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


QUERIES = (request_by_id, requests_by_user, pending_requests, requests_by_strategy, logs_of_request)
_SHOWN = ("timestamp", "level", "stage", "message", "request_id", "status", "priority")


def main() -> int:
    """Asks all five at the configured endpoint and prints what they find; 2 when one cannot be asked."""
    client = DynamoDBClient.get_client(patient=True)
    for query in QUERIES:
        try:
            answer = query(client)
        except (BotoCoreError, ClientError) as error:
            print(f"error: {in_our_words(error, 'Query', 'dev-*')}", file=sys.stderr)
            return 2
        items = answer["Items"] if "Items" in answer else [answer[one] for one in ("Item",) if one in answer]
        print(f"{query.__name__}: {len(items)}")
        for item in items:
            told = [item[name] for name in _SHOWN if name in item]
            print("  " + "  ".join(value for attribute in told for value in attribute.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

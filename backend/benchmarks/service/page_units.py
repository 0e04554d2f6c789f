"""What each page of somebody's runs costs by DynamoDB's rules, from the sizes of its items.

    python -m benchmarks.service.page_units USER_ID LIMIT

MiniStack reports half a unit for any page, so this reads the items by boto3, past the code that is measured.
Prints a JSON list of RCU.
"""

from __future__ import annotations

import json
import sys

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.codec.item_size import item_size
from api.dynamodb.metering.capacity import estimate_rcu
from api.dynamodb.schema import keys
from config.environment import environment


def page_units(user_id: int, limit: int) -> list[float]:
    """RCU of the pages, newest first."""
    pages = (
        DynamoDBClient.get_client(patient=True)
        .get_paginator("query")
        .paginate(
            TableName=environment().table_name,
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.user_runs_pk(user_id)}},
            ScanIndexForward=False,
            PaginationConfig={"PageSize": 1000},
        )
    )
    sizes = [item_size(item) for page in pages for item in page["Items"]]
    return [
        estimate_rcu(sizes[start : start + limit], operation="Query", consistent=False).total
        for start in range(0, len(sizes), limit)
    ]


if __name__ == "__main__":
    print(json.dumps(page_units(int(sys.argv[1]), int(sys.argv[2]))))

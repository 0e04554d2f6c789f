"""AWS's DynamoDB Local: downloaded once with Maven, started with Java on loopback."""

from engines.dynamodb_local.fetch import CACHE_DIR, fetch
from engines.dynamodb_local.server import StreamTimes, start_dynamodb_local

__all__ = ["CACHE_DIR", "StreamTimes", "fetch", "start_dynamodb_local"]

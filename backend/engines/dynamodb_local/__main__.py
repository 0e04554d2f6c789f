"""`python -m engines.dynamodb_local` fetches DynamoDB Local ahead of the tests and prints one line."""

from __future__ import annotations

from engines.dynamodb_local.fetch import fetch
from engines.fetching import report

if __name__ == "__main__":
    raise SystemExit(report("DynamoDB Local", fetch))

"""Calls of the playground's API, for the scripts of this folder."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

T = TypeVar("T")
VISIBLE_SECONDS = 1.0


class Api:
    """The API at a base URL."""

    def __init__(self, base_url: str) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise SystemExit(
                f"{base_url!r} is not a URL: give the base URL of the API, like http://127.0.0.1:8010"
            )
        self._base_url = base_url.rstrip("/")

    def call(self, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """The status and the document of a GET, or with a body of a POST."""
        url = f"{self._base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def pages(self, path: str, name: str, limit: int) -> Iterable[list[dict[str, Any]]]:
        """Every page of a list."""
        query: dict[str, Any] = {"limit": limit}
        while True:
            status, document = self.call(path, **query)
            if status != 200:
                raise AssertionError(f"GET {path} ended with {status}: {document}")
            yield document[name]
            if document["nextCursor"] is None:
                return
            query["cursor"] = document["nextCursor"]

    def add_table(self, table_id: str) -> None:
        """Stores a table."""
        status, document = self.call("/tables", {"tableId": table_id, "displayName": f"Table {table_id}"})
        check(status == 201, f"POST /tables ended with {status}: {document}")

    def add_score(self, table_id: str, user_id: str, score: int) -> None:
        """Stores a score."""
        path = f"/tables/{quote(table_id)}/users"
        status, document = self.call(path, {"userId": user_id, "score": score})
        check(status == 201, f"POST {path} ended with {status}: {document}")


def until_listed(listed: Callable[[], T], expected: T) -> T:
    """What is listed as soon as it is what was expected, or after a second: an index may be behind for that long."""
    until = time.monotonic() + VISIBLE_SECONDS
    while (entries := listed()) != expected and time.monotonic() < until:
        time.sleep(0.05)
    return entries


def check(holds: bool, message: str) -> None:
    """Raises AssertionError with the message unless it holds."""
    if not holds:
        raise AssertionError(message)


def run(tests: Iterable[Callable[[Api], None]]) -> int:
    """Runs the tests against the base URL of the command line; 1 when one fails, 2 without a URL."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(f"usage: python {sys.argv[0]} BASE_URL")
        return 0 if "--help" in sys.argv or "-h" in sys.argv else 2
    api, failed = Api(sys.argv[1]), 0
    for test in tests:
        try:
            test(api)
        except (AssertionError, OSError) as failure:
            failed += 1
            print(f"failed  {test.__name__}: {failure}")
        else:
            print(f"passed  {test.__name__}")
    return 1 if failed else 0

"""Checks the playground's API as its users see it: python test_api_integration.py BASE_URL."""

from __future__ import annotations

import secrets
import sys
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from examples.playground_scores.tests.calls import VISIBLE_SECONDS, Api, check, run, until_listed


def _names(api: Api, table_id: str) -> list[str]:
    tables = (table for page in api.pages("/tables", "tables", 100) for table in page)
    return [table["displayName"] for table in tables if table["tableId"] == table_id]


def _users(api: Api, table_id: str) -> Any:
    return api.call(f"/tables/{table_id}/users")[1]["users"]


def test_a_new_table_is_listed_within_a_second(api: Api) -> None:
    """An index may be behind, but not for longer than users put up with."""
    table_id = f"test-{secrets.token_hex(6)}"
    api.add_table(table_id)
    expected = [f"Table {table_id}"]
    names = until_listed(partial(_names, api, table_id), expected)
    check(names == expected, f"table {table_id} is listed as {names} after {VISIBLE_SECONDS} s")


def test_a_table_is_stored_once(api: Api) -> None:
    """A second table of the same id is refused."""
    table_id = f"test-{secrets.token_hex(6)}"
    api.add_table(table_id)
    status, document = api.call("/tables", {"tableId": table_id, "displayName": "another"})
    check(status == 409, f"a second table of one id ended with {status}: {document}")


def test_scores_are_listed_by_user(api: Api) -> None:
    """The users of a table with their scores, without the table's own item."""
    table_id = f"test-{secrets.token_hex(6)}"
    api.add_table(table_id)
    for user_id, score in (("bob", 7), ("alice", 9)):
        api.add_score(table_id, user_id, score)
    expected = [{"userId": "alice", "score": 9}, {"userId": "bob", "score": 7}]
    users = until_listed(partial(_users, api, table_id), expected)
    check(users == expected, f"the users are {users}")


def test_bad_requests_are_refused(api: Api) -> None:
    """A wrong id, a wrong limit and an unknown path are the caller's mistakes."""
    for path, body, query, expected in (
        ("/tables", {"tableId": "a#b", "displayName": "x"}, {}, 400),
        ("/tables", None, {"limit": 0}, 400),
        ("/tables", None, {"limit": "many"}, 400),
        ("/scores", None, {}, 404),
    ):
        status, document = api.call(path, body, **query)
        check(status == expected, f"{path} {body} {query} ended with {status}: {document}")


TESTS = (
    test_a_new_table_is_listed_within_a_second,
    test_a_table_is_stored_once,
    test_scores_are_listed_by_user,
    test_bad_requests_are_refused,
)

if __name__ == "__main__":
    sys.exit(run(TESTS))

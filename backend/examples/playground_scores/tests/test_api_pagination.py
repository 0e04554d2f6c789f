"""Checks that the playground's lists can be paged: python test_api_pagination.py BASE_URL."""

from __future__ import annotations

import secrets
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from examples.playground_scores.tests.calls import Api, check, run, until_listed

TABLES, USERS = 30, 12


def _ids(api: Api, prefix: str, limit: int) -> list[str]:
    pages = list(api.pages("/tables", "tables", limit))
    check(all(len(page) <= limit for page in pages), "a page is longer than its limit")
    check(all(len(page) == limit for page in pages[:-1]), "a page before the last one is short")
    return [table["tableId"] for page in pages for table in page if table["tableId"].startswith(prefix)]


def _user_ids(api: Api, table_id: str, limit: int) -> list[str]:
    return [
        user["userId"] for page in api.pages(f"/tables/{table_id}/users", "users", limit) for user in page
    ]


def test_pages_of_tables_hold_each_table_once_in_order(api: Api) -> None:
    """Whatever the size of pages, the whole list is the same."""
    prefix = f"test-{secrets.token_hex(6)}-"
    expected = [f"{prefix}{number:02}" for number in range(TABLES)]
    for table_id in reversed(expected):
        api.add_table(table_id)
    for limit in (25, 100):
        table_ids = until_listed(partial(_ids, api, prefix, limit), expected)
        check(table_ids == expected, f"pages of {limit} do not hold the {TABLES} tables in order")


def test_a_page_without_a_limit_has_the_default_one(api: Api) -> None:
    """No page is longer than 100."""
    _, document = api.call("/tables")
    check(1 <= len(document["tables"]) <= 100, f"a page has {len(document['tables'])} tables")


def test_pages_of_users_hold_each_user_once_in_order(api: Api) -> None:
    """The same for the users of one table."""
    table_id = f"test-{secrets.token_hex(6)}"
    api.add_table(table_id)
    expected = [f"user-{number:02}" for number in range(USERS)]
    for user_id in reversed(expected):
        api.add_score(table_id, user_id, 1)
    for limit in (5, USERS, 100):
        users = until_listed(partial(_user_ids, api, table_id, limit), expected)
        check(users == expected, f"pages of {limit} do not hold the {USERS} users in order: {users}")


TESTS = (
    test_pages_of_tables_hold_each_table_once_in_order,
    test_a_page_without_a_limit_has_the_default_one,
    test_pages_of_users_hold_each_user_once_in_order,
)

if __name__ == "__main__":
    sys.exit(run(TESTS))

"""GET /api/staff/problems/drafts/: problems that are not published yet."""

from __future__ import annotations

from django.test import Client

from tests.integration.api.conftest import CHARLIE
from tests.integration.api.factories import a_problem, fault_of, get
from tests.integration.api.staff_requests import ask


def test_it_lists_drafts_alone_newest_first_in_pages(site: Client) -> None:
    a_problem(1)
    for number in (2, 3, 4):
        a_problem(number, is_completed=False)
    a_problem(5, is_completed=False, is_deleted=True)
    first = ask(site, "GET", "/problems/drafts/?limit=2").json()
    rest = ask(site, "GET", f"/problems/drafts/?limit=2&cursor={first['next']}").json()
    assert [problem["problem_id"] for problem in first["items"] + rest["items"]] == [4, 3, 2]
    assert rest["next"] is None


def test_charlie_and_nobody_learn_nothing_of_a_draft(site: Client) -> None:
    a_problem(2, is_completed=False, title="Secret draft")
    assert fault_of(ask(site, "GET", "/problems/drafts/", by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "GET", "/problems/drafts/", by=None)) == (401, "unauthenticated")
    for by in (CHARLIE, None):
        assert fault_of(get(site, "/api/problems/2/", by=by)) == (404, "not-found")
        assert get(site, "/api/problems/?words=secret", by=by).json()["items"] == []

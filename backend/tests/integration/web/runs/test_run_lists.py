"""Lists of runs: one's own with the map of activity, and the public timeline."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import utc_now
from tests.integration.api.conftest import ALICE, BOB
from tests.integration.api.factories import a_problem, a_run
from tests.integration.web.browsers import is_sent_to_sign_in, text_of

HTMX = {"HX-Request": "true"}


def titles(text: str) -> list[str]:
    return re.findall(r'<a href="/runs/\d+/">([^<]+)</a>', text)


def more(text: str) -> str:
    found = re.search(r'<a class="button" href="([^"]+cursor=[^"]+)"', text)
    assert found
    return unescape(found[1])


def many_runs(count: int, **fields: Any) -> None:
    start = utc_now() - timedelta(days=1)
    for n in range(count):
        a_run(problem_title=f"Run {n}", created_at=start + timedelta(minutes=n), **fields)


def test_somebody_without_runs_is_told_what_to_do(alice: Client) -> None:
    text = text_of(alice.get("/runs/"))
    assert "No runs yet" in text
    assert "Browse problems" in text
    assert "<svg viewBox" not in text.split("<main", 1)[1]


def test_the_map_the_totals_and_the_list_are_there(alice: Client, cast: Any) -> None:
    a_problem()
    a_run(passed_count=2, failed_count=0)
    a_run(language="cpp", created_at=utc_now() - timedelta(days=40))
    text = text_of(alice.get("/runs/"))
    assert text.count('<rect class="heat-') >= 53 * 7 - 6
    assert "2 runs in the last 53 weeks" in text
    assert "on 2 days" in text
    assert '<table class="table" id="heat-table">' in text
    assert ": 1 run</title>" in text
    assert "<dt>Problems solved</dt><dd>1</dd>" in text
    assert 'href="?platform=baekjoon">Baekjoon</a>' in text
    assert 'href="?language=cpp">C++</a>' in text
    assert 'href="/account/export/"' in text


def test_filters_are_in_the_address_and_chosen_in_the_form(alice: Client, cast: Any) -> None:
    a_run(problem_title="passed", passed_count=2, failed_count=0)
    a_run(problem_title="public", is_code_public=True)
    a_run(problem_title="rust", language="rust", platform="leetcode")
    a_run(problem_title="other", problem_id=200)
    for query, expected in (
        ("", ["other", "rust", "public", "passed"]),
        ("result=passed", ["passed"]),
        ("result=failed", ["other", "rust", "public"]),
        ("visibility=public", ["public"]),
        ("visibility=private&platform=leetcode&language=rust&result=", ["rust"]),
        ("problem=200", ["other"]),
        ("problem=200&language=rust", []),
        ("result=nonsense", ["other", "rust", "public", "passed"]),
    ):
        assert titles(text_of(alice.get(f"/runs/?{query}"))) == expected, query
    text = text_of(alice.get("/runs/?result=passed&platform=baekjoon&problem=100"))
    assert '<option value="passed" selected>' in text
    assert '<option value="baekjoon" selected>' in text
    assert 'href="?platform=baekjoon&amp;result=passed"' in text
    assert "No matching runs" in text_of(alice.get("/runs/?platform=nowhere"))


@pytest.mark.parametrize("query", ["problem=x", "problem=" + "9" * 17, "platform=" + "x" * 101])
def test_filters_that_cannot_be_used_are_refused(alice: Client, query: str) -> None:
    assert alice.get(f"/runs/?{query}").status_code == 422


def test_more_is_a_link_that_works_without_a_script_and_brings_lines_to_one(alice: Client, cast: Any) -> None:
    many_runs(23)
    first = text_of(alice.get("/runs/"))
    following = more(first)
    whole = text_of(alice.get(following))
    assert titles(first) + titles(whole) == [f"Run {n}" for n in range(22, -1, -1)]
    assert "Back to newest" in whole
    assert "heat-" not in whole
    lines = text_of(alice.get(following, headers=HTMX))
    assert titles(lines) == titles(whole)
    assert "<html" not in lines


def test_a_cursor_of_somebody_else_leads_to_the_start_of_the_list(
    alice: Client, bob: Client, cast: Any
) -> None:
    many_runs(21)
    following = more(text_of(alice.get("/runs/")))
    for browser, address in ((bob, following), (alice, following.replace("cursor=", "cursor=x"))):
        answer = browser.get(address)
        assert (answer.status_code, answer["Location"]) == (303, "/runs/")


def test_more_of_the_timeline_after_the_session_ended_opens_the_timeline_anew(
    alice: Client, cast: Any
) -> None:
    many_runs(21, is_code_public=True)
    following = more(text_of(alice.get("/timeline/?language=python")))
    answer = Client().get(following, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "/timeline/?language=python"
    assert Client().get(following)["Location"] == "/timeline/?language=python"


def test_charlie_sees_nothing_of_it(charlie: Client, cast: Any) -> None:
    a_run(problem_title="secret")
    assert "secret" not in text_of(charlie.get("/runs/"))
    assert "secret" not in text_of(charlie.get("/runs/?problem=100"))
    assert is_sent_to_sign_in(Client().get("/runs/"))


def test_the_timeline_shows_public_runs_with_name_and_picture_alone(cast: Any, charlie: Client) -> None:
    a_run(problem_title="private")
    a_run(problem_title="of Alice", is_code_public=True)
    a_run(BOB, problem_title="of Bob", is_code_public=True, language="go", platform="leetcode")
    a_run(None, problem_title="of nobody", is_code_public=True)
    for browser in (charlie, Client()):
        text = text_of(browser.get("/timeline/"))
        assert titles(text) == ["of nobody", "of Bob", "of Alice"]
        assert "Alice" in text
        assert "https://lh3.googleusercontent.com/a/2" in text
        assert "Inactive account" in text
        assert "example.org" not in text.split("<main", 1)[1]
    assert titles(text_of(charlie.get("/timeline/?language=go"))) == ["of Bob"]
    assert titles(text_of(charlie.get("/timeline/?platform=baekjoon"))) == ["of nobody", "of Alice"]
    assert "No matching runs" in text_of(charlie.get("/timeline/?language=swift"))


def test_the_timeline_goes_on_by_real_links(cast: Any) -> None:
    many_runs(21, is_code_public=True)
    first = text_of(Client().get("/timeline/"))
    whole = text_of(Client().get(more(first)))
    assert titles(first) + titles(whole) == [f"Run {n}" for n in range(20, -1, -1)]
    lines = text_of(Client().get(more(first), headers=HTMX))
    assert titles(lines) == ["Run 0"]
    assert lines.lstrip().startswith("<li>")


def test_an_empty_timeline_says_how_to_be_the_first(cast: Any) -> None:
    assert "No public runs yet" in text_of(Client().get("/timeline/"))


def test_a_picture_that_a_page_may_not_load_is_initials(cast: Any) -> None:
    repositories().users.update_user(
        ALICE, {"picture": "https://elsewhere.example/a.png", "name": "Alice Kim 🙂"}
    )
    a_run(is_code_public=True)
    text = text_of(Client().get("/timeline/"))
    assert "elsewhere.example" not in text
    assert '<span class="avatar" aria-hidden="true">AK</span>' in text

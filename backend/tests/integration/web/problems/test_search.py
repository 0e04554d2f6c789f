"""The search for problems: its state is its address, forms and links do without scripts, htmx gets pieces.

The list of problems is in memory; `test_search_in_table` has the search without it.
"""

from __future__ import annotations

import pytest
from django.test import Client

from tests.integration.api.conftest import ALICE
from tests.integration.api.factories import a_problem, a_run
from tests.integration.web.problems.conftest import HTMX, listed, more_of
from web.problems import search


@pytest.fixture(autouse=True)
def _problems(in_memory: None) -> None:
    a_problem(101, title="눈 덮인 마을의 최단 경로", tags=["graph", "dijkstra"], difficulty="Gold V")
    a_problem(102, title="Coin Change", platform="leetcode", difficulty="Hard", tags=["dp"])
    a_problem(103, title="Coin Tower", tags=["dp", "<b>"], difficulty="Gold V")
    a_problem(104, title="A draft of coins", is_completed=False)


@pytest.fixture
def _two_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE_SIZE", 2)


def test_without_filters_it_lists_what_is_published_newest_first(nobody: Client) -> None:
    assert listed(nobody.get("/")) == [103, 102, 101]


def test_every_filter_is_in_the_address(nobody: Client) -> None:
    for query, found in (
        ("platform=leetcode", [102]),
        ("difficulty=gold+v", [103, 101]),
        ("tag=DP", [103, 102]),
        ("tag=dp&platform=baekjoon", [103]),
        ("words=coin", [103, 102]),
        ("words=cha+coin", [102]),
        ("words=1103", [103]),
        ("words=BOJ+1103", [103]),
        ("words=%EB%8B%A8%EA%B2%BD", [101]),
        ("words=coni", [103, 102]),
        ("tag=dp&tag=%3Cb%3E", [103]),
        ("tag=dijkstra&tag=%3Cb%3E&match=any", [103, 101]),
        ("easiest=Gold+V&hardest=Gold+I", [103, 101]),
        ("sort=oldest", [101, 102, 103]),
        ("words=coin&sort=title", [102, 103]),
        ("sort=no&status=no", [103, 102, 101]),
        ("words=coin+cha", [102]),
        ("words=%EC%B5%9C%EB%8B%A8", [101]),
        ("words=&platform=&difficulty=&tag=", [103, 102, 101]),
        ("words=%21", []),
    ):
        assert listed(nobody.get(f"/?{query}")) == found, query


def test_the_form_shows_what_is_asked_for(nobody: Client) -> None:
    query = "words=coin&platform=leetcode&easiest=Easy&hardest=Hard&tag=dp&tag=heap&match=any&sort=title"
    page = nobody.get(f"/?{query}").text
    assert 'name="words" value="coin"' in page
    assert '<option value="leetcode" selected>' in page
    assert "<option selected>Easy</option>" in page
    assert "<option selected>Hard</option>" in page
    assert page.count('name="tag" value="dp" hx-get="/" checked') == 1
    assert 'name="match" value="any" hx-get="/" checked' in page
    assert '<option value="title" selected>' in page
    without = (
        "/?words=coin&amp;easiest=Easy&amp;hardest=Hard&amp;tag=dp&amp;tag=heap&amp;match=any&amp;sort=title"
    )
    assert f'href="{without}"' in page, "without the platform"


def test_names_that_are_not_declared_stay_chosen(nobody: Client) -> None:
    page = nobody.get("/?platform=koj&difficulty=Lunatic&tag=sqrt").text
    assert '<option value="koj" selected>koj</option>' in page
    assert page.count("<option selected>Lunatic</option>") == 2
    assert 'name="tag" value="sqrt" hx-get="/" checked>sqrt</label>' in page


def test_results_are_counted(nobody: Client) -> None:
    assert ">2 problems</p>" in nobody.get("/?words=coin").text
    assert ">1 problem</p>" in nobody.get("/?words=tower").text


def test_a_typo_is_corrected_and_said(nobody: Client) -> None:
    assert "Nothing matches “coni”. Showing “coin”." in nobody.get("/?words=coni").text


def test_tags_are_titled_in_the_language_of_the_page_and_escaped(nobody: Client) -> None:
    page = nobody.get("/").text
    assert 'href="/?tag=dijkstra">Dijkstra</a>' in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    korean = nobody.get("/", headers={"Accept-Language": "ko"}).text
    assert ">데이크스트라</a>" in korean


def test_difficulty_and_tags_are_hidden_everywhere_by_one_switch(nobody: Client) -> None:
    for address in ("/", "/problems/103/"):
        shown = nobody.get(address).text
        assert "Gold V</a>" in shown
        assert ">dynamic programming</a>" in shown
    answer = nobody.post(
        "/spoilers/", {"spoilers": "hide"}, headers={"Referer": "http://testserver/?words=coin"}
    )
    assert (answer.status_code, answer["Location"]) == (303, "/?words=coin")
    for address in ("/", "/?tag=dp", "/problems/103/"):
        hidden = nobody.get(address).text
        assert "Gold V</a>" not in hidden
        assert ">dynamic programming</a>" not in hidden
    assert nobody.post("/spoilers/", {"spoilers": "maybe"}).status_code == 422


def test_solved_problems_are_marked_and_can_be_hidden(alice: Client, charlie: Client, nobody: Client) -> None:
    a_run(ALICE, problem_id=103, passed_count=2, failed_count=0, total_count=2)
    a_run(ALICE, problem_id=102)
    page = alice.get("/")
    assert page.text.count('<tr class="solved">') == 1
    assert listed(alice.get("/?solved=hide")) == [102, 101]
    assert ">Attempted</span>" in page.text
    assert listed(alice.get("/?status=solved")) == [103]
    assert listed(alice.get("/?status=attempted&tag=dp")) == [102]
    for other in (charlie, nobody):
        assert '<tr class="solved">' not in other.get("/").text
        assert listed(other.get("/?solved=hide")) == [103, 102, 101]


@pytest.mark.usefixtures("_two_a_page")
def test_more_is_a_link_that_goes_on_where_the_page_ended(alice: Client) -> None:
    first = alice.get("/?sort=newest")
    assert listed(first) == [103, 102]
    following = more_of(first)
    assert following is not None
    assert following.startswith("/?sort=newest&cursor=")
    second = alice.get(following)
    assert listed(second) == [101]
    assert more_of(second) is None
    assert 'href="/?sort=newest">Back to the first page' in second.text


@pytest.mark.usefixtures("_two_a_page")
def test_solved_problems_are_left_out_across_pages(alice: Client) -> None:
    a_run(ALICE, problem_id=103, passed_count=1, failed_count=0, total_count=1)
    page = alice.get("/?solved=hide")
    assert listed(page) == [102, 101]
    assert more_of(page) is None


@pytest.mark.usefixtures("_two_a_page")
def test_a_cursor_serves_its_reader_and_its_search_alone(nobody: Client, alice: Client) -> None:
    following = more_of(alice.get("/"))
    assert following is not None
    assert nobody.get(following)["Location"] == "/"
    assert alice.get("/?cursor=made-up")["Location"] == "/"
    assert alice.get(f"{following}&tag=dp").status_code == 422


def test_a_text_that_is_too_long_is_refused_with_a_page(nobody: Client) -> None:
    answer = nobody.get("/", {"words": "a" * 301})
    assert answer.status_code == 422
    assert "at most 300 characters" in answer.text


def test_htmx_gets_the_results_and_the_address_that_says_what_they_are(nobody: Client) -> None:
    typed = nobody.get("/?words=coin&platform=", headers={**HTMX, "HX-Trigger-Name": "words"})
    assert listed(typed) == [103, 102]
    assert "<html" not in typed.text
    assert "hx-swap-oob" not in typed.text
    assert typed["HX-Replace-Url"] == "/?words=coin"
    chosen = nobody.get(
        "/?platform=leetcode&difficulty=Gold+V", headers={**HTMX, "HX-Trigger-Name": "platform"}
    )
    assert chosen["HX-Push-Url"] == "/?platform=leetcode", "LeetCode has no Gold V"
    assert 'id="difficulties" hx-swap-oob="true"' in chosen.text
    assert "Codeforces" not in chosen.text


@pytest.mark.usefixtures("_two_a_page")
def test_htmx_gets_the_lines_of_the_next_page(nobody: Client) -> None:
    following = more_of(nobody.get("/"))
    assert following is not None
    piece = nobody.get(following, headers=HTMX)
    assert listed(piece) == [101]
    assert piece.text.startswith("<tbody>")


def test_a_search_in_vain_and_an_empty_site_say_what_to_do(nobody: Client) -> None:
    page = nobody.get("/?words=nothingofthis").text
    assert "No matching problems" in page
    assert "Show all problems" in page
    near = nobody.get("/?words=coin&platform=leetcode&difficulty=Easy").text
    assert 'href="/?words=coin&amp;platform=leetcode">Of any difficulty: 1 problem</a>' in near


def test_a_random_problem_matches_the_filters(alice: Client) -> None:
    a_run(ALICE, problem_id=103, passed_count=1, failed_count=0, total_count=1)
    for query, found in (
        ("platform=leetcode", 102), ("words=coin&difficulty=hard", 102), ("solved=hide&tag=dp", 102),
        ("words=coin&solved=hide", 102),
    ):  # fmt: skip
        answer = alice.get(f"/problems/random/?{query}")
        assert (answer.status_code, answer["Location"]) == (303, f"/problems/{found}/")
        assert answer["Cache-Control"] == "no-store"


def test_without_a_random_problem_the_search_says_so(alice: Client) -> None:
    answer = alice.get("/problems/random/?platform=atcoder")
    assert answer["Location"] == "/?platform=atcoder"
    assert "No problems match your filters." in alice.get(answer["Location"]).text


def test_the_search_is_no_form_to_post(nobody: Client) -> None:
    assert nobody.post("/").status_code == 405

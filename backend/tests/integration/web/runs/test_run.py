"""The page of a run: for its owner, for everybody else while it is public, for nobody while it is not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.schema.ids import MAX_ID
from tests.integration.api.conftest import ALICE
from tests.integration.api.factories import a_problem, a_run
from tests.integration.web.browsers import followed, is_sent_to_sign_in

OWNERS = (
    "Make public",
    "Make private",
    "Delete…",
    "Hints",
    "Link",
    "My runs for this problem",
)


def page(browser: Client, run: Any, query: str = "") -> str:
    answer = browser.get(f"/runs/{run['history_id']}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def cases(cast: Any) -> list[int]:
    """The ids of a sample and a hidden test case of problem 100."""
    a_problem()
    made = repositories().problems.add_test_cases(
        100,
        [
            {"input": "1 2\n", "output": "3\nend\n", "is_sample": True},
            {"input": "2 2\n", "output": "4\nend\n"},
        ],
    )
    return [case["test_case_id"] for case in made]


def results(cases: list[int]) -> list[dict[str, Any]]:
    return [
        {"test_case_id": cases[0], "status": "AC", "output": "3\nend\n", "time_ms": 7, "memory_kb": 2048},
        {"test_case_id": cases[1], "status": "WA", "output": "5\nend\n", "stderr": "<oops>"},
    ]


def test_its_owner_sees_code_verdict_results_and_controls(alice: Client, cases: list[int]) -> None:
    run = a_run(code="if 1 < 2:\n    print('<script>')\n", test_results=results(cases))
    text = page(alice, run)
    assert '<span class="line" id="L2"><a href="#L2" data-line="2" aria-label="Line 2"></a>' in text
    assert '<span class="f">print</span>' in text
    assert "&lt;script&gt;" in text
    assert "Wrong answer" in text
    assert "1 of 2" in text
    assert "7 ms" in text
    assert "2,048 KB" in text
    assert f"http://testserver/runs/{run['history_id']}/" in text
    assert "(0 of 4 open)" in text
    assert "Make public" in text


@pytest.mark.parametrize("code", ["\n" * 9_000 + "x", "1 " * 20_000])
def test_code_that_would_take_long_to_highlight_is_shown_without_colours(
    alice: Client, cast: Any, code: str
) -> None:
    text = page(alice, a_run(code=code, language="java"))
    assert "This code is too long to highlight." in text
    assert '<span class="n">' not in text
    assert code.strip() in text


def test_the_first_failing_case_is_open_with_the_difference(alice: Client, cases: list[int]) -> None:
    text = page(alice, a_run(test_results=results(cases)))
    assert "First failing test case: 2" in text
    assert '<details class="details card" open>' in text
    assert '<tr class="missing"><td class="at">1</td>' in text
    assert '<span class="visually-hidden">expected</span></td><td class="text"><mark>4</mark>' in text
    assert '<span class="visually-hidden">actual</span></td><td class="text"><mark>5</mark>' in text
    assert "&lt;oops&gt;" in text


@pytest.mark.parametrize(("characters", "left_out"), [(280, 0), (5000, 0), (5001, 1001)])
def test_a_failing_input_is_cut_only_if_that_saves_much_and_is_copied_whole(
    alice: Client, cast: Any, characters: int, left_out: int
) -> None:
    a_problem()
    (case,) = repositories().problems.add_test_cases(100, [{"input": "7" * characters, "output": "1"}])
    text = page(alice, a_run(test_results=[{"test_case_id": case["test_case_id"], "status": "WA"}]))
    assert ("7" * (characters - left_out) + "</pre>" in text) == (left_out == 0)
    assert (f"{left_out:,} more characters" in text) == (left_out > 0)
    address = f"/problems/100/cases/{case['test_case_id']}/input/"
    assert f'data-copy="case-input" data-copy-from="{address}"' in text


def test_a_run_of_older_results_that_did_not_compile_says_that_no_message_was_saved(
    alice: Client, cases: list[int]
) -> None:
    text = page(alice, a_run(test_results=[{"test_case_id": case, "status": "CE"} for case in cases]))
    assert "The compiler&#x27;s message wasn&#x27;t saved." in text or "message wasn't saved." in text
    assert "First failing" not in text


def test_another_case_opens_by_its_number(alice: Client, cases: list[int]) -> None:
    text = page(alice, a_run(test_results=results(cases)), "?case=1")
    assert "The output matches the expected output." in text
    assert "First failing" not in text


@pytest.mark.parametrize("number", ["0", "3", "x", "-1", "99999999999", "٣"])
def test_a_number_that_no_case_has_opens_the_first_failing_one(
    alice: Client, cases: list[int], number: str
) -> None:
    assert "First failing test case: 2" in page(alice, a_run(test_results=results(cases)), f"?case={number}")


def test_a_large_expected_output_is_not_compared(alice: Client, cast: Any) -> None:
    a_problem()
    output = "\n".join(str(n * n % 99991) for n in range(20_000))
    (case,) = repositories().problems.add_test_cases(100, [{"input": "1", "output": output}])
    run = a_run(test_results=[{"test_case_id": case["test_case_id"], "status": "WA", "output": "0"}])
    text = page(alice, run)
    assert "too large to compare" in text
    assert f"/problems/100/cases/{case['test_case_id']}/output/" in text


def test_a_case_that_was_replaced_shows_what_was_printed(alice: Client, cases: list[int]) -> None:
    run = a_run(test_results=results(cases))
    repositories().problems.replace_test_cases(100, [])
    text = page(alice, run)
    assert "This test case no longer exists" in text
    assert "5\nend" in text


@pytest.mark.parametrize(
    "recorded",
    ["Accepted", {"passed": 3}, [1, None, "x"], [{"status": 5, "test_case_id": "7", "time_ms": True}], []],
)
def test_results_of_any_form_of_before_do_no_harm(alice: Client, cases: list[int], recorded: Any) -> None:
    page(alice, a_run(test_results=recorded, result_summary="맞았습니다!!"))


def test_a_run_without_problem_or_code_is_still_shown(alice: Client, cast: Any) -> None:
    run = a_run(problem_id=None, code="", test_results=[{"test_case_id": 1, "status": "WA"}])
    text = page(alice, run)
    assert "This run has no saved code" in text
    assert "/problems/" not in text.split("<main", 1)[1].split("</main>", 1)[0]


def test_a_public_run_shows_others_name_and_picture_and_nothing_more(
    alice: Client, bob: Client, cases: list[int]
) -> None:
    run = a_run(
        is_code_public=True, test_results=results(cases),
        hints=[{"level": 0, "step": "nudge", "text": "a nudge nobody else sees"}],
    )  # fmt: skip
    for browser in (bob, Client()):
        text = page(browser, run)
        main = text.split("<main", 1)[1].split("</main>", 1)[0]
        assert "Alice" in main
        assert "https://lh3.googleusercontent.com/a/1" in main
        assert "alice@example.org" not in text
        assert "a nudge" not in text
        assert not [words for words in OWNERS if words in main]
        assert "<form" not in main
    assert "Make private" in page(alice, run)


def test_who_is_not_signed_in_compares_samples_alone(cases: list[int]) -> None:
    run = a_run(is_code_public=True, test_results=results(cases))
    hidden = page(Client(), run)
    assert "Sign in to see" in hidden
    assert "2 2" not in hidden
    assert "The output matches the expected output." in page(Client(), run, "?case=1")


def test_a_closed_account_is_not_named(bob: Client, cases: list[int]) -> None:
    run = a_run(is_code_public=True)
    repositories().users.deactivate_user(ALICE)
    text = page(bob, run)
    assert "Inactive account" in text
    assert "Alice" not in text


def test_a_private_run_does_not_exist_for_anybody_else(charlie: Client, cases: list[int]) -> None:
    run = a_run()
    there = f"/runs/{run['history_id']}/"
    for browser in (charlie, Client()):
        answer = browser.get(there)
        assert answer.status_code == 404
        assert "A plus B" not in answer.content.decode()
    missing = charlie.get("/runs/12345/").content.decode()
    assert "There is no such run" in missing or "no such run" in missing


@pytest.mark.parametrize("number", [MAX_ID + 1, "9" * 40])
def test_a_number_that_no_run_can_have_is_no_address(alice: Client, number: Any) -> None:
    assert alice.get(f"/runs/{number}/").status_code == 404


def test_its_owner_shows_it_to_everyone_and_hides_it_again(
    alice: Client, bob: Client, cases: list[int]
) -> None:
    run = a_run()
    there = f"/runs/{run['history_id']}/"
    shown = followed(alice, alice.post(f"{there}visibility/", {"public": "1"})).content.decode()
    assert "This run is now public" in shown
    assert bob.get(there).status_code == 200
    hidden = followed(alice, alice.post(f"{there}visibility/", {"public": "0"})).content.decode()
    assert "This run is now private." in hidden
    assert bob.get(there).status_code == 404


def test_it_is_deleted_after_a_question(alice: Client, cases: list[int]) -> None:
    run = a_run()
    there = f"/runs/{run['history_id']}/"
    assert "Delete this run?" in alice.get(f"{there}delete/").content.decode()
    assert alice.get(there).status_code == 200
    answer = alice.post(f"{there}delete/")
    assert answer["Location"] == "/runs/"
    assert "Run deleted." in followed(alice, answer).content.decode()
    assert alice.get(there).status_code == 404
    assert alice.post(f"{there}delete/").status_code == 404


def test_visibility_is_one_of_two(alice: Client, cases: list[int]) -> None:
    run = a_run()
    assert alice.post(f"/runs/{run['history_id']}/visibility/", {"public": "maybe"}).status_code == 422


@pytest.mark.parametrize("is_public", [True, False])
@pytest.mark.parametrize("place", ["visibility/", "delete/"])
def test_nobody_else_changes_it(bob: Client, cases: list[int], place: str, is_public: bool) -> None:
    run = a_run(is_code_public=is_public)
    there = f"/runs/{run['history_id']}/{place}"
    assert bob.post(there, {"public": "0"}).status_code == 404
    assert bob.get(there).status_code == (405 if place == "visibility/" else 404)
    assert is_sent_to_sign_in(Client().post(there, {"public": "0"}))
    assert repositories().history.get_history(run["history_id"]) == run

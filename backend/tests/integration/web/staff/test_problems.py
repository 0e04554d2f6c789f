"""Staff's pages of problems: finding, writing, editing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from api.dynamodb.repositories import AuditRepository, ProblemRepository
from api.dynamodb.schema.records import Problem
from tests.integration.api.conftest import DORA
from tests.integration.web.staff.conftest import form_of, problem_data
from web.staff.listed_or_typed import OTHER

LIST, NEW = "/staff/problems/", "/staff/problems/new/"


def address(problem: Problem) -> str:
    return reverse("staff-problem", args=[problem["problem_id"]])


def stored(problem: Problem) -> Problem:
    found = ProblemRepository().get_problem(problem["problem_id"], consistent=True)
    assert found is not None
    return found


def test_drafts_are_listed_and_published_problems_are_not(dora: Client, draft: Problem) -> None:
    ProblemRepository().create_problem(problem_data(problem_number="1001", title="A-B", is_completed=True))
    page = dora.get(LIST).text
    assert address(draft) in page
    assert "A-B" not in page


def test_without_drafts_the_page_says_what_to_do(dora: Client) -> None:
    assert NEW in dora.get(LIST).text


@pytest.mark.parametrize("query", ["number={problem_id}", "platform=Baekjoon&number=1000"])
def test_a_problem_is_found_by_id_and_by_the_platforms_number(
    dora: Client, draft: Problem, query: str
) -> None:
    answer = dora.get(f"{LIST}?{query.format(**draft)}")
    assert (answer.status_code, answer["Location"]) == (303, address(draft))


@pytest.mark.parametrize(
    "query", ["number=1", "number=99999999999999999999", "number=x", "platform=a&number=1"]
)
def test_a_problem_that_is_not_there_is_told(dora: Client, draft: Problem, query: str) -> None:
    answer = dora.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    assert "Problem not found." in answer.text


def test_a_new_problem_becomes_a_draft_and_is_in_the_audit_log(dora: Client) -> None:
    typed = {
        "platform": "baekjoon", "problem_number": "1000", "title": " A+B ", "tags": "math, easy ,math",
        "nudge": "Read.\r\nTwice.", "time_limit": "0.5", "memory_limit": "", "language": "python",
        "solution_code": "print(3)\r\n",
    }  # fmt: skip
    answer = dora.post(NEW, typed)
    assert answer.status_code == 303
    (entry,) = AuditRepository().list_audit()
    assert (entry["staff_id"], entry["action"]) == (DORA, "problem.create")
    problem = ProblemRepository().get_problem(int(entry["target"].split()[1]))
    assert problem is not None
    assert answer["Location"] == address(problem)
    assert not problem["is_completed"]
    assert (problem["title"], problem["tags"], problem["time_limit"]) == ("A+B", ["math", "easy"], 0.5)
    assert (problem["hints"], problem["solution_code"]) == (["Read.\nTwice."], "print(3)\n")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"title": ""}, "This field is required."),
        ({"time_limit": "soon"}, "Enter a number."),
        ({"url": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"nudge": "", "approach": "Add."}, "Fill in this step before the later ones."),
        ({"solution_code": "print()"}, "Choose the language of the solution."),
        ({"tags": ",".join(map(str, range(30)))}, "Give at most 16 of these."),
    ],
)
def test_what_cannot_be_used_is_told_beside_its_field_and_what_was_typed_stays(
    dora: Client, changed: dict[str, str], says: str
) -> None:
    typed = {
        "platform": "baekjoon",
        "problem_number": "1000",
        "title": "A+B",
        "constraints": "kept",
        **changed,
    }
    answer = dora.post(NEW, typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert "kept" in answer.text
    assert not ProblemRepository().list_problems(drafts=True).items


def test_a_number_that_is_taken_is_told_beside_its_field(dora: Client, draft: Problem) -> None:
    answer = dora.post(NEW, {"platform": "baekjoon", "problem_number": "1000", "title": "Again"})
    assert answer.status_code == 409
    assert "This number is already in use on this platform." in answer.text


def test_editing_changes_what_was_changed_and_leaves_the_rest_as_it_is(dora: Client, draft: Problem) -> None:
    form = form_of(dora.get(address(draft)))
    assert form["outline"] == "Print.\n\nDone."
    assert dora.post(address(draft), {**form, "title": "A plus B"}).status_code == 303
    after = stored(draft)
    assert after["title"] == "A plus B"
    assert after["version"] == draft["version"] + 1
    same = ("hints", "tags", "solution_code", "constraints", "time_limit", "url", "is_completed")
    assert {name: after[name] for name in same} == {name: draft[name] for name in same}  # type: ignore[literal-required]
    (entry,) = AuditRepository().list_audit()
    assert entry["changes"] == {"title": {"old": "A+B", "new": "A plus B"}}


def test_saving_without_a_change_changes_nothing(dora: Client, draft: Problem) -> None:
    assert dora.post(address(draft), form_of(dora.get(address(draft)))).status_code == 303
    assert stored(draft) == draft


def test_of_two_who_edit_the_second_sees_both_texts_and_decides(dora: Client, draft: Problem) -> None:
    form = form_of(dora.get(address(draft)))
    ProblemRepository().update_problem(draft["problem_id"], {"title": "Theirs", "difficulty": "Gold I"})
    answer = dora.post(address(draft), {**form, "title": "Mine"})
    assert answer.status_code == 412
    assert "Someone else made changes" in answer.text
    assert 'value="Mine"' in answer.text
    assert "Theirs</pre>" in answer.text
    assert stored(draft)["title"] == "Theirs"
    again = form_of(answer)
    assert again["version"] == str(draft["version"] + 1)
    assert dora.post(address(draft), {**again, "difficulty": "Gold I"}).status_code == 303
    after = stored(draft)
    assert (after["title"], after["difficulty"]) == ("Mine", "Gold I")


def test_a_form_that_was_filled_for_no_version_is_a_conflict(dora: Client, draft: Problem) -> None:
    form = form_of(dora.get(address(draft)))
    assert dora.post(address(draft), {**form, "version": "", "title": "Mine"}).status_code == 412
    assert stored(draft) == draft


def test_a_problem_that_is_not_there_is_no_page(dora: Client) -> None:
    for name in ("staff-problem", "staff-cases", "staff-publish", "staff-retire"):
        assert dora.get(reverse(name, args=[404])).status_code == 404
        assert dora.post(reverse(name, args=[404]), {}).status_code == 404


def test_platform_and_difficulty_come_from_lists_or_are_typed(dora: Client, draft: Problem) -> None:
    place = f"/staff/problems/{draft['problem_id']}/"
    page = dora.get(place)
    for part in (
        '<option value="baekjoon" selected>Baekjoon</option>', '<optgroup label="LeetCode">',
        '<option value="Bronze V" selected>Bronze V</option>', 'name="platform_other"',
    ):  # fmt: skip
        assert part in page.text
    typed = {
        "platform": OTHER,
        "platform_other": " spoj ",
        "difficulty": OTHER,
        "difficulty_other": "hard <b>",
    }
    assert dora.post(place, {**form_of(page), **typed}).status_code == 303
    problem = ProblemRepository().get_problem(draft["problem_id"], consistent=True)
    assert problem is not None
    assert (problem["platform"], problem["difficulty"]) == ("spoj", "hard <b>")
    page = dora.get(place)
    assert f'<option value="{OTHER}" selected>Other…</option>' in page.text
    assert 'value="hard &lt;b&gt;"' in page.text
    assert (
        dora.post(place, {**form_of(page), "difficulty": "Easy", "difficulty_other": "x"}).status_code == 303
    )
    problem = ProblemRepository().get_problem(draft["problem_id"], consistent=True)
    assert problem is not None
    assert (problem["platform"], problem["difficulty"]) == ("spoj", "Easy")
    empty = dora.post(place, {**form_of(dora.get(place)), "platform": OTHER, "platform_other": " "})
    assert empty.status_code == 422
    assert 'id="id_platform_error"' in empty.text

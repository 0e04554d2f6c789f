"""Publishing and retiring: asked once more, done for the version that was shown, written down."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from api.dynamodb.repositories import AuditRepository, ProblemRepository
from api.dynamodb.schema.records import Problem
from tests.integration.web.staff.conftest import form_of
from tests.integration.web.staff.test_problems import stored


def places(draft: Problem) -> tuple[str, str, str]:
    """Where a problem is edited, published, retired."""
    names = ("staff-problem", "staff-publish", "staff-retire")
    edit, publish, retire = (reverse(name, args=[draft["problem_id"]]) for name in names)
    return edit, publish, retire


def test_a_draft_is_published_after_it_was_asked_for_twice(dora: Client, draft: Problem) -> None:
    edit, publish, _ = places(draft)
    assert publish in dora.get(edit).text
    page = dora.get(publish)
    assert "This problem has no samples" in page.text
    assert stored(draft) == draft
    answer = dora.post(publish, form_of(page))
    assert (answer.status_code, answer["Location"]) == (303, edit)
    assert stored(draft)["is_completed"]
    assert [entry["action"] for entry in AuditRepository().list_audit()] == ["problem.publish"]
    assert publish not in dora.get(edit).text
    assert dora.get(publish).status_code == 303


def test_the_page_before_publishing_counts_cases_samples_and_hints(dora: Client, draft: Problem) -> None:
    cases = [{"input": "1", "output": "1", "is_sample": number < 2} for number in range(3)]
    ProblemRepository().replace_test_cases(draft["problem_id"], cases)
    page = dora.get(places(draft)[1]).text
    for name, count in (("Test cases", 3), ("Samples", 2), ("Hint steps", 4)):
        assert f"<dt>{name}</dt><dd>{count}</dd>" in page
    assert "This problem has no samples" not in page


def test_a_published_problem_is_retired_and_can_be_published_again(dora: Client, draft: Problem) -> None:
    edit, publish, retire = places(draft)
    dora.post(publish, form_of(dora.get(publish)))
    assert dora.post(retire, form_of(dora.get(retire)))["Location"] == edit
    assert stored(draft)["is_deleted"]
    page = dora.get(edit).text
    assert retire not in page
    assert publish in page
    assert dora.get(retire).status_code == 303
    dora.post(publish, form_of(dora.get(publish)))
    assert not stored(draft)["is_deleted"]


@pytest.mark.parametrize("place", [1, 2])
def test_of_a_problem_that_was_changed_meanwhile_nothing_is_done(
    dora: Client, draft: Problem, place: int
) -> None:
    where = places(draft)[place]
    form = form_of(dora.get(where))
    changed = ProblemRepository().update_problem(draft["problem_id"], {"title": "Theirs"})
    answer = dora.post(where, form)
    assert answer.status_code == 412
    assert "Theirs" in answer.text
    assert stored(draft) == changed
    assert dora.post(where, form_of(answer)).status_code == 303


@pytest.mark.parametrize("version", ["", "x", "0"])
def test_a_form_without_a_version_does_nothing(dora: Client, draft: Problem, version: str) -> None:
    assert dora.post(places(draft)[1], {"version": version}).status_code == 412
    assert stored(draft) == draft

"""The audit log as people read it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from api.dynamodb.repositories import AuditNote, AuditRepository, UserRepository, audit_repository
from api.dynamodb.schema.records import Problem
from tests.integration.api.conftest import ALICE, DORA, PRO
from tests.integration.web.staff.conftest import form_of

PLACE = "/staff/audit/"


def test_an_entry_says_who_did_what_to_which_thing_and_what_it_was_before(
    dora: Client, draft: Problem
) -> None:
    place = f"/staff/problems/{draft['problem_id']}/"
    dora.post(place, {**form_of(dora.get(place)), "title": "<i>A</i>", "solution_code": "x = 1\n" * 30})
    page = dora.get(PLACE).text
    assert "updated</span>" in page
    assert f'<a href="{place}">&lt;i&gt;A&lt;/i&gt;</a>' in page
    assert f"problem {draft['problem_id']}</span>" in page
    assert f'<a href="/staff/users/{DORA}/">Dora</a>' in page
    assert "A+B" in page
    assert "&lt;i&gt;A&lt;/i&gt;" in page
    assert "<details" in page


def test_values_of_all_kinds_are_words(dora: Client) -> None:
    changes = {
        "is_active": {"old": True, "new": False}, "subscription_plan_id": {"old": None, "new": 2},
        "tags": {"old": [], "new": ["a", "b"]}, "metadata": {"new": {"x": 1}}, "count": 3, "none": 0,
    }  # fmt: skip
    AuditRepository().record_audit(AuditNote(DORA, "something.new"), "thing 7", changes)
    page = " ".join(dora.get(PLACE).text.split())
    for part in (
        "something.new",
        "thing 7",
        "yes",
        "no",
        "none",
        "a, b",
        "&quot;x&quot;: 1",
        "<dd>3 </dd>",
        "<dd>0 </dd>",
    ):
        assert part in page


def test_a_persons_own_data_is_not_shown(dora: Client) -> None:
    UserRepository().update_user(ALICE, {"email": "new@example.org"}, audit=AuditNote(DORA, "user.update"))
    page = dora.get(PLACE).text
    assert "new@example.org" not in page
    assert "alice@example.org" not in page


def test_the_log_comes_in_pages_newest_first(dora: Client) -> None:
    for number in range(27):
        AuditRepository().record_audit(AuditNote(DORA, f"act.{number}"), "thing 1", {})
    first = dora.get(PLACE).text
    assert "act.26" in first
    assert "act.1<" not in first
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = dora.get(following).text
    assert "act.1<" in second
    assert "act.26" not in second
    assert f'href="{PLACE}"' in second
    assert dora.get(f"{PLACE}?cursor=x.y")["Location"] == PLACE


def test_an_empty_log_says_what_it_is_for(dora: Client) -> None:
    assert "Staff changes appear here" in dora.get(PLACE).text


def test_the_overview_has_drafts_the_last_changes_and_both_searches(dora: Client, draft: Problem) -> None:
    AuditRepository().record_audit(AuditNote(DORA, "act"), "thing 1", {})
    page = dora.get("/staff/").text
    for part in (draft["title"], "thing 1", 'name="who"', 'name="number"'):
        assert part in page


def test_names_stand_beside_ids(dora: Client, draft: Problem) -> None:
    audit = AuditRepository()
    audit.record_audit(AuditNote(DORA, "problem.update"), f"problem {draft['problem_id']}", {})
    audit.record_audit(AuditNote(DORA, "user.update"), f"user {ALICE}", {})
    audit.record_audit(AuditNote(ALICE, "plan.update"), f"plan {PRO}", {})
    audit.record_audit(AuditNote(77, "user.update"), "user 78", {})
    page = dora.get(PLACE).text
    assert f'<a href="/staff/problems/{draft["problem_id"]}/">A+B</a>' in page
    assert f'<a href="/staff/users/{ALICE}/">Alice</a> <span class="muted small">user {ALICE}</span>' in page
    assert f'<a href="/staff/plans/{PRO}/">Pro</a>' in page
    assert '<a href="/staff/users/78/">user 78</a>' in page
    assert '<a href="/staff/users/77/">77</a>' in page


@pytest.mark.parametrize(
    ("filters", "acts"),
    [
        ({"by": "alice@example.org"}, ["b"]),
        ({"by": str(DORA)}, ["d", "c", "a"]),
        ({"action": "user.update"}, ["d", "a"]),
        ({"kind": "user"}, ["d", "b", "a"]),
        ({"kind": "user", "number": "1"}, ["a"]),
        ({"by": str(DORA), "kind": "user", "action": "user.update", "number": "007"}, ["d"]),
        ({"month": "2020-01"}, []),
        ({"kind": "nothing", "month": "x", "number": "y"}, ["d", "c", "b", "a"]),
        ({"by": "nobody@example.org"}, None),
    ],
)
def test_filters_leave_what_matches(dora: Client, filters: dict[str, str], acts: list[str] | None) -> None:
    for staff_id, action, target, act in (
        (DORA, "user.update", "user 1", "a"), (ALICE, "user.other", "user 2", "b"),
        (DORA, "problem.update", "problem 1", "c"), (DORA, "user.update", "user 7", "d"),
    ):  # fmt: skip
        AuditRepository().record_audit(AuditNote(staff_id, action), target, {"act": {"new": f"act-{act}"}})
    page = dora.get(PLACE, filters).text
    assert re.findall(r"act-(\w)", page) == (acts or [])
    assert ("No user has this email address or ID." in page) == (acts is None)
    assert ("No matching changes" in page) == (not acts)


def test_a_month_is_chosen_from_those_that_have_entries(dora: Client) -> None:
    AuditRepository().record_audit(AuditNote(DORA, "act"), "thing 1", {})
    (month,) = AuditRepository().list_months()
    assert f"<option selected>{month}</option>" in dora.get(PLACE, {"month": month}).text


def test_a_search_without_a_match_goes_on_from_page_to_page(
    dora: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_repository, "MAX_EXAMINED", 4)
    monkeypatch.setattr(audit_repository, "_FILTERED_READ", 3)
    AuditRepository().record_audit(AuditNote(ALICE, "first"), "thing 1", {})
    for _ in range(8):
        AuditRepository().record_audit(AuditNote(DORA, "act"), "thing 1", {})
    address, pages = f"{PLACE}?by={ALICE}", []
    while address:
        pages.append(dora.get(address).text)
        links = re.findall(r'rel="next" href="([^"]*)"', pages[-1])
        address = links[0].replace("&amp;", "&") if links else ""
    assert ["Search further" in page for page in pages] == [True, True, False]
    assert [">first</span>" in page for page in pages] == [False, False, True]

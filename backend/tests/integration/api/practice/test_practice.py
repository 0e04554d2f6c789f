"""Bookmarks, reviews, notes and the time zone below /api/me/."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.repositories import practice_repository
from tests.integration.api.conftest import ALICE, BOB, CHARLIE, bearer
from tests.integration.api.factories import a_problem, a_run, fault_of, fields_of, get

BOOKMARKS, NOTES, REVIEWS = "/api/me/bookmarks/", "/api/me/notes/", "/api/me/reviews/"
ZONE = "/api/me/time-zone/"
PASSED = {"passed_count": 2, "failed_count": 0, "total_count": 2}


def put(site: Client, address: str, document: Any = None, *, by: int | None = ALICE, **headers: str) -> Any:
    who = {} if by is None else bearer(by)
    return site.put(address, document or {}, content_type="application/json", headers={**who, **headers})


def delete(site: Client, address: str, *, by: int = ALICE, **headers: str) -> Any:
    return site.delete(address, headers={**bearer(by), **headers})


def test_bookmarks_are_added_and_removed(site: Client) -> None:
    for number in (100, 101):
        a_problem(number)
        assert put(site, f"{BOOKMARKS}{number}/").status_code == 204
    assert get(site, BOOKMARKS).json() == {"problem_ids": [101, 100]}
    found = get(site, "/api/problems/search/?status=bookmarked")
    assert found.status_code == 200
    assert delete(site, f"{BOOKMARKS}101/").status_code == 204
    assert get(site, BOOKMARKS).json() == {"problem_ids": [100]}
    assert get(site, BOOKMARKS, by=BOB).json() == {"problem_ids": []}


def test_a_problem_that_a_reader_may_not_see_cannot_be_bookmarked(site: Client) -> None:
    a_problem(100, is_completed=False)
    for number in (100, 404):
        assert fault_of(put(site, f"{BOOKMARKS}{number}/")) == (404, "not-found")
        assert fault_of(put(site, f"{NOTES}{number}/", {"text": "x"})) == (404, "not-found")


def test_there_is_an_end_to_bookmarks(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(practice_repository, "MAX_BOOKMARKS", 1)
    for number in (100, 101):
        a_problem(number)
    put(site, f"{BOOKMARKS}100/")
    assert fault_of(put(site, f"{BOOKMARKS}101/")) == (409, "conflict")


def test_only_bookmarked_problems_are_found_by_that_status(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repositories().problems._catalogue._loading, "start_thread", lambda load: load())
    monkeypatch.setattr(repositories().problems._catalogue, "_most", 1_000)
    for number in (100, 101):
        a_problem(number)
    put(site, f"{BOOKMARKS}101/")
    found = get(site, "/api/problems/search/?status=bookmarked").json()
    assert ([problem["problem_id"] for problem in found["items"]], found["total"]) == ([101], 1)
    response = get(site, "/api/problems/search/?status=bookmarked", by=None)
    assert fault_of(response) == (401, "unauthenticated")


def test_a_note_is_written_read_changed_and_removed(site: Client) -> None:
    a_problem(100)
    written = put(site, f"{NOTES}100/", {"text": "두 포인터\r\nO(n)\r\n"})
    assert written.status_code == 200
    note = written.json()
    assert (note["text"], note["version"]) == ("두 포인터\nO(n)", 1)
    assert get(site, f"{NOTES}100/").json() == note
    assert get(site, NOTES).json() == {"items": [note], "next": None}
    changed = put(site, f"{NOTES}100/", {"text": "b"}, **{"If-Match": written["ETag"]})
    assert changed.json()["version"] == 2
    stale = {"If-Match": written["ETag"]}
    assert fault_of(put(site, f"{NOTES}100/", {"text": "c"}, **stale)) == (412, "precondition-failed")
    assert fault_of(delete(site, f"{NOTES}100/", **stale)) == (412, "precondition-failed")
    assert delete(site, f"{NOTES}100/").status_code == 204
    assert fault_of(get(site, f"{NOTES}100/")) == (404, "not-found")


def test_a_note_is_nobody_elses(site: Client) -> None:
    a_problem(100)
    put(site, f"{NOTES}100/", {"text": "mine"})
    assert fault_of(get(site, f"{NOTES}100/", by=CHARLIE)) == (404, "not-found")
    assert get(site, NOTES, by=CHARLIE).json()["items"] == []
    assert delete(site, f"{NOTES}100/", by=CHARLIE).status_code == 204
    assert get(site, f"{NOTES}100/").json()["text"] == "mine"


@pytest.mark.parametrize("text", ["", " \n", "x" * 4001, "a\0b", 7, None])
def test_a_note_has_to_be_a_text_of_some_length(site: Client, text: Any) -> None:
    a_problem(100)
    response = put(site, f"{NOTES}100/", {"text": text})
    assert (response.status_code, fields_of(response)) == (422, ["body.text"])


def test_a_review_that_is_due_is_marked_once(site: Client) -> None:
    a_run(created_at=utc_now() - timedelta(days=4), **PASSED)
    assert get(site, "/api/me/home/").json()["reviews_due"] == 1
    for _ in range(2):
        assert put(site, f"{REVIEWS}100/").status_code == 204
    home = get(site, "/api/me/home/").json()
    assert (home["reviews_due"], home["next_review"] is not None) == (0, True)


def test_a_problem_that_is_not_due_has_no_review_to_mark(site: Client) -> None:
    a_run(problem_id=101, **PASSED)
    a_run(problem_id=102)
    for number in (101, 102, 404):
        assert fault_of(put(site, f"{REVIEWS}{number}/")) == (404, "not-found")


def test_the_time_zone_is_the_products_until_one_is_chosen(site: Client) -> None:
    assert get(site, ZONE).json() == {"time_zone": "Asia/Seoul", "chosen": None}
    chosen = {"time_zone": "Europe/Berlin", "chosen": "Europe/Berlin"}
    assert put(site, ZONE, {"time_zone": "Europe/Berlin"}).json() == chosen
    assert get(site, ZONE).json() == chosen
    for name in ("Mars/Olympus", "", "../../etc/passwd", "posix/Europe/Berlin"):
        assert fields_of(put(site, ZONE, {"time_zone": name})) == ["body.time_zone"]
    assert put(site, ZONE, {"time_zone": None}).json()["chosen"] is None


def test_a_closed_account_keeps_nothing_new(site: Client) -> None:
    a_problem(100)
    repositories().users.update_user(ALICE, {"is_active": False})
    for address, document in (
        (f"{BOOKMARKS}100/", {}), (f"{NOTES}100/", {"text": "x"}), (ZONE, {"time_zone": "UTC"}),
    ):  # fmt: skip
        assert fault_of(put(site, address, document)) == (401, "unauthenticated")


def test_all_of_it_is_for_who_is_signed_in(site: Client) -> None:
    for address in (BOOKMARKS, NOTES, f"{NOTES}100/", ZONE):
        assert fault_of(get(site, address, by=None)) == (401, "unauthenticated")
    for address in (f"{BOOKMARKS}100/", f"{REVIEWS}100/", f"{NOTES}100/", ZONE):
        assert fault_of(put(site, address, {}, by=None)) == (401, "unauthenticated")

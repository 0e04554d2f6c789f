"""/api/history/{id}/: a run of mine or a public one; sharing it, removing it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import ALICE, BOB, CHARLIE, bearer
from tests.integration.api.factories import a_run, fault_of, get

PRIVATE, PUBLIC = "/api/history/1/", "/api/history/2/"
STEP = {"level": 0, "step": "nudge", "text": "a paid secret", "opened_at": None}


@pytest.fixture(autouse=True)
def _runs(cast: object) -> None:
    a_run(history_id=1, code="my secret code", hints=[STEP])
    a_run(history_id=2, is_code_public=True, hints=[STEP], test_results=[{"test_case_id": 1, "status": "AC"}])


def patch(site: Client, address: str, document: Any, by: int | None = ALICE, **headers: str) -> Any:
    who = {} if by is None else bearer(by)
    return site.patch(address, document, content_type="application/json", headers={**who, **headers})


def delete(site: Client, address: str, by: int | None = ALICE) -> Any:
    return site.delete(address, headers={} if by is None else bearer(by))


def test_mine_is_whole(site: Client) -> None:
    run = get(site, PRIVATE).json()
    assert (run["code"], run["is_mine"], run["hints"]) == ("my secret code", True, [STEP])
    assert run["author"] == {
        "name": "Alice",
        "picture": "https://lh3.googleusercontent.com/a/1",
        "profile": None,
    }


@pytest.mark.parametrize("who", [CHARLIE, BOB, None])
def test_a_private_one_does_not_exist_for_others(site: Client, who: int | None) -> None:
    absent = get(site, "/api/history/999/", by=who)
    response = get(site, PRIVATE, by=who)
    assert fault_of(response) == fault_of(absent) == (404, "not-found")
    assert response.json()["detail"] == absent.json()["detail"]


@pytest.mark.parametrize("who", [BOB, CHARLIE, None])
def test_a_public_one_shows_name_and_picture_of_its_author_and_no_more(site: Client, who: int | None) -> None:
    response = get(site, PUBLIC, by=who)
    run = response.json()
    assert run["author"] == {
        "name": "Alice",
        "picture": "https://lh3.googleusercontent.com/a/1",
        "profile": None,
    }
    assert (run["is_mine"], run["hints"]) == (False, None)
    text = response.content.decode()
    for secret in ("a paid secret", "user_id", "alice@example.org", "g-1"):
        assert secret not in text


def test_the_author_of_a_closed_account_is_nobody(site: Client) -> None:
    repositories().users.deactivate_user(ALICE)
    assert get(site, PUBLIC, by=BOB).json()["author"] is None


def test_its_etag_tells_its_readers_apart(site: Client) -> None:
    mine, theirs = get(site, PUBLIC)["ETag"], get(site, PUBLIC, by=BOB)["ETag"]
    assert mine != theirs
    assert get(site, PUBLIC, by=BOB, **{"If-None-Match": theirs}).status_code == 304
    assert get(site, PUBLIC, by=BOB, **{"If-None-Match": mine}).status_code == 200
    repositories().users.update_user(ALICE, {"name": "Alicia"})
    assert get(site, PUBLIC, by=BOB, **{"If-None-Match": theirs}).json()["author"]["name"] == "Alicia"


def test_i_share_it_and_hide_it_again(site: Client) -> None:
    assert patch(site, PRIVATE, {"is_code_public": True}).json()["is_code_public"] is True
    assert get(site, PRIVATE, by=CHARLIE).status_code == 200
    hidden = patch(site, PRIVATE, {"is_code_public": False})
    assert hidden.status_code == 200
    listed = {run["history_id"]: run for run in get(site, "/api/history/").json()["items"]}
    assert hidden.json() == {**listed[hidden.json()["history_id"]], "version": 3}
    assert get(site, PRIVATE, by=CHARLIE).status_code == 404


def test_i_change_the_version_that_i_read(site: Client) -> None:
    etag = get(site, PRIVATE)["ETag"]
    done = patch(site, PRIVATE, {"is_code_public": True}, **{"If-Match": etag})
    assert done.status_code == 200
    late = patch(site, PRIVATE, {"is_code_public": False}, **{"If-Match": etag})
    assert fault_of(late) == (412, "precondition-failed")
    again = patch(site, PRIVATE, {"is_code_public": False}, **{"If-Match": done["ETag"]})
    assert again.status_code == 200


@pytest.mark.parametrize("who", [CHARLIE, BOB])
@pytest.mark.parametrize("address", [PRIVATE, PUBLIC])
def test_nobody_else_shares_or_removes_it(site: Client, address: str, who: int) -> None:
    assert fault_of(patch(site, address, {"is_code_public": True}, by=who)) == (404, "not-found")
    assert fault_of(delete(site, address, by=who)) == (404, "not-found")
    assert get(site, address).status_code == 200


def test_nobody_changes_anything_without_signing_in(site: Client) -> None:
    assert fault_of(patch(site, PUBLIC, {"is_code_public": False}, by=None)) == (401, "unauthenticated")
    assert fault_of(delete(site, PUBLIC, by=None)) == (401, "unauthenticated")


def test_i_remove_it_for_good(site: Client) -> None:
    assert delete(site, PUBLIC).status_code == 204
    assert get(site, PUBLIC).status_code == 404
    assert get(site, "/api/history/public/", by=None).json()["items"] == []
    assert fault_of(delete(site, PUBLIC)) == (404, "not-found")


@pytest.mark.parametrize(
    "document", [{}, {"is_code_public": "perhaps"}, {"is_code_public": True, "code": "x"}]
)
def test_nothing_but_its_visibility_can_be_changed(site: Client, document: Any) -> None:
    assert fault_of(patch(site, PRIVATE, document)) == (422, "invalid")

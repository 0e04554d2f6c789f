"""The account's pages: one's own profile, use, sessions, data, and the way out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from api.accounts.sign_in import list_sessions, open_session
from api.composition import repositories
from api.dynamodb.schema.records import User
from api.me.deletion_worker import deletion_worker
from tests.integration.api.conftest import ALICE, BOB, FREE
from tests.integration.api.factories import a_problem, a_run
from tests.integration.web.browsers import Visit, followed, is_sent_to_sign_in, streamed, text_of


def user() -> User:
    found = repositories().users.get_user(ALICE, consistent=True)
    assert found is not None
    return found


def test_it_shows_profile_plan_use_and_sessions(alice: Client) -> None:
    text = text_of(alice.get("/account/"))
    assert "alice@example.org" in text
    assert 'value="Alice"' in text
    assert "5 of 5 hints left today" in text
    assert "50 of 50 runs left today" in text
    assert text.count("00:00</time> Asia/Seoul") == 2
    assert "Firefox, Linux" in text
    assert "This device" in text
    assert f'action="{reverse("sign-out-everywhere")}"' in text


def test_a_plan_has_its_name_and_its_limits(visit: Visit) -> None:
    text = text_of(visit(BOB).get("/account/"))
    assert "Pro" in text
    assert "1000 of 1000 runs left today" in text


def test_a_plan_without_hints_has_no_meter_for_them(alice: Client) -> None:
    repositories().plans.update_plan(FREE, {"max_hints_per_day": 0})
    repositories().users.update_user(ALICE, {"subscription_plan_id": FREE})
    text = text_of(alice.get("/account/"))
    assert "Your plan doesn't include hints." in text
    assert text.count("<meter") == 1


def test_the_name_is_changed(alice: Client) -> None:
    text = followed(alice, alice.post("/account/", {"name": "  Alice   <b>Kim</b> "})).content.decode()
    assert "Name saved." in text
    assert 'value="Alice &lt;b&gt;Kim&lt;/b&gt;"' in text
    assert user()["name"] == "Alice <b>Kim</b>"


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b", "\u3164", "a\u202eb"])
def test_a_name_that_cannot_be_used_is_shown_again_with_the_reason(alice: Client, name: str) -> None:
    text = text_of(alice.post("/account/", {"name": name}), 422)
    assert 'aria-invalid="true"' in text
    assert 'id="name-error"' in text
    assert user()["name"] == "Alice"


def test_another_device_is_signed_out(alice: Client, visit: Visit) -> None:
    other = visit(ALICE)
    session = max(list_sessions(ALICE), key=lambda one: one["session_id"])
    text = followed(alice, alice.post(f"/account/sessions/{session['session_id']}/end/")).content.decode()
    assert "Device signed out." in text
    assert is_sent_to_sign_in(other.get("/account/"))
    assert alice.get("/account/").status_code == 200


def test_signing_out_this_device_leads_out(alice: Client) -> None:
    (session,) = list_sessions(ALICE)
    answer = alice.post(f"/account/sessions/{session['session_id']}/end/")
    assert answer["Location"] == "/"
    assert "Signed out." in followed(alice, answer).content.decode()
    assert is_sent_to_sign_in(alice.get("/account/"))


def test_nobody_ends_sessions_of_another(cast: dict[int, User], charlie: Client) -> None:
    session = open_session(cast[ALICE], "web", None).session
    assert charlie.post(f"/account/sessions/{session['session_id']}/end/").status_code == 404
    assert len(list_sessions(ALICE)) == 1


def test_everything_is_downloaded_as_lines_of_json(alice: Client) -> None:
    a_run(code="print('한')")
    answer = alice.get("/account/export/")
    assert answer["Content-Disposition"].startswith('attachment; filename="algoitny-')
    lines = [json.loads(line) for line in streamed(answer).splitlines()]
    assert lines[0]["email"] == "alice@example.org"
    assert [line["code"] for line in lines if line["type"] == "run"] == ["print('한')"]
    assert lines[-1] == {"type": "end", "lines": len(lines) - 1}


def test_the_export_has_nothing_of_anybody_else(charlie: Client, cast: Any) -> None:
    a_run(code="print('secret')", is_code_public=True)
    assert b"secret" not in streamed(charlie.get("/account/export/"))


def test_deleting_says_what_goes_and_what_stays(alice: Client) -> None:
    text = text_of(alice.get("/account/delete/"))
    assert "Type alice@example.org or DELETE to confirm" in text
    assert "stays on the timeline without your name" in text


@pytest.mark.parametrize("typed", ["", "delete", "bob@example.org", "yes"])
def test_nothing_is_deleted_by_mistake(alice: Client, typed: str) -> None:
    text = text_of(alice.post("/account/delete/", {"confirm": typed}), 422)
    assert 'id="confirm-error"' in text
    assert user()["is_active"]


@pytest.mark.parametrize("typed", ["DELETE", " Alice@Example.org "])
def test_a_deleted_account_is_signed_out_and_its_public_runs_are_nobodys(alice: Client, typed: str) -> None:
    a_problem()
    public, private = a_run(is_code_public=True), a_run()
    answer = alice.post("/account/delete/", {"confirm": typed})
    try:
        assert answer["Location"] == "/"
        assert "Your account has been deleted." in followed(alice, answer).content.decode()
        assert is_sent_to_sign_in(alice.get("/account/"))
        text = text_of(Client().get(f"/runs/{public['history_id']}/"))
        assert "Inactive account" in text
        assert "Alice" not in text
        assert Client().get(f"/runs/{private['history_id']}/").status_code == 404
    finally:
        assert deletion_worker.wait(30)


@pytest.mark.parametrize("place", ["", "export/", "delete/", "sessions/1/end/"])
def test_nobody_known_is_asked_to_sign_in(cast: Any, place: str) -> None:
    if place != "sessions/1/end/":
        assert is_sent_to_sign_in(Client().get(f"/account/{place}"))
    if place != "export/":
        assert is_sent_to_sign_in(Client().post(f"/account/{place}", {"confirm": "DELETE"}))

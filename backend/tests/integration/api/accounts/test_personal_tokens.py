"""Personal access tokens: what they reach, what they do not, and how they end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.accounts.personal_tokens import MAX_TOKENS, PREFIX, create_token
from api.composition import repositories
from api.dynamodb.clock import frozen, utc_now
from api.dynamodb.metering import meter
from api.dynamodb.schema.records import User
from tests.integration.api.conftest import ALICE, CHARLIE, DORA, bearer
from tests.integration.api.factories import a_problem, fault_of, fields_of, get, post

PLACE = "/api/me/tokens/"
RUN = {"problem_id": 100, "language": "python", "code": "print(1)", "results": []}


def made(site: Client, *scopes: str, by: int = ALICE, days: int = 30) -> dict[str, Any]:
    answer = post(site, PLACE, {"name": "script", "scopes": list(scopes), "days": days}, by=by)
    assert answer.status_code == 201, answer.content
    document: dict[str, Any] = answer.json()
    return document


def with_token(token: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {token['token']}"}


def test_it_is_shown_once_and_listed_without_its_secret(site: Client, cast: dict[int, User]) -> None:
    token = made(site, "write", "read")
    assert token["token"].startswith(f"{PREFIX}{ALICE}.{token['token_id']}.")
    assert token["scopes"] == ["read", "write"]
    answer = get(site, PLACE)
    assert answer["Cache-Control"] == "no-store"
    assert [item["token_id"] for item in answer.json()["items"]] == [token["token_id"]]
    assert token["token"].rpartition(".")[2] not in answer.content.decode()
    assert get(site, PLACE, by=CHARLIE).json() == {"items": []}


def test_it_is_no_device(site: Client, cast: dict[int, User]) -> None:
    made(site, "read")
    assert get(site, "/api/auth/sessions/").json()["items"] == []


def test_reading_needs_its_scope_and_one_round_trip(site: Client, cast: dict[int, User]) -> None:
    reader = with_token(made(site, "read"))
    with meter.recording() as recording:
        assert site.get("/api/history/", headers=reader).status_code == 200
    assert [call.operation for call in recording.calls] == ["BatchGetItem", "Query"]
    assert site.head("/api/history/", headers=reader).status_code == 200
    writer = with_token(made(site, "write"))
    answer = site.get("/api/history/", headers=writer)
    assert fault_of(answer) == (403, "forbidden")
    assert answer["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="read"'


def test_recording_a_run_needs_the_scope_to_write(site: Client, cast: dict[int, User]) -> None:
    a_problem()
    for scopes, status in ((["read"], 403), (["write"], 201)):
        answer = site.post(
            "/api/history/", RUN, content_type="application/json", headers=with_token(made(site, *scopes))
        )
        assert answer.status_code == status, answer.content
    assert [run["user_id"] for run in repositories().history.list_user_history(ALICE)] == [ALICE]


def test_only_staff_get_the_scope_of_staff_and_it_ends_with_the_right(
    site: Client, cast: dict[int, User]
) -> None:
    answer = post(site, PLACE, {"name": "x", "scopes": ["staff"], "days": 1})
    assert fault_of(answer) == (403, "forbidden")
    token, reader = made(site, "staff", by=DORA), made(site, "read", by=DORA)
    assert site.get("/api/staff/users/", headers=with_token(token)).status_code == 200
    assert fault_of(site.get("/api/staff/users/", headers=with_token(reader))) == (403, "forbidden")
    repositories().users.update_user(DORA, {"is_staff": False})
    assert fault_of(site.get("/api/staff/users/", headers=with_token(token))) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", PLACE, 403), ("post", PLACE, 403), ("delete", f"{PLACE}5/", 403),
        ("get", "/api/auth/sessions/", 403), ("delete", "/api/auth/sessions/5/", 403),
        ("post", "/api/auth/logout-everywhere/", 403),
        ("get", "/api/me/export/", 401), ("delete", "/api/me/", 401),
    ],
)  # fmt: skip
def test_the_account_itself_is_out_of_reach(
    site: Client, cast: dict[int, User], method: str, path: str, status: int
) -> None:
    body = {"confirm": "DELETE"} if path == "/api/me/" else {"name": "x", "scopes": ["read"], "days": 1}
    answer = getattr(site, method)(
        path, body if method != "get" else None, content_type="application/json",
        headers=with_token(made(site, "read", "write", by=DORA)),
    )  # fmt: skip
    assert answer.status_code == status, answer.content
    assert repositories().users.get_user(DORA, consistent=True)["is_active"]  # type: ignore[index]


def test_it_ends_when_it_is_revoked_expires_or_the_account_signs_out_everywhere(
    site: Client, cast: dict[int, User]
) -> None:
    revoked, short, kept = made(site, "read"), made(site, "read", days=1), made(site, "read", days=365)
    assert site.delete(f"{PLACE}{revoked['token_id']}/", headers=bearer(CHARLIE)).status_code == 404
    assert site.get("/api/me/", headers=with_token(revoked)).status_code == 200
    assert site.delete(f"{PLACE}{revoked['token_id']}/", headers=bearer(ALICE)).status_code == 204
    with frozen(utc_now() + timedelta(days=2)):
        for token in (revoked, short):
            answer = site.get("/api/me/", headers=with_token(token))
            assert fault_of(answer) == (401, "unauthenticated")
            assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert site.get("/api/me/", headers=with_token(kept)).status_code == 200
    post(site, "/api/auth/logout-everywhere/", {})
    assert site.get("/api/me/", headers=with_token(kept)).status_code == 401


def test_its_use_is_noted_once_a_day_and_does_not_prolong_it(site: Client, cast: dict[int, User]) -> None:
    token = made(site, "read")
    with frozen(utc_now() + timedelta(days=3)):
        for _ in range(2):
            site.get("/api/me/", headers=with_token(token))
        later = get(site, PLACE).json()["items"][0]
    assert later["used_at"] > token["used_at"]
    assert later["expires_at"] == token["expires_at"]


def test_a_closed_account_has_no_token(site: Client, cast: dict[int, User]) -> None:
    token = made(site, "read")
    repositories().users.update_user(ALICE, {"is_active": False})
    assert site.get("/api/me/", headers=with_token(token)).status_code == 401


@pytest.mark.parametrize("text", [PREFIX, f"{PREFIX}1.2.x", f"{PREFIX}1.2.{'a' * 59}", PREFIX + "9" * 500])
def test_a_forged_one_is_refused_without_a_call(site: Client, cast: dict[int, User], text: str) -> None:
    with meter.recording() as recording:
        answer = site.get("/api/history/", headers={"Authorization": f"Bearer {text}"})
    assert fault_of(answer) == (401, "unauthenticated")
    assert recording.calls == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "body.name"), ({"name": "x" * 61}, "body.name"), ({"scopes": []}, "body.scopes"),
        ({"scopes": ["all"]}, "body.scopes.0"), ({"days": 0}, "body.days"), ({"days": 366}, "body.days"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    site: Client, cast: dict[int, User], change: dict[str, Any], field: str
) -> None:
    answer = post(site, PLACE, {"name": "x", "scopes": ["read"], "days": 1, **change})
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), [field])


def test_there_are_at_most_twenty(site: Client, cast: dict[int, User]) -> None:
    for number in range(MAX_TOKENS):
        create_token(cast[ALICE], f"script {number}", ["read"], 1)
    assert fault_of(post(site, PLACE, {"name": "x", "scopes": ["read"], "days": 1})) == (409, "conflict")

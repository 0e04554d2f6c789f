"""Who asks: the access token in `Authorization`, and what a refusal says about it (RFC 6750)."""

from __future__ import annotations

import pytest
from django.test import Client

from api.accounts.identity import active_user, staff_user
from api.accounts.tokens import make_access_token, read_access_token
from api.composition import repositories
from api.dynamodb.metering import meter
from api.dynamodb.schema.records import User
from api.http.errors import ApiError
from api.http.problem_types import FORBIDDEN, UNAUTHENTICATED, ProblemType
from tests.integration.api.conftest import ALICE, DORA, bearer
from tests.integration.api.factories import fault_of

NEEDED, OPTIONAL = "/api/auth/sessions/", "/api/problems/"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_is_taken(site: Client, cast: dict[int, User], scheme: str) -> None:
    token = make_access_token(cast[ALICE], 1)
    assert site.get(NEEDED, headers={"Authorization": f"{scheme} {token}"}).status_code == 200


def test_without_a_token_it_says_how_to_sign_in(site: Client) -> None:
    answer = site.get(NEEDED)
    assert fault_of(answer) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("address", [NEEDED, OPTIONAL])
@pytest.mark.parametrize("token", ["x", "a.b.c", ""])
def test_a_token_that_does_not_hold_is_refused_also_where_none_is_needed(
    site: Client, address: str, token: str
) -> None:
    answer = site.get(address, headers={"Authorization": f"Bearer {token}"})
    assert fault_of(answer) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("address", [NEEDED, OPTIONAL])
def test_another_scheme_is_refused(site: Client, address: str) -> None:
    answer = site.get(address, headers={"Authorization": "Basic YWxpY2U6eA=="})
    assert fault_of(answer) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_nobody_may_ask_where_everyone_may(site: Client) -> None:
    assert site.get(OPTIONAL).status_code == 200


def test_asking_who_asks_makes_no_call(site: Client) -> None:
    with meter.recording() as recording:
        site.get(NEEDED)
    assert recording.calls == []


def test_an_active_user_is_read_for_what_writes(site: Client) -> None:
    who = read_access_token(bearer(ALICE)["Authorization"][7:])
    assert active_user(who)["name"] == "Alice"
    repositories().users.deactivate_user(ALICE)
    assert _kind(lambda: active_user(who)) is UNAUTHENTICATED
    repositories().users.delete_user(ALICE)
    assert _kind(lambda: active_user(who)) is UNAUTHENTICATED


def test_staff_is_who_is_staff_now_whatever_the_token_says(site: Client) -> None:
    dora = read_access_token(bearer(DORA)["Authorization"][7:])
    assert staff_user(dora)["name"] == "Dora"
    pretender = read_access_token(bearer(ALICE, is_staff=True)["Authorization"][7:])
    assert pretender.is_staff
    assert _kind(lambda: staff_user(pretender)) is FORBIDDEN
    repositories().users.update_user(DORA, {"is_staff": False})
    assert _kind(lambda: staff_user(dora)) is FORBIDDEN
    repositories().users.update_user(DORA, {"is_staff": True, "is_active": False})
    assert _kind(lambda: staff_user(dora)) is UNAUTHENTICATED


def _kind(call: object) -> ProblemType:
    assert callable(call)
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.problem


def test_the_document_says_who_may_ask(site: Client) -> None:
    document = site.get("/api/openapi.json").json()
    assert document["components"]["securitySchemes"]["Bearer"] == {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT"
    }  # fmt: skip
    paths = document["paths"]
    assert paths[NEEDED]["get"]["security"] == [{"SessionBearer": []}]
    assert {} in paths[OPTIONAL]["get"]["security"]
    assert "security" not in paths["/api/auth/google/"]["post"]

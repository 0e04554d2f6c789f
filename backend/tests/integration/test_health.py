"""The health endpoints: live whenever the process answers, ready when the table and both indexes are."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.table_schema import create_table
from api.dynamodb.transport import factory
from engines.processes import free_port
from tests.support.engines import Engine


@pytest.fixture
def web() -> Client:
    return Client()


def test_it_lives_without_a_table(web: Client) -> None:
    response = web.get("/api/health/")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"
    assert (response["X-Content-Type-Options"], response["X-Frame-Options"]) == ("nosniff", "DENY")


@pytest.mark.parametrize("address", ["/api/health/", "/api/health/ready/", "/api/health/version/"])
def test_it_may_only_be_read(web: Client, address: str) -> None:
    assert web.post(address).status_code == 405


def test_it_is_ready_when_the_table_and_both_indexes_are_active(web: Client, use_engine: Engine) -> None:
    create_table(DynamoDBClient.get_client(patient=True))
    response = web.get("/api/health/ready/")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response.json() == {
        "status": "ready",
        "table": "ACTIVE",
        "indexes": {"GSI1": "ACTIVE", "GSI2": "ACTIVE"},
    }


def test_without_the_table_it_says_what_to_do(web: Client, use_engine: Engine) -> None:
    response = web.get("/api/health/ready/")
    assert response.status_code == 503
    document = response.json()
    assert (document["status"], document["table"]) == ("not ready", "MISSING")
    assert "make dynamodb-init" in document["hint"]


def test_an_index_that_is_missing_is_named(web: Client, use_engine: Engine, table_name: str) -> None:
    create_table(DynamoDBClient.get_client(patient=True))
    use_engine.client().update_table(
        TableName=table_name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "GSI2"}}]
    )
    response: Any = web.get("/api/health/ready/")
    assert response.status_code == 503
    assert response.json()["indexes"]["GSI1"] == "ACTIVE"
    assert response.json()["indexes"]["GSI2"] != "ACTIVE"
    assert response.json()["hint"]


def test_without_an_engine_it_says_so_quickly(web: Client, use_settings: Callable[..., None]) -> None:
    use_settings(LOCALSTACK_URL=f"http://127.0.0.1:{free_port()}")
    started = time.monotonic()
    response = web.get("/api/health/ready/")
    assert time.monotonic() - started < 3
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable", "error": "data_unavailable", "hint": "the service's log says why",
    }  # fmt: skip


HEALTH = ["/api/health/", "/api/health/ready/", "/api/health/version/"]
BY_ADDRESS = ["10.0.3.17:8000", "127.0.0.1:8000", "[2001:db8::5]:8000", "ip-10-0-3-17", "not a name"]


@pytest.mark.parametrize("host", BY_ADDRESS)
def test_a_load_balancer_asks_by_address_whatever_names_the_service_has(
    web: Client, settings: LazySettings, use_engine: Engine, host: str
) -> None:
    create_table(DynamoDBClient.get_client(patient=True))
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["algoitny.example"]
    settings.SECURE_SSL_REDIRECT = True
    for address in HEALTH:
        assert web.get(address, headers={"Host": host}).status_code == 200
    redirect = web.get("/api/health/ready", headers={"Host": host})
    assert (redirect.status_code, redirect["Location"]) == (301, "/api/health/ready/")


@pytest.mark.parametrize("address", ["/api/problems/", "/", "/api/healthy/", "/sign-in/", "/nothing/"])
def test_everything_else_needs_a_name_of_the_service(
    web: Client, settings: LazySettings, address: str
) -> None:
    settings.ALLOWED_HOSTS = ["algoitny.example"]
    settings.SECURE_SSL_REDIRECT = False
    assert web.get(address, headers={"Host": "10.0.3.17:8000"}).status_code == 400


def test_a_name_that_was_accepted_is_refused_once_the_settings_lack_it(
    web: Client, settings: LazySettings
) -> None:
    settings.SECURE_SSL_REDIRECT = False
    for hosts, status in ((["one.example"], 404), (["other.example"], 400), (["*"], 404)):
        settings.ALLOWED_HOSTS = hosts
        assert web.get("/api/nothing/", headers={"Host": "one.example:8000"}).status_code == status


def test_words_of_internal_errors_are_for_the_log_alone(
    web: Client, tmp_path: Path, use_settings: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[default]\nregion = us-east-1\ncredential_process = sh -c 'echo vault said s.Token >&2; exit 1'\n"
    )
    use_settings(
        AWS_CONFIG_FILE=str(config), AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="",
        LOCALSTACK_URL=f"http://127.0.0.1:{free_port()}",
    )  # fmt: skip
    factory.clear_cache()
    response = web.get("/api/health/ready/")
    factory.clear_cache()
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable", "error": "not_configured", "hint": "the service's log says why",
    }  # fmt: skip
    assert "the table's state cannot be read" in caplog.text


def test_an_engine_that_never_answers_holds_it_for_a_bounded_time(
    web: Client, use_settings: Callable[..., None]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use_settings(LOCALSTACK_URL=f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        response = web.get("/api/health/ready/")
        assert time.monotonic() - started < 4
        assert response.status_code == 503

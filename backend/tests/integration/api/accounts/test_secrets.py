"""No token and no secret of a sign-in is in a log line, an error, or what the table holds."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import LazySettings
from django.test import Client

from api.accounts.nonces import new_nonce
from api.dynamodb.client import DynamoDBClient
from api.dynamodb.clock import frozen, utc_now
from config.logs import JSONLines
from tests.integration.api.accounts.conftest import RUN_SECRET, send, send_development
from tests.integration.api.conftest import bearer
from tests.support.google import Google

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


class Everything(logging.Handler):
    """All log records of all loggers, as the service writes them, down to debug."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JSONLines())
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += self.format(record) + repr(record.__dict__) + "\n"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Any:
    root, everything = logging.getLogger(), Everything()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    for name in ("django", "algoitny", "google", "urllib3"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    root.addHandler(everything)
    yield everything
    root.removeHandler(everything)


def _refreshed_later(site: Client, token: str) -> Any:
    with frozen(utc_now() + timedelta(minutes=2)):
        return send(site, "refresh", {"refresh_token": token})


def test_no_secret_gets_anywhere(
    own_machine: Client, google: Google, settings: LazySettings, log: Everything, service_table: str
) -> None:
    client: BotoClient = DynamoDBClient.get_client(patient=True)
    nonce = new_nonce()
    id_token = google.token(nonce)
    good = send(own_machine, "google", {"id_token": id_token, "nonce": nonce}).json()
    by_email = send_development(own_machine, "alice@example.org").json()
    renewed = send(own_machine, "refresh", {"refresh_token": good["refresh_token"]}).json()
    answers = [
        send(own_machine, "google", {"id_token": id_token, "nonce": nonce}),
        send(own_machine, "google", {"id_token": google.token(nonce, aud="x"), "nonce": new_nonce()}),
        send(own_machine, "google", {"id_token": id_token + "x" * 9000, "nonce": nonce}),
        send(own_machine, "refresh", {"refresh_token": good["refresh_token"], "extra": 1}),
        send(own_machine, "refresh", {"refresh_token": good["refresh_token"] + "x" * 128}),
        _refreshed_later(own_machine, good["refresh_token"]),
        own_machine.get("/api/auth/sessions/", headers={"Authorization": f"Bearer {good['access_token']}x"}),
        own_machine.get("/api/auth/sessions/", headers=bearer(1)),
        send(own_machine, "logout", {"refresh_token": by_email["refresh_token"]}),
    ]
    assert [answer.status_code for answer in answers] == [422, 401, 422, 422, 422, 401, 401, 200, 204]
    shown = " ".join(answer.content.decode() for answer in answers)
    stored = json.dumps(client.scan(TableName=service_table)["Items"], default=str)
    refresh_tokens = [given["refresh_token"].split(".")[2] for given in (good, by_email, renewed)]
    access_tokens = [given["access_token"].split(".")[2] for given in (good, by_email, renewed)]
    assert "signed in" in log.text
    assert "came twice" in log.text
    for secret in (*refresh_tokens, *access_tokens, id_token.split(".")[2], settings.SECRET_KEY, RUN_SECRET):
        for half in (secret, secret[:20], secret[20:40]):
            assert half not in log.text
            assert half not in shown
            assert half not in stored

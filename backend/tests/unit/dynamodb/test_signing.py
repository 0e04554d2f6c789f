"""Our signatures are botocore's, byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from api.dynamodb.transport.signing import Signer, StaticCredentials

NOW = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)


def botocores(
    monkeypatch: pytest.MonkeyPatch, credentials: Credentials, url: str, headers: dict[str, str], body: bytes
) -> str:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None))
    request = AWSRequest("POST", url, headers=headers, data=body)
    botocore.auth.SigV4Auth(credentials, "dynamodb", "eu-west-3").add_auth(request)
    return str(request.headers["Authorization"])


@pytest.mark.parametrize("token", [None, "a session's token/+="])
@pytest.mark.parametrize("url", ["http://127.0.0.1:4566/", "https://dynamodb.eu-west-3.amazonaws.com/"])
@pytest.mark.parametrize("body", [b"{}", '{"정답":"🙂"}'.encode(), b"x" * 100_000])
def test_it_signs_as_botocore_does(
    monkeypatch: pytest.MonkeyPatch, token: str | None, url: str, body: bytes
) -> None:
    credentials = Credentials("AKIAEXAMPLE", "a/secret+key", token)
    keys = StaticCredentials("AKIAEXAMPLE", "a/secret+key", token)
    signer = Signer(keys, "eu-west-3", url.split("/")[2])
    ours = signer.headers("DynamoDB_20120810.GetItem", body, NOW)
    sent = {name: ours[name] for name in ("Content-Type", "X-Amz-Target")}
    assert ours["Authorization"] == botocores(monkeypatch, credentials, url, sent, body)
    assert ours.get("X-Amz-Security-Token") == token


def test_a_new_day_and_new_credentials_get_a_new_key(monkeypatch: pytest.MonkeyPatch) -> None:
    class Renewed:
        keys = StaticCredentials("A", "one")

        def get_keys(self, deadline: float = 0) -> StaticCredentials:
            return self.keys

    renewed = Renewed()
    signer = Signer(renewed, "eu-west-3", "127.0.0.1:1")
    first = signer.headers("T", b"", NOW)["Authorization"]
    assert signer.headers("T", b"", NOW)["Authorization"] == first
    tomorrow = NOW.replace(day=22)
    assert signer.headers("T", b"", tomorrow)["Authorization"].rsplit("=")[-1] != first.rsplit("=")[-1]
    renewed.keys = StaticCredentials("A", "two")
    assert signer.headers("T", b"", NOW)["Authorization"] != first

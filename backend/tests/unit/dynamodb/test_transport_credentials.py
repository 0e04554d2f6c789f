"""Credentials that are missing or unusable, and the errors for them."""

from __future__ import annotations

import stat
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb.errors import AccessDenied, DataLayerError, OutcomeUnknown
from api.dynamodb.transport import factory
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import RetryPolicy
from api.dynamodb.transport.signing import StaticCredentials
from tests.support.scripted_server import ScriptedServer, answer, hang_up, say

HIDDEN = "hidden-secret"
QUICK = RetryPolicy(10.0, 10.0, 3, 0.0, 0.0)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as made:
        yield made


def transport_to(server: ScriptedServer, credentials: Any) -> Transport:
    return Transport(server.url, "us-east-1", credentials, QUICK)


def test_a_write_in_doubt_stays_so_when_the_credentials_end(server: ScriptedServer) -> None:
    class Ending:
        def __init__(self) -> None:
            self.left = 1

        def get_keys(self, deadline: float = 0) -> StaticCredentials:
            self.left -= 1
            if self.left < 0:
                raise RuntimeError("over")
            return StaticCredentials("k", HIDDEN)

    server.script = [hang_up(), say(answer())]
    expected: type[DataLayerError]
    for operation, expected in (("PutItem", OutcomeUnknown), ("GetItem", AccessDenied)):
        server.script = [hang_up(), say(answer())]
        with pytest.raises(expected) as caught:
            transport_to(server, Ending()).call(operation, {})
        assert caught.value.retries == 1
    assert len(server.received) == 2


@pytest.mark.parametrize(
    "keys", [StaticCredentials("k\r\nX-Evil: 1", HIDDEN), StaticCredentials("k", HIDDEN, "pasted\n")]
)
def test_a_line_break_in_credentials_is_refused(server: ScriptedServer, keys: StaticCredentials) -> None:
    with pytest.raises(AccessDenied, match="line break") as caught:
        transport_to(server, keys).call("GetItem", {})
    assert HIDDEN not in str(caught.value)
    assert "pasted" not in str(caught.value)
    assert server.received == []


@pytest.fixture(params=["lean", "boto3"])
def calls(
    request: pytest.FixtureRequest, use_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., object]]:
    """Makes one call through the configured transport, without keys in the settings."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    def call(**more: str) -> object:
        use_settings(DYNAMODB_TRANSPORT=request.param, **more)
        factory.clear_cache()
        return factory.transport_for().send("GetItem", {"TableName": "abc", "Key": {"PK": {"S": "a"}}})

    yield call
    factory.clear_cache()


def test_without_credentials_aws_is_not_asked(calls: Callable[..., object]) -> None:
    with pytest.raises(AccessDenied, match="no AWS credentials were found: set AWS_ACCESS_KEY_ID"):
        calls()


def test_a_local_engine_gets_placeholders(calls: Callable[..., object], server: ScriptedServer) -> None:
    assert calls(LOCALSTACK_URL=server.url) == ({}, 0)
    assert "Credential=test/" in server.received[0].headers["authorization"]


def program(folder: Path, text: str) -> Path:
    """AWS's configuration file, with a program that is to print credentials."""
    script = folder / "print-credentials"
    script.write_text(f"#!{sys.executable}\n{text}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    file = folder / "config"
    file.write_text(f"[default]\ncredential_process = {script}\n")
    return file


def test_a_program_gives_the_credentials(
    calls: Callable[..., object], server: ScriptedServer, tmp_path: Path
) -> None:
    text = f"""print('{{"Version": 1, "AccessKeyId": "FROMPROGRAM", "SecretAccessKey": "{HIDDEN}"}}')"""
    assert calls(LOCALSTACK_URL=server.url, AWS_CONFIG_FILE=str(program(tmp_path, text))) == ({}, 0)
    assert "Credential=FROMPROGRAM/" in server.received[0].headers["authorization"]


@pytest.mark.parametrize(
    "text",
    [
        "raise SystemExit('the vault is locked')",
        f"""print('{{"Version": 1, "AccessKeyId": "K", "SecretAccessKey": "{HIDDEN}"')""",
        f"""print('{{"Version": 2, "AccessKeyId": "K", "SecretAccessKey": "{HIDDEN}"}}')""",
        f"""print('{{"Version": 1, "SecretAccessKey": "{HIDDEN}"}}')""",
    ],
    ids=["fails", "breaks off", "other version", "no key"],
)
def test_a_program_that_fails_is_told_without_a_secret(
    calls: Callable[..., object], server: ScriptedServer, tmp_path: Path, text: str
) -> None:
    with pytest.raises(AccessDenied, match=r"AWS cannot be used: .*: check the credentials") as caught:
        calls(LOCALSTACK_URL=server.url, AWS_CONFIG_FILE=str(program(tmp_path, text)))
    assert HIDDEN not in "".join(traceback.format_exception(caught.value)).replace(text, "")
    assert server.received == []

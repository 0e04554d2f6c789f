"""Credentials of roles, programs and AWS STS: looked up beside the calls, bounded, and again after a failure."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from api.dynamodb.errors import AccessDenied, Unavailable
from api.dynamodb.transport import credentials as background
from api.dynamodb.transport import factory
from api.dynamodb.transport.boto3_sessions import load_credentials
from api.dynamodb.transport.credentials import LOOKUP_SECONDS, MAX_STUCK, BackgroundCredentials
from api.dynamodb.transport.deadlines import within
from tests.support.metadata_server import MetadataServer
from tests.support.scripted_server import ScriptedServer

SOON = 0.05


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Provider:
    """What boto3 would find: refreshing credentials of an hour, KEY1, KEY2, ..., by a clock of the test's own."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, tzinfo=UTC)
        self.refreshes = 0
        self.failure: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)

    def load(self) -> RefreshableCredentials:
        first = self._refresh()
        return RefreshableCredentials(
            first["access_key"], first["secret_key"], first["token"],
            datetime.fromisoformat(first["expiry_time"]), self._refresh, "test", lambda: self.now,
        )  # fmt: skip

    def _refresh(self) -> dict[str, str]:
        self.entered.release()
        self.gate.wait(120)
        if self.failure is not None:
            raise self.failure
        self.refreshes += 1
        return {
            "access_key": f"KEY{self.refreshes}", "secret_key": "s", "token": "t",
            "expiry_time": (self.now + timedelta(hours=1)).isoformat(),
        }  # fmt: skip


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_TRY_PAUSE", 0.0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.gate.set()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(60_000):
        if condition():
            return
        time.sleep(0.001)
    pytest.fail("it did not happen")


def key_of(credentials: BackgroundCredentials, deadline: float = float("inf")) -> str:
    return credentials.get_keys(deadline).access_key


def test_keys_are_looked_up_once(provider: Provider, clock: Clock) -> None:
    credentials = BackgroundCredentials(provider.load, clock)
    assert [key_of(credentials) for _ in range(3)] == ["KEY1"] * 3
    assert provider.refreshes == 1


def test_a_refresh_before_the_expiry_keeps_no_call_waiting(provider: Provider, clock: Clock) -> None:
    credentials = BackgroundCredentials(provider.load, clock)
    assert key_of(credentials) == "KEY1"
    provider.now += timedelta(minutes=52)
    clock.now += 52 * 60
    provider.gate.clear()
    # Within botocore's last ten minutes as well, in which it makes each caller wait.
    assert [key_of(credentials) for _ in range(3)] == ["KEY1"] * 3
    provider.gate.set()
    wait_for(lambda: key_of(credentials) == "KEY2")
    assert provider.refreshes == 2


def test_without_valid_keys_a_call_waits_no_longer_than_its_deadline(
    provider: Provider, clock: Clock
) -> None:
    credentials = BackgroundCredentials(provider.load, clock)
    provider.gate.clear()
    for _ in range(3):
        with pytest.raises(Unavailable, match="the look-up of AWS credentials takes too long"):
            key_of(credentials, time.monotonic() + SOON)
    provider.gate.set()
    assert key_of(credentials) == "KEY1"
    assert provider.refreshes == 1


@pytest.mark.parametrize(
    "failure",
    [
        CredentialRetrievalError(provider="sso", error_msg="the session has ended"),
        OSError("no such program"),
        RuntimeError("expired"),
        KeyError("AccessKeyId"),
    ],
)
def test_keys_that_cannot_be_refreshed_are_refused_once_they_expired_and_tried_again_later(
    provider: Provider, clock: Clock, failure: Exception
) -> None:
    credentials = BackgroundCredentials(provider.load, clock)
    assert key_of(credentials) == "KEY1"
    provider.failure = failure
    provider.now += timedelta(hours=2)
    clock.now += 7200
    for _ in range(3):
        with pytest.raises(AccessDenied, match=r"AWS cannot be used: .*: check the credentials") as caught:
            key_of(credentials)
        assert caught.value.__cause__ is failure
    provider.failure = None
    with pytest.raises(AccessDenied):
        key_of(credentials)  # the pause after a failure is not over
    clock.now += 1
    assert key_of(credentials) == "KEY2"


def test_no_credentials_are_looked_for_again(clock: Clock) -> None:
    answers: list[Credentials | None] = [None, None, Credentials("LATER", "s")]
    credentials = BackgroundCredentials(lambda: answers.pop(0), clock)
    with pytest.raises(AccessDenied, match="no AWS credentials were found"):
        key_of(credentials)
    clock.now += 1
    assert key_of(credentials) == "LATER"


def test_the_pause_grows_with_each_failure_and_stays_bounded(clock: Clock) -> None:
    lookups: list[float] = []

    def load() -> None:
        lookups.append(clock.now)

    credentials = BackgroundCredentials(load, clock)
    for _ in range(200):
        with pytest.raises(AccessDenied):
            key_of(credentials)
        clock.now += 1
    begins = sorted(set(lookups))
    assert begins[:6] == [0, 1, 3, 7, 15, 31]
    assert {later - earlier for earlier, later in pairwise(begins[6:])} == {30}


def test_a_program_that_hangs_is_left_and_another_started_up_to_a_bound(
    provider: Provider, clock: Clock
) -> None:
    credentials = BackgroundCredentials(provider.load, clock)
    provider.gate.clear()
    before = set(threading.enumerate())
    for _ in range(3 * MAX_STUCK):
        with pytest.raises(Unavailable):
            key_of(credentials, time.monotonic() + SOON)
        clock.now += LOOKUP_SECONDS
    stuck = set(threading.enumerate()) - before
    assert len(stuck) == MAX_STUCK
    provider.gate.set()
    for thread in stuck:
        thread.join(30)
    assert key_of(credentials).startswith("KEY")


def test_a_thread_that_cannot_start_is_an_outage(
    provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    credentials = BackgroundCredentials(provider.load, clock)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(Unavailable, match="can't start new thread"):
            key_of(credentials)
    clock.now += 1
    assert key_of(credentials) == "KEY1"
    provider.now += timedelta(minutes=50)
    clock.now += 3000
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert key_of(credentials) == "KEY1"


def test_a_child_process_does_not_wait_for_its_parents_thread(provider: Provider, clock: Clock) -> None:
    credentials = BackgroundCredentials(provider.load, clock)
    provider.gate.clear()
    with pytest.raises(Unavailable):
        key_of(credentials, time.monotonic() + SOON)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of a fork beside threads
        child = os.fork()
    if child == 0:  # no pytest in here: the child says by its exit status how it went
        status = 1
        try:
            credentials._load = lambda: Credentials("CHILD", "s")
            status = 0 if key_of(credentials) == "CHILD" else 1
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_placeholders_are_for_local_engines_and_never_for_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    local = load_credentials("http://localhost:4566", "us-east-1")
    assert local is not None
    assert local.access_key == "test"
    for endpoint in (
        None, "https://dynamodb.us-east-1.amazonaws.com", "https://x.dynamodb.us-east-1.vpce.amazonaws.com",
        "https://dynamodb.us-east-1.api.aws",
    ):  # fmt: skip
        assert load_credentials(endpoint, "us-east-1") is None


@pytest.fixture(params=["lean", "boto3"])
def send(
    request: pytest.FixtureRequest, use_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], object]]:
    """Makes a call to a server that accepts anything, with credentials that only a role can give."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setattr("api.dynamodb.transport.boto3_sessions.is_aws_endpoint", lambda endpoint_url: True)
    with ScriptedServer() as server:
        use_settings(LOCALSTACK_URL=server.url, DYNAMODB_TRANSPORT=request.param)
        factory.clear_cache()

        def call() -> str:
            with within(60):
                factory.transport_for().send("GetItem", {"TableName": "abc", "Key": {"PK": {"S": "a"}}})
            return server.received[-1].headers["authorization"].split("Credential=")[1].split("/")[0]

        yield call
    factory.clear_cache()


def in_environment(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_a_metadata_endpoint_that_failed_at_first_is_asked_again(
    send: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "_FIRST_FAILURE_PAUSE", 0.0)
    with MetadataServer(failures=2) as metadata:
        in_environment(monkeypatch, metadata.settings())
        with pytest.raises(AccessDenied, match="no AWS credentials were found"):
            send()
        assert send() == "ROLE1"


def test_a_slow_metadata_endpoint_holds_a_page_no_longer_than_its_deadline(
    send: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with MetadataServer() as metadata:
        in_environment(monkeypatch, metadata.settings())
        metadata.gate.clear()
        with within(1), pytest.raises(Unavailable, match="credentials takes too long"):
            send()
        metadata.gate.set()
        assert send() == "ROLE1"
        assert metadata.lookups == 1


def test_a_program_that_hangs_holds_a_page_no_longer_than_its_deadline(
    send: Callable[[], object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate, script, config = tmp_path / "gate", tmp_path / "print-credentials", tmp_path / "config"
    os.mkfifo(gate)
    script.write_text(
        f'#!/bin/sh\nread line < {gate}\necho \'{{"Version": 1, "AccessKeyId": "PROGRAM", "SecretAccessKey": "s"}}\'\n'
    )
    script.chmod(0o700)
    config.write_text(f"[default]\ncredential_process = {script}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with within(1), pytest.raises(Unavailable, match="credentials takes too long"):
        send()
    gate.write_text("go\n")
    assert send() == "PROGRAM"

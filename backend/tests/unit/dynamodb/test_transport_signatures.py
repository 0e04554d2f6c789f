"""Signatures equal botocore's: for generated requests, and for those sent over the wire."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from api.dynamodb.transport.connection import Address
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import RetryPolicy
from api.dynamodb.transport.signing import Signer, StaticCredentials
from tests.support.scripted_server import Received, ScriptedServer, answer, hang_up, refusal, say

VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
credentials = st.builds(
    Credentials,
    st.text(st.characters(min_codepoint=0x30, max_codepoint=0x39) | st.sampled_from("AKIZ"), min_size=1),
    st.text(VISIBLE, min_size=1, max_size=50),
    st.none() | st.text(VISIBLE, min_size=1, max_size=300),
)
hosts = st.one_of(
    st.sampled_from(["127.0.0.1", "localhost", "[::1]", "[fe80::1]", "db.example", "DB.Example"]),
    st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]{2,5}){0,2}", fullmatch=True),
)
endpoints = st.builds(
    lambda scheme, host, port: f"{scheme}://{host}{port}",
    st.sampled_from(["http", "https"]),
    hosts,
    st.sampled_from(["", ":80", ":443", ":4566", ":8000", ":65535"]),
)
regions = st.sampled_from(["us-east-1", "eu-west-3", "ap-northeast-2", "cn-north-1", "us-gov-west-1", "x"])
targets = st.from_regex(r"DynamoDB_20120810\.[A-Z][A-Za-z]{2,20}", fullmatch=True)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def botocores(
    keys: Credentials, region: str, url: str, moment: datetime, body: bytes, headers: dict[str, str]
) -> AWSRequest:
    request = AWSRequest("POST", f"{url}/", headers=headers, data=body)
    with patch("botocore.auth.get_current_datetime", lambda: moment.replace(tzinfo=None)):
        SigV4Auth(keys, "dynamodb", region).add_auth(request)
    return request


class Changing:
    """Credentials that are renewed between two requests."""

    def __init__(self) -> None:
        self.keys = Credentials("", "")

    def get_keys(self, deadline: float = 0) -> Any:
        return self.keys.get_frozen_credentials()


days = st.sampled_from([datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)])


@settings(max_examples=300, deadline=None)
@given(
    regions,
    endpoints,
    targets,
    st.binary(max_size=200),
    st.lists(st.tuples(credentials, moments | days), min_size=1, max_size=4).flatmap(
        lambda found: st.lists(st.sampled_from(found), min_size=1, max_size=8)
    ),
)
def test_generated_requests_are_signed_as_botocore_does(
    region: str, url: str, target: str, body: bytes, sequence: list[tuple[Credentials, datetime]]
) -> None:
    changing = Changing()
    signer = Signer(changing, region, Address.of(url).authority)
    for keys, moment in sequence:  # the derived key of one day or secret must not be used for another
        changing.keys = keys
        ours = signer.headers(target, body, moment)
        bare = {name: ours[name] for name in ("Content-Type", "X-Amz-Target")}
        theirs = botocores(keys, region, url, moment, body, bare).headers
        assert ours["Authorization"] == theirs["Authorization"]
        assert ours["X-Amz-Date"] == theirs["X-Amz-Date"]
        assert ours.get("X-Amz-Security-Token") == theirs.get("X-Amz-Security-Token")


def test_a_derived_key_serves_its_secret_and_its_day_alone() -> None:
    changing = Changing()
    signer = Signer(changing, "us-east-1", "db.example")
    signatures = set()
    for secret in ("one", "two", "one"):
        for day in (20, 21, 20):
            changing.keys = Credentials("K", secret)
            moment = datetime(2026, 11, day, tzinfo=UTC)
            signatures.add((secret, day, signer.headers("T", b"", moment)["Authorization"]))
    assert len(signatures) == len({text for _, _, text in signatures}) == 4


def verify(request: Received, keys: StaticCredentials, region: str, url: str) -> str:
    """The signature of a received request, made by botocore out of nothing but what was received."""
    headers = request.headers
    said = re.fullmatch(
        rf"AWS4-HMAC-SHA256 Credential={keys.access_key}/(\d{{8}})/{region}/dynamodb/aws4_request, "
        r"SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}",
        headers["authorization"],
    )
    assert said is not None
    signed = {
        name: headers[name]
        for name in said[2].split(";")
        if name not in ("x-amz-date", "x-amz-security-token")
    }
    assert {"host", "content-type", "x-amz-target"} == set(signed)
    moment = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert said[1] == f"{moment:%Y%m%d}"
    assert abs(datetime.now(UTC) - moment) < timedelta(hours=1)
    assert headers.get("x-amz-security-token") == keys.token
    theirs = botocores(
        Credentials(keys.access_key, keys.secret_key, keys.token), region, url, moment, request.body, signed
    )
    assert headers["authorization"] == theirs.headers["Authorization"]
    return headers["x-amz-target"].rpartition(".")[2]


KEYS = [
    StaticCredentials("AKIAEXAMPLE", "a/secret+key"),
    StaticCredentials("ASIAEXAMPLE", "another", "a/token+of=a//session" * 20),
]


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as made:
        yield made


plain = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.booleans() | st.integers(-9, 9)
requests: st.SearchStrategy[Any] = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    plain | st.lists(plain, max_size=3) | st.dictionaries(st.sampled_from("ab"), plain),
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KEYS), regions, st.lists(requests, min_size=1, max_size=3))
def test_what_is_sent_verifies_request_by_request(
    server: ScriptedServer, keys: StaticCredentials, region: str, bodies: list[Any]
) -> None:
    del server.received[:]
    transport = Transport(server.url, region, keys)
    for body in bodies:
        transport.call("PutItem", body)
    transport.close()
    assert [verify(request, keys, region, server.url) for request in server.received] == ["PutItem"] * len(
        bodies
    )
    assert [json.loads(request.body) for request in server.received] == bodies
    assert {request.line for request in server.received} == {"POST / HTTP/1.1"}
    assert all("accept-encoding" not in request.headers for request in server.received)
    assert {request.headers["host"] for request in server.received} == {f"127.0.0.1:{server.port}"}


def test_every_repetition_is_signed_as_well() -> None:
    script = [hang_up(), say(refusal("InternalServerError", 500)), say(answer())]
    with ScriptedServer(*script) as server:
        transport = Transport(server.url, "us-east-1", KEYS[1], RetryPolicy(10.0, 10.0, 3, 0.0, 0.0))
        assert transport.send("UpdateItem", {"Key": {}}) == ({}, 2)
        transport.close()
        seen = [verify(request, KEYS[1], "us-east-1", server.url) for request in server.received]
    assert seen == ["UpdateItem"] * 3


def test_what_is_sent_over_ipv6_verifies() -> None:
    try:
        server = ScriptedServer(family=socket.AF_INET6)
    except OSError:
        pytest.skip("IPv6: this machine has no ::1")
    with server:
        transport = Transport(server.url, "us-east-1", KEYS[0])
        transport.call("Query", {})
        transport.close()
        (request,) = server.received
    assert request.headers["host"] == f"[::1]:{server.port}"
    assert verify(request, KEYS[0], "us-east-1", server.url) == "Query"

"""HTTPS: the server is verified, and a proxy is used through CONNECT or refused with a hint."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.dynamodb.errors import Unavailable
from api.dynamodb.transport import factory
from api.dynamodb.transport.connection import Address
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import RetryPolicy
from api.dynamodb.transport.signing import StaticCredentials
from tests.support.certificates import Authority
from tests.support.scripted_server import ScriptedServer
from tests.support.waiting import wait_until

ONCE = RetryPolicy(10.0, 10.0, 1, 0.0, 0.0)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def call(url: str, policy: RetryPolicy = ONCE) -> object:
    transport = Transport(url, "us-east-1", StaticCredentials("k", "s"), policy)
    try:
        for _ in range(2):
            answer = transport.call("GetItem", {})
        return answer
    finally:
        transport.close()


def test_a_certificate_of_a_trusted_authority_is_accepted(trusted: Authority) -> None:
    with ScriptedServer(tls=trusted.server("127.0.0.1")) as server:
        assert call(server.url) == {}
        assert server.connections == 1


def test_a_certificate_of_an_unknown_authority_is_refused(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(other.file))
    with ScriptedServer(tls=authority.server("127.0.0.1")) as server:
        with pytest.raises(Unavailable, match=r"(?i)certificate.verify.failed"):
            call(server.url)
        assert server.received == []


def test_a_certificate_that_vouches_for_itself_is_refused(trusted: Authority, tmp_path: Path) -> None:
    with ScriptedServer(tls=Authority(tmp_path, "127.0.0.1").itself()) as server:
        with pytest.raises(Unavailable, match=r"(?i)certificate.verify.failed"):
            call(server.url)
        assert server.received == []


def test_a_certificate_of_another_host_is_refused(trusted: Authority) -> None:
    with ScriptedServer(tls=trusted.server("elsewhere.example")) as server:
        with pytest.raises(Unavailable, match=r"(?i)certificate.*127.0.0.1"):
            call(server.url)
        assert server.received == []


def test_a_server_that_speaks_no_tls_is_refused() -> None:
    with ScriptedServer() as server, pytest.raises(Unavailable):
        call(server.url.replace("http:", "https:"), RetryPolicy(0.3, 10.0, 1, 0.0, 0.0))


@pytest.fixture(params=["keys", "role"])
def send(
    request: pytest.FixtureRequest, use_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., object]]:
    """Makes a call to an endpoint, with keys of the settings or with a profile's, through a transport."""

    def call(url: str, transport: str) -> object:
        use_settings(LOCALSTACK_URL=url, DYNAMODB_TRANSPORT=transport)
        factory.clear_cache()
        return factory.transport_for().send("GetItem", {"TableName": "abc", "Key": {"PK": {"S": "a"}}})

    if request.param == "role":
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    yield call
    factory.clear_cache()


@pytest.mark.parametrize("transport", ["lean", "boto3"])
@pytest.mark.parametrize("place", ["AWS_CA_BUNDLE", ".env", "profile"])
def test_a_ca_bundle_of_aws_is_trusted(
    authority: Authority, send: Callable[..., object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    place: str, transport: str,
) -> None:  # fmt: skip
    file = tmp_path / "file"
    if place == "profile":
        file.write_text(f"[profile work]\nca_bundle = {authority.file}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
        monkeypatch.setenv("AWS_PROFILE", "work")
    elif place == ".env":
        file.write_text(f"AWS_CA_BUNDLE={authority.file}\n")
        monkeypatch.setenv("ALGOITNY_ENV_FILE", str(file))
    else:
        monkeypatch.setenv(place, str(authority.file))
    with ScriptedServer(tls=authority.server("127.0.0.1")) as server:
        assert send(server.url, transport) == ({}, 0)


@pytest.mark.parametrize("transport", ["lean", "boto3"])
def test_a_ca_bundle_replaces_what_the_system_trusts(
    trusted: Authority, send: Callable[..., object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    transport: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("AWS_CA_BUNDLE", str(Authority(tmp_path).file))
    with ScriptedServer(tls=trusted.server("127.0.0.1")) as server:
        with pytest.raises(Unavailable):
            send(server.url, transport)
        assert server.received == []


def test_a_ca_bundle_that_cannot_be_read_is_named(
    authority: Authority, send: Callable[..., object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("missing.pem", "empty.pem"):
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / name))
        with pytest.raises(Unavailable, match=f"{name} cannot be read: .*: set AWS_CA_BUNDLE"):
            send("https://127.0.0.1:9", "lean")


class ConnectProxy:
    """An HTTP proxy that knows CONNECT alone, and takes every request to one port of the loopback."""

    def __init__(self, port: int, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self._target, self._answer = port, answer
        self.heads: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> ConnectProxy:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        wait_until(self._has_hung_up, "the end of the proxy's threads")
        for line in [self._listener, *self._lines]:
            line.close()

    def _has_hung_up(self) -> bool:
        for line in list(self._lines):  # one may have been accepted a moment ago
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        return not any(thread.is_alive() for thread in list(self._threads))

    def _run(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._lines.append(line)
            head = b""
            with contextlib.suppress(OSError):
                while b"\r\n\r\n" not in head and (byte := line.recv(1)):
                    head += byte
            if b"\r\n\r\n" not in head:
                continue
            self.heads.append(head.decode())
            if b" 200 " not in self._answer:
                with contextlib.suppress(OSError):  # the client may be gone already
                    line.sendall(self._answer)
                    line.shutdown(socket.SHUT_WR)
                continue
            line.sendall(self._answer)
            onward = socket.create_connection(("127.0.0.1", self._target))
            self._lines.append(onward)
            self._run(self._pump, line, onward)
            self._run(self._pump, onward, line)

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def far(trusted: Authority) -> Iterator[ScriptedServer]:
    """A server whose name only the proxy can resolve."""
    with ScriptedServer(tls=trusted.server("db.invalid")) as server:
        yield server


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_https_goes_through_the_proxy_and_is_verified_behind_it(
    far: ScriptedServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with ConnectProxy(far.port) as proxy:
        monkeypatch.setenv(name, f"http://us%20er:p%40ss:word@127.0.0.1:{proxy.port}")
        assert call(f"https://db.invalid:{far.port}") == {}
    (head,) = proxy.heads
    lines = head.split("\r\n")
    assert lines[0] == f"CONNECT db.invalid:{far.port} HTTP/1.1"
    assert f"Host: db.invalid:{far.port}" in lines
    named = base64.b64encode(b"us er:p@ss:word").decode()
    assert f"Proxy-Authorization: Basic {named}" in lines
    assert len(far.received) == 2
    assert "proxy-authorization" not in far.received[0].headers


def test_a_proxy_without_credentials_gets_none(far: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy(far.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.port}")
        assert call(f"https://db.invalid:{far.port}") == {}
    assert "Authorization" not in proxy.heads[0]


def test_a_certificate_is_verified_behind_the_proxy(
    far: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy(far.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(Unavailable, match=r"(?i)certificate"):
            call(f"https://other.invalid:{far.port}")
    assert far.received == []


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_a_proxys_refusal_is_told_without_its_password(
    far: ScriptedServer, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    with ConnectProxy(far.port, answer) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:hidden@127.0.0.1:{proxy.port}")
        with pytest.raises(Unavailable, match="the proxy refused") as caught:
            call(f"https://db.invalid:{far.port}")
    assert "hidden" not in str(caught.value)
    assert answer[9:12].decode().strip() in str(caught.value)
    assert far.received == []


@pytest.mark.parametrize(
    ("setting", "proxy", "url", "why"),
    [
        ("HTTP_PROXY", "http://me:hidden@proxy.invalid:3128", "http://db.invalid:4566", "plain HTTP is not proxied"),
        ("HTTPS_PROXY", "https://me:hidden@proxy.invalid:3128", "https://db.invalid", "only proxies in plain HTTP"),
        ("HTTPS_PROXY", "socks5://proxy.invalid:1080", "https://db.invalid", "only proxies in plain HTTP"),
        ("HTTPS_PROXY", "http://me:hidden@proxy.invalid:port", "https://db.invalid", "cannot be read"),
        ("HTTPS_PROXY", "http://", "https://db.invalid", "cannot be read"),
    ],
)  # fmt: skip
def test_a_proxy_that_cannot_be_passed_is_refused_with_the_way_round_it(
    monkeypatch: pytest.MonkeyPatch, setting: str, proxy: str, url: str, why: str
) -> None:
    monkeypatch.setenv(setting, proxy)
    with pytest.raises(Unavailable, match=f"add db.invalid to NO_PROXY: .*{why}") as caught:
        Transport(url, "us-east-1", StaticCredentials("k", "s"))
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("exceptions", "host"),
    [
        ("127.0.0.1", "127.0.0.1:4566"),
        ("other.example,localhost", "localhost:4566"),
        ("localhost:4566", "localhost:4566"),
        (".example", "db.example"),
        ("example", "db.example"),
        ("::1", "[::1]:4566"),
        ("*", "db.example"),
    ],
)
def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch, exceptions: str, host: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("NO_PROXY", exceptions)
    for scheme in ("http", "https"):
        assert Address.of(f"{scheme}://{host}").proxy is None
    assert Address.of("https://elsewhere.invalid").proxy == (
        None if exceptions == "*" else ("proxy.invalid", 3128, None)
    )


def test_an_endpoint_with_a_path_is_refused() -> None:
    with pytest.raises(Unavailable, match="has a path"):
        Transport("http://localhost:4566/dynamodb", "us-east-1", StaticCredentials("k", "s"))

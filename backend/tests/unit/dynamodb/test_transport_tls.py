"""HTTPS: the server is verified, and a proxy of the environment is passed by CONNECT or clearly refused."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.dynamodb.connection import Address
from api.dynamodb.errors import Unavailable
from api.dynamodb.signing import StaticCredentials
from api.dynamodb.transport import Patience, Transport
from tests.support.certificates import Authority
from tests.support.scripted_server import ScriptedServer

ONCE = Patience(10.0, 10.0, 1, 0.0, 0.0)


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


def call(url: str, patience: Patience = ONCE) -> object:
    transport = Transport(url, "us-east-1", StaticCredentials("k", "s"), patience)
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
        call(server.url.replace("http:", "https:"), Patience(0.3, 10.0, 1, 0.0, 0.0))


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
        for line in [self._listener, *self._lines]:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for line in [self._listener, *self._lines]:
            line.close()

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
            while b"\r\n\r\n" not in head:
                head += line.recv(1)
            self.heads.append(head.decode())
            line.sendall(self._answer)
            if b" 200 " not in self._answer:
                line.shutdown(socket.SHUT_WR)
                continue
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
        ("HTTPS_PROXY", "https://me:hidden@proxy.invalid:3128", "https://db.invalid", "in plain HTTP only"),
        ("HTTPS_PROXY", "socks5://proxy.invalid:1080", "https://db.invalid", "in plain HTTP only"),
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

"""One kept HTTP/1.1 connection for small signed requests: connect, send, read one response, each in bounded time.

It reads what DynamoDB's endpoints and local engines send: responses with a length, in chunks, or ended by
closing the connection. TLS verifies the server; a proxy is used through CONNECT.
"""

from __future__ import annotations

import base64
import contextlib
import re
import select
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from api.dynamodb.errors import Unavailable
from api.dynamodb.transport.name_resolution import (
    SocketAddress,
    addresses_of,
    mark_failed,
    mark_reached,
)

_MAX_HEAD = 65_536
_HEADERS = re.compile(
    rb"\r\n(content-length|transfer-encoding|connection|x-amz-crc32|date):[ \t]*([^\r\n]*[^\r\n \t])"
)
# How much later than it should a read may end: changing a socket's time-out takes a system call.
_TOLERANCE_SECONDS = 0.01
_UNKNOWN = float("inf")  # the time-out of a socket that is new, or that TLS has wrapped
_FIRST_READ = 1 << 15  # enough for most responses; larger buffers cost a system call of their own
_MAX_READ = 1 << 18


class RequestNotSent(Exception):
    """The request did not reach the server: no connection could be opened."""


class ResponseLost(Exception):
    """The request was sent, at least in part, and no complete response came.

    `idle`: the server had closed a kept connection before or while the request was sent.
    """

    def __init__(self, reason: str, *, idle: bool = False) -> None:
        super().__init__(reason)
        self.idle = idle


class Proxy(NamedTuple):
    """A proxy in plain HTTP; `credentials` are its user and password in base64, if it has any."""

    host: str
    port: int
    credentials: str | None


def _parse_proxy(url: str, host: str, secure: bool) -> Proxy:
    """The proxy for requests to `host`. Raises `Unavailable` for one that cannot be used."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        proxy_host, port = parts.hostname, parts.port or 80
    except ValueError:
        proxy_host, port = None, 80
    problem = None
    if not secure:
        problem = "plain HTTP is not proxied"
    elif not proxy_host:
        problem = "the proxy's URL cannot be read"
    elif parts.scheme != "http":
        problem = "only proxies in plain HTTP are supported"
    if problem is not None or not proxy_host:
        raise Unavailable(f"a proxy is set for {host}", hint=f"add {host} to NO_PROXY: {problem}")
    if parts.username is None:
        return Proxy(proxy_host, port, None)
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(proxy_host, port, base64.b64encode(login.encode()).decode())


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Address:
    """Host and port of an endpoint, and the proxy in front of it."""

    host: str
    port: int
    secure: bool
    proxy: Proxy | None = None

    @classmethod
    def of(cls, url: str) -> Address:
        """The address of an endpoint's URL, with the proxy that the environment names for it.

        Raises `Unavailable` for an endpoint with a path, and for a proxy that cannot be used: one for plain
        HTTP, one that requires TLS, or one whose URL cannot be read.
        """
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        if parts.path.strip("/"):
            raise Unavailable(f"the endpoint at {host} has a path", hint="set LOCALSTACK_URL without one")
        names = [host, f"{host}:{port}"]  # NO_PROXY may name either
        proxy = None if any(map(proxy_bypass, names)) else getproxies().get(parts.scheme)
        if not secure and _is_this_machine(host):
            proxy = None  # no proxy reaches an engine on this machine's loopback
        return cls(host, port, secure, _parse_proxy(proxy, host, secure) if proxy else None)

    @property
    def authority(self) -> str:
        """The Host header: with the port if it is not the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


class Response(NamedTuple):
    """An HTTP response: status, values of the headers that are of use by name in lower case, body."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes


class Connection:
    """A connection for one thread. It opens when it is first used, and again after it was closed."""

    def __init__(
        self, address: Address, tls: ssl.SSLContext | None, connect_timeout: float, read_timeout: float
    ) -> None:
        self._address, self._tls = address, tls
        self._connect_timeout, self._read_timeout = connect_timeout, read_timeout
        self._socket: socket.socket | None = None
        self._poll: select.poll | None = None
        self._timeout = _UNKNOWN

    def exchange(self, request: bytes, deadline: float) -> Response:
        """Sends a request and reads its response, within the time-outs and before `deadline` (monotonic clock).

        Raises `RequestNotSent` or `ResponseLost`, and closes the connection then.
        """
        reused = self._socket is not None and self._is_open()
        try:
            if not reused:
                self._connect(deadline)
            return self._send_and_read(request, deadline, reused)
        except BaseException:
            self.close()
            raise

    def _send_and_read(self, request: bytes, deadline: float, reused: bool) -> Response:
        sock = self._socket
        assert sock is not None  # noqa: S101 (for the type checker)
        now = time.monotonic()
        seconds = max(0.001, min(self._read_timeout, deadline - now))
        data = b""
        try:
            if self._timeout != seconds:
                sock.settimeout(seconds)
                self._timeout = seconds
            sock.sendall(request)
            self._wait_until(sock, now + seconds)  # sending may have taken long
            data = sock.recv(_FIRST_READ)
            return self._read(sock, data, now + seconds)
        except (OSError, ValueError) as error:
            timed_out = isinstance(error, TimeoutError)  # the server may be working on the request
            idle = reused and not data and not timed_out
            raise ResponseLost(str(error) or type(error).__name__, idle=idle) from error

    def _read(self, sock: socket.socket, data: bytes, deadline: float) -> Response:
        status = 100
        while status < 200:  # 100 Continue and the like come before the response
            while (end := data.find(b"\r\n\r\n")) < 0:
                if len(data) > _MAX_HEAD:
                    raise ValueError("the response's head has no end")
                data += self._receive(sock, deadline)
            head, data = data[:end].lower(), data[end + 4 :]
            if not head.startswith(b"http/1."):
                raise ValueError("the response is not HTTP")
            status = int(head[9:12])
        headers = dict(_HEADERS.findall(head))
        length = headers.get(b"content-length")
        closing = headers.get(b"connection") == b"close" or head.startswith(b"http/1.0")
        if headers.get(b"transfer-encoding") == b"chunked":
            body = self._read_chunks(sock, data, deadline)
        elif length is not None:
            body = data
            if len(body) < int(length):
                body = self._read_length(sock, body, int(length), deadline)
            elif len(body) > int(length):
                raise ValueError("the response is longer than its Content-Length")
        else:
            body, closing = self._read_to_end(sock, data, deadline), True
        if closing:
            self.close()
        return Response(status, headers, body)

    def _wait_until(self, sock: socket.socket, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the response took too long")
        if left < self._timeout - _TOLERANCE_SECONDS:
            sock.settimeout(left)
            self._timeout = left

    def _receive(self, sock: socket.socket, deadline: float) -> bytes:
        self._wait_until(sock, deadline)
        data = sock.recv(_MAX_READ)
        if not data:
            raise ValueError("the connection was closed within the response")
        return data

    def _read_length(self, sock: socket.socket, body: bytes, length: int, deadline: float) -> bytes:
        pieces, received = [body], len(body)
        while received < length:
            piece = self._receive(sock, deadline)
            pieces.append(piece)
            received += len(piece)
        if received > length:
            raise ValueError("the response is longer than its Content-Length")
        return b"".join(pieces)

    def _read_chunks(self, sock: socket.socket, data: bytes, deadline: float) -> bytes:
        pieces: list[bytes] = []
        while True:
            while (end := data.find(b"\r\n")) < 0:
                data += self._receive(sock, deadline)
            size = int(data[:end].partition(b";")[0], 16)
            if size < 0:
                raise ValueError("a chunk of the response has no size")
            while len(data) < end + size + 4:
                data += self._receive(sock, deadline)
            if size == 0:
                while not data.endswith(b"\r\n\r\n"):
                    data += self._receive(sock, deadline)
                return b"".join(pieces)
            pieces.append(data[end + 2 : end + 2 + size])
            data = data[end + size + 4 :]

    def _read_to_end(self, sock: socket.socket, data: bytes, deadline: float) -> bytes:
        pieces = [data]
        while True:
            self._wait_until(sock, deadline)
            piece = sock.recv(_MAX_READ)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)

    def _is_open(self) -> bool:
        """Whether the idle connection is usable: the server has neither closed it nor sent anything unrequested."""
        assert self._poll is not None  # noqa: S101 (for the type checker)
        if self._poll.poll(0):
            self.close()
            return False
        return True

    def _connect(self, deadline: float) -> None:
        target = self._address if self._address.proxy is None else self._address.proxy
        now = time.monotonic()
        deadline = min(deadline, now + self._connect_timeout)
        try:
            addresses = addresses_of(target.host, target.port, deadline - now)
        except OSError as error:
            raise RequestNotSent(str(error)) from error
        reason = "the name cannot be resolved"
        for number, address in enumerate(addresses):
            remaining = deadline - time.monotonic()
            if number and remaining <= 0:
                break
            try:
                self._socket = self._open(address, deadline, remaining / (len(addresses) - number))
            except (OSError, ValueError) as error:
                mark_failed(address)
                reason = str(error) or type(error).__name__
            else:
                mark_reached(address)
                self._timeout = _UNKNOWN
                self._poll = select.poll()
                self._poll.register(self._socket, select.POLLIN)
                return
        raise RequestNotSent(reason)

    def _open(self, address: SocketAddress, deadline: float, seconds: float) -> socket.socket:
        """A socket that is ready for requests: TCP within `seconds`, TLS and proxy before the deadline.

        Raises OSError and ValueError.
        """
        sock = socket.socket(address[0], socket.SOCK_STREAM)
        self._timeout = _UNKNOWN
        try:
            sock.settimeout(max(0.001, seconds))
            sock.connect(address[1])
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self._address.proxy is not None:
                self._open_tunnel(sock, self._address.proxy, deadline)
            if self._tls is not None:
                sock.settimeout(max(0.001, deadline - time.monotonic()))
                sock = self._tls.wrap_socket(sock, server_hostname=self._address.host)
        except BaseException:
            sock.close()
            raise
        return sock

    def _open_tunnel(self, sock: socket.socket, proxy: Proxy, deadline: float) -> None:
        """Asks the proxy for a connection to the endpoint. Raises OSError and ValueError."""
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        target = f"{host}:{self._address.port}"
        lines = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
        if proxy.credentials is not None:
            lines += f"Proxy-Authorization: Basic {proxy.credentials}\r\n"
        sock.sendall(f"{lines}\r\n".encode())
        response = b""
        while b"\r\n\r\n" not in response:
            response += self._receive(sock, deadline)
        if response[9:12] != b"200":
            status = response[9:60].partition(b"\r\n")[0].decode("latin-1")
            raise ValueError(f"the proxy refused: {status}")

    def close(self) -> None:
        """Closes the connection; the next request opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

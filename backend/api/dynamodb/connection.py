"""One kept HTTP/1.1 connection for small signed requests: connect, send, read one answer, all in bounded time.

It knows what DynamoDB's endpoints and their stand-ins send: answers with a length, in chunks, or
ended by closing. TLS verifies the server; a proxy is passed by CONNECT.
"""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from api.dynamodb.errors import Unavailable

_MAX_HEAD = 65_536
_FIRST_READ = 1 << 15  # enough for most answers; larger buffers cost a system call of their own
_MAX_READ = 1 << 18


class Unsent(Exception):
    """The request surely did not reach the server: no connection could be made."""


class Lost(Exception):
    """The request was sent, at least in part, and no whole answer came; `idle` if a kept connection had died."""

    def __init__(self, why: str, *, idle: bool = False) -> None:
        super().__init__(why)
        self.idle = idle


def _door(proxy: str, host: str, secure: bool) -> tuple[str, int, str | None]:
    """Host, port and Basic credentials of a proxy."""
    try:
        door = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        where, port = door.hostname, door.port or 80
    except ValueError:
        where, port = None, 80
    why = None
    if not secure:
        why = "plain HTTP is not proxied"
    elif not where:
        why = "the proxy's URL cannot be read"
    elif door.scheme != "http":
        why = "a proxy is spoken to in plain HTTP only"
    if why is not None or not where:
        raise Unavailable(f"a proxy is set for {host}", hint=f"add {host} to NO_PROXY: {why}")
    if door.username is None:
        return where, port, None
    user = f"{unquote(door.username)}:{unquote(door.password or '')}"
    return where, port, base64.b64encode(user.encode()).decode()


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Address:
    """Where requests go, and through which proxy."""

    host: str
    port: int
    secure: bool
    proxy: tuple[str, int, str | None] | None = None

    @classmethod
    def of(cls, url: str) -> Address:
        """The address of an endpoint, with the proxy that the environment names for it.

        Raises `Unavailable` for an endpoint with a path, and for a proxy that cannot be passed: one for
        plain HTTP, one that wants TLS, or one whose URL cannot be read.
        """
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        if parts.path.strip("/"):
            raise Unavailable(f"the endpoint at {host} has a path", hint="set LOCALSTACK_URL without one")
        named = [host, f"{host}:{port}"]  # NO_PROXY may name either
        proxy = None if any(map(proxy_bypass, named)) else getproxies().get(parts.scheme)
        if not secure and _is_this_machine(host):
            proxy = None  # no proxy reaches an engine on this machine's loopback
        return cls(host, port, secure, _door(proxy, host, secure) if proxy else None)

    @property
    def authority(self) -> str:
        """What the Host header says: the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer: its status, its header lines in lower case, its body."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        """The value of a header, `name` in lower case; None if there is none."""
        start = self.head.find(b"\r\n" + name + b":")
        if start < 0:
            return None
        start += len(name) + 3
        end = self.head.find(b"\r\n", start)
        return self.head[start : end if end >= 0 else None].strip()


def _resolve(host: str, port: int, seconds: float) -> list[tuple[int, tuple[object, ...]]]:
    """The addresses of a host: (family, socket address) each.

    The system's resolver knows no time-out, so it is left behind when it takes longer than `seconds`.
    """
    found: list[tuple[int, tuple[object, ...]]] = []

    def ask() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            for family, _, _, _, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                found.append((family, where))

    try:
        ip_address(host.partition("%")[0])
        ask()
    except ValueError:
        thread = threading.Thread(target=ask, daemon=True, name="resolver")
        thread.start()
        thread.join(seconds)
    return list(found)


class Connection:
    """A connection that is opened when it is first used, and again after it was closed. For one thread."""

    def __init__(
        self, address: Address, tls: ssl.SSLContext | None, connect_seconds: float, answer_seconds: float
    ) -> None:
        self._address, self._tls = address, tls
        self._connect_seconds, self._answer_seconds = connect_seconds, answer_seconds
        self._socket: socket.socket | None = None
        self._timeout = 0.0

    def exchange(self, request: bytes, deadline: float) -> Reply:
        """Sends a request and reads its answer, in the connection's times and before `deadline` (monotonic).

        Raises `Unsent` or `Lost`; the connection is closed then.
        """
        kept = self._socket is not None and self._is_open()
        try:
            if not kept:
                self._connect(deadline)
            return self._ask(request, deadline, kept)
        except BaseException:
            self.close()
            raise

    def _ask(self, request: bytes, deadline: float, kept: bool) -> Reply:
        line = self._socket
        assert line is not None  # noqa: S101 (for the type checker)
        now = time.monotonic()
        seconds = max(0.001, min(self._answer_seconds, deadline - now))
        data = b""
        try:
            if self._timeout != seconds:
                line.settimeout(seconds)
                self._timeout = seconds
            line.sendall(request)
            if time.monotonic() - now > 0.01:  # sending took its time, less is left for the answer
                self._wait_until(line, now + seconds)
            data = line.recv(_FIRST_READ)
            return self._read(line, data, now + seconds)
        except (OSError, ValueError) as error:
            silent = isinstance(error, TimeoutError)  # it is there, and may be at work on the request
            raise Lost(str(error) or type(error).__name__, idle=kept and not data and not silent) from error

    def _read(self, line: socket.socket, data: bytes, deadline: float) -> Reply:
        status = 100
        while status < 200:  # 100 Continue and its like announce the answer
            while (end := data.find(b"\r\n\r\n")) < 0:
                if len(data) > _MAX_HEAD:
                    raise ValueError("the answer's head has no end")
                data += self._more(line, deadline)
            head, data = data[:end].lower(), data[end + 4 :]
            if not head.startswith(b"http/1."):
                raise ValueError("the answer is not HTTP")
            status = int(head[9:12])
        reply = Reply(status, head, data)
        length = reply.header(b"content-length")
        closing = reply.header(b"connection") == b"close" or head.startswith(b"http/1.0")
        if reply.header(b"transfer-encoding") == b"chunked":
            body = self._chunks(line, data, deadline)
        elif length is not None:
            body = data
            if len(body) < int(length):
                body = self._whole(line, body, int(length), deadline)
            elif len(body) > int(length):
                raise ValueError("the answer is longer than it says")
        else:
            body, closing = self._rest(line, reply.body, deadline), True
        if closing:
            self.close()
        return reply if body is reply.body else Reply(status, head, body)

    def _wait_until(self, line: socket.socket, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        line.settimeout(left)
        self._timeout = left

    def _more(self, line: socket.socket, deadline: float) -> bytes:
        self._wait_until(line, deadline)
        data = line.recv(_MAX_READ)
        if not data:
            raise ValueError("the connection was closed within the answer")
        return data

    def _whole(self, line: socket.socket, body: bytes, length: int, deadline: float) -> bytes:
        pieces, have = [body], len(body)
        while have < length:
            piece = self._more(line, deadline)
            pieces.append(piece)
            have += len(piece)
        if have > length:
            raise ValueError("the answer is longer than it says")
        return b"".join(pieces)

    def _chunks(self, line: socket.socket, data: bytes, deadline: float) -> bytes:
        pieces: list[bytes] = []
        while True:
            while (end := data.find(b"\r\n")) < 0:
                data += self._more(line, deadline)
            size = int(data[:end].partition(b";")[0], 16)
            if size < 0:
                raise ValueError("a chunk of the answer has no size")
            while len(data) < end + size + 4:
                data += self._more(line, deadline)
            if size == 0:
                while not data.endswith(b"\r\n\r\n"):
                    data += self._more(line, deadline)
                return b"".join(pieces)
            pieces.append(data[end + 2 : end + 2 + size])
            data = data[end + size + 4 :]

    def _rest(self, line: socket.socket, data: bytes, deadline: float) -> bytes:
        pieces = [data]
        while True:
            self._wait_until(line, deadline)
            piece = line.recv(_MAX_READ)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)

    def _is_open(self) -> bool:
        """Whether the other side has neither closed the idle connection nor said anything unasked."""
        assert self._socket is not None  # noqa: S101 (for the type checker)
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if poll.poll(0):
            self.close()
            return False
        return True

    def _connect(self, deadline: float) -> None:
        where = self._address
        host, port = (where.host, where.port) if where.proxy is None else where.proxy[:2]
        now = time.monotonic()
        deadline = min(deadline, now + self._connect_seconds)
        why = "the name cannot be resolved"
        for family, target in _resolve(host, port, deadline - now):
            line = socket.socket(family, socket.SOCK_STREAM)
            try:
                line.settimeout(max(0.001, deadline - time.monotonic()))
                line.connect(target)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                if where.proxy is not None:
                    self._pass_proxy(line, where.proxy[2], deadline)
                if self._tls is not None:
                    line.settimeout(max(0.001, deadline - time.monotonic()))
                    line = self._tls.wrap_socket(line, server_hostname=where.host)
            except (OSError, ValueError) as error:
                line.close()
                why = str(error) or type(error).__name__
            else:
                self._socket = line
                self._timeout = 0.0
                return
        raise Unsent(why)

    def _pass_proxy(self, line: socket.socket, user: str | None, deadline: float) -> None:
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        target = f"{host}:{self._address.port}"
        lines = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
        if user is not None:
            lines += f"Proxy-Authorization: Basic {user}\r\n"
        line.sendall(f"{lines}\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more(line, deadline)
        if answer[9:12] != b"200":
            said = answer[9:60].partition(b"\r\n")[0].decode("latin-1")
            raise ValueError(f"the proxy refused: {said}")

    def close(self) -> None:
        """Closes the connection; the next request opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

"""One kept connection: every form of response, and the errors for incomplete ones."""

from __future__ import annotations

import contextlib
import gzip
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api.dynamodb.transport.connection import Address, Connection, RequestNotSent, ResponseLost
from engines.processes import free_port
from tests.support.scripted_server import Reaction, ScriptedServer, answer, drip, hang_up, say, silence

REQUEST = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
BODY = '{"글":"🙂"}'.encode()
LENGTH = b"%d" % len(BODY)
FOR_EVER = float("inf")


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    framed = b"".join(b"%x;note=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + end


def single_bytes(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


@contextmanager
def connected(
    *script: Reaction, seconds: float = 10.0, family: socket.AddressFamily = socket.AF_INET
) -> Iterator[tuple[Connection, ScriptedServer]]:
    with (
        ScriptedServer(*script, family=family) as server,
        contextlib.closing(Connection(Address.of(server.url), None, 10.0, seconds)) as connection,
    ):
        yield connection, server


WHOLE = {
    "at once": say(answer(BODY)),
    "byte by byte": say(*single_bytes(answer(BODY))),
    "head first": say(*answer(BODY).partition(b"\r\n\r\n")),
    "in one chunk": say(chunked(BODY)),
    "in chunks byte by byte": say(*single_bytes(chunked(BODY[:3], BODY[3:]))),
    "in chunks with a trailer": say(chunked(BODY, end=b"0\r\nX-Trailer: 1\r\n\r\n")),
    "after 100 Continue": say(b"HTTP/1.1 100 Continue\r\n\r\n", answer(BODY)),
    "after 100 Continue in one piece": say(b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000 + answer(BODY)),
    "with odd spelling of headers": say(b"HTTP/1.1 200\r\ncontent-LENGTH:  " + LENGTH + b"  \r\n\r\n" + BODY),
}
ENDED = {
    "ended by closing": hang_up(b"HTTP/1.1 200 OK\r\n\r\n", BODY[:4], BODY[4:]),
    "of HTTP/1.0": hang_up(b"HTTP/1.0 200 OK\r\nContent-Length: " + LENGTH + b"\r\n\r\n" + BODY),
    "with Connection: close": hang_up(answer(BODY, 200, "Connection: Close")),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer_is_read_and_the_connection_kept(name: str) -> None:
    with connected(WHOLE[name]) as (connection, server):
        for _ in range(3):
            reply = connection.exchange(REQUEST, FOR_EVER)
            assert (reply.status, reply.body) == (200, BODY)
        assert server.connections == 1


@pytest.mark.parametrize("name", ENDED)
def test_after_an_answer_that_ends_the_connection_a_new_one_is_opened(name: str) -> None:
    with connected(ENDED[name]) as (connection, server):
        for number in (1, 2):
            assert connection.exchange(REQUEST, FOR_EVER).body == BODY
            assert server.connections == number


DAMAGED = {
    "nothing at all": hang_up(),
    "half a head": hang_up(b"HTTP/1.1 200 OK\r\nContent-"),
    "a shorter body than it says": hang_up(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + BODY),
    "a longer body than it says": say(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + BODY),
    "a longer body, later": say(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"{", BODY),
    "a head too large": say(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000),
    "no HTTP": say(b"220 mail.example ESMTP\r\n\r\n"),
    "a status that is no number": say(b"HTTP/1.1 OK!\r\n\r\n"),
    "a length that is no number": say(b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}"),
    "a negative length": say(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}"),
    "chunks cut short": hang_up(chunked(BODY, end=b"")),
    "a chunk without a size": say(chunked(end=b"zz\r\n\r\n")),
    "a chunk of negative size": say(chunked(end=b"-6\r\nabcdef\r\n")),
    "100 Continue and nothing more": hang_up(b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_an_answer_that_is_not_whole_is_lost(name: str) -> None:
    with connected(DAMAGED[name]) as (connection, server):
        with pytest.raises(ResponseLost) as caught:
            connection.exchange(REQUEST, FOR_EVER)
        assert not caught.value.idle
        assert str(caught.value)
        server.script = [say(answer(BODY))]
        assert connection.exchange(REQUEST, FOR_EVER).body == BODY
        assert server.connections == 2


ENDLESS = {
    "says nothing": silence,
    "drips a head": drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "drips a body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"x"),
    "drips chunks": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "drips a body without a length": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    "drips 100 Continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("bound", ["answer", "deadline"])
def test_a_server_that_never_ends_its_answer_is_left(name: str, bound: str) -> None:
    seconds = 0.15 if bound == "answer" else 60.0
    with connected(say(answer(BODY)), ENDLESS[name], seconds=seconds) as (connection, server):
        connection.exchange(REQUEST, FOR_EVER)
        with pytest.raises(ResponseLost, match=r"timed out|took too long") as caught:
            connection.exchange(REQUEST, FOR_EVER if bound == "answer" else time.monotonic() + 0.15)
        assert not caught.value.idle
        assert server.connections == 1


def test_a_request_that_is_not_taken_is_left() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        contextlib.closing(
            Connection(Address("127.0.0.1", deaf.getsockname()[1], False), None, 5, 0.1)
        ) as one,
        pytest.raises(ResponseLost, match="timed out"),
    ):
        one.exchange(REQUEST + b"x" * 64_000_000, FOR_EVER)


@pytest.mark.parametrize("unasked", [False, True])
def test_a_connection_that_ended_while_idle_is_replaced_before_anything_is_sent(unasked: bool) -> None:
    with connected() as (connection, server):
        connection.exchange(REQUEST, FOR_EVER)
        if unasked:
            server.script = [say(answer(BODY), b"unasked"), say(answer(BODY))]
            with contextlib.suppress(ResponseLost):  # when both pieces are read at once
                connection.exchange(REQUEST, FOR_EVER)
                assert connection._socket is not None
                select.select([connection._socket], [], [], 10)
        else:
            server.drop_connections()
        assert connection.exchange(REQUEST, FOR_EVER).status == 200
        assert server.connections == 2


def test_a_kept_connection_that_dies_under_a_request_is_told_as_idle() -> None:
    with connected(say(answer(BODY)), hang_up()) as (connection, _):
        connection.exchange(REQUEST, FOR_EVER)
        with pytest.raises(ResponseLost) as caught:
            connection.exchange(REQUEST, FOR_EVER)
        assert caught.value.idle


def test_one_that_dies_within_an_answer_is_not() -> None:
    with connected(say(answer(BODY)), hang_up(b"HTTP/1.1")) as (connection, _):
        connection.exchange(REQUEST, FOR_EVER)
        with pytest.raises(ResponseLost) as caught:
            connection.exchange(REQUEST, FOR_EVER)
        assert not caught.value.idle


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_where_nobody_listens_nothing_was_sent(host: str) -> None:
    with pytest.raises(RequestNotSent):
        Connection(Address(host, free_port(), False), None, 5.0, 5.0).exchange(REQUEST, FOR_EVER)


def test_a_name_that_takes_too_long_to_resolve_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def slow(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        time.sleep(1)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(RequestNotSent, match="cannot be resolved"):
        Connection(Address("slow.example", 80, False), None, 0.05, 1.0).exchange(REQUEST, FOR_EVER)
    assert asked == ["slow.example"]


def test_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("IPv6: this machine has no ::1")
    with connected(say(answer(BODY)), family=socket.AF_INET6) as (connection, _):
        assert connection.exchange(REQUEST, FOR_EVER).body == BODY


def test_a_large_answer_is_read_whole() -> None:
    large = b"x" * 5_000_000
    with connected(say(answer(large)), say(chunked(large[:9], large[9:]))) as (connection, _):
        for _ in range(2):
            assert connection.exchange(REQUEST, FOR_EVER).body == large


def test_a_compressed_answer_stays_as_it_is() -> None:
    packed = gzip.compress(BODY)
    with connected(say(answer(packed, 200, "Content-Encoding: gzip"))) as (connection, _):
        assert connection.exchange(REQUEST, FOR_EVER).body == packed


@pytest.mark.parametrize(
    ("url", "authority", "port"),
    [
        ("http://LOCALHOST:4566", "localhost:4566", 4566),
        ("http://localhost:80", "localhost", 80),
        ("https://user:pw@db.example", "db.example", 443),
        ("https://db.example:443", "db.example", 443),
        ("https://db.example:8443/", "db.example:8443", 8443),
        ("http://[::1]:8000", "[::1]:8000", 8000),
        ("http://[::1]", "[::1]", 80),
    ],
)
def test_the_address_of_an_endpoint(url: str, authority: str, port: int) -> None:
    address = Address.of(url)
    assert (address.authority, address.port, address.proxy) == (authority, port, None)

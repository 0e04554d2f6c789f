"""A request whose signature is refused for its time is signed again by the server's clock, once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from api.dynamodb.errors import AccessDenied
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.signing import StaticCredentials

AHEAD = timedelta(hours=3)


class Server(ThreadingHTTPServer):
    """An engine whose clock is three hours ahead; `strict` ones take no signature at all."""

    strict = False
    signed_at: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(datetime.now(UTC) + AHEAD, usegmt=True)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        stamp = self.headers["X-Amz-Date"]
        self.server.signed_at.append(stamp)
        signed = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        late = datetime.now(UTC) + AHEAD - signed > timedelta(minutes=5)
        refused = late or self.server.strict
        body = (
            {"__type": "x#InvalidSignatureException", "message": "Signature expired: too late"}
            if refused
            else {}
        )
        data = json.dumps(body).encode()
        self.send_response(400 if refused else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.signed_at = []
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join(120)
    made.server_close()


@pytest.fixture
def transport(server: Server) -> Iterator[Transport]:
    made = Transport(f"http://127.0.0.1:{server.server_port}", "us-east-1", StaticCredentials("k", "s"))
    yield made
    made.close()


def test_it_signs_again_by_the_servers_clock(server: Server, transport: Transport) -> None:
    assert transport.call("GetItem", {}) == {}
    assert transport.call("GetItem", {}) == {}
    assert len(server.signed_at) == 3


def test_a_signature_that_is_refused_again_names_the_clock(server: Server, transport: Transport) -> None:
    server.strict = True
    with pytest.raises(AccessDenied, match="clock"):
        transport.call("GetItem", {})
    assert len(server.signed_at) == 2

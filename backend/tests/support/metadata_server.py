"""An EC2 metadata endpoint on the loopback that hands out credentials of a role, or fails."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_ROLE = "/latest/meta-data/iam/security-credentials/"


class MetadataServer(ThreadingHTTPServer):
    """A context manager. `failures` requests for keys fail before one succeeds.

    The keys of the n-th look-up are `ROLE<n>`, and expire `lifetime` after it. While `gate` is not set, requests for
    keys wait.
    """

    daemon_threads = True

    def __init__(self, failures: int = 0, lifetime: timedelta = timedelta(hours=6)) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.failures, self.lifetime = failures, lifetime
        self.lookups = 0
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Semaphore(0)
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def settings(self) -> dict[str, str]:
        """The variables by which boto3 finds this endpoint."""
        return {
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{self.server_port}/",
            "AWS_METADATA_SERVICE_TIMEOUT": "20",
        }

    def document(self) -> dict[str, str]:
        """The credentials of the next look-up."""
        self.lookups += 1
        expiration = datetime.now(UTC) + self.lifetime
        return {
            "Code": "Success", "AccessKeyId": f"ROLE{self.lookups}", "SecretAccessKey": "s", "Token": "t",
            "Expiration": f"{expiration:%Y-%m-%dT%H:%M:%SZ}",
        }  # fmt: skip

    def __enter__(self) -> MetadataServer:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.gate.set()
        self.shutdown()
        self._thread.join(120)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: MetadataServer

    def do_PUT(self) -> None:
        self._answer(200, b"session-token")

    def do_GET(self) -> None:
        if self.path.endswith(_ROLE):
            self._answer(200, b"role")
            return
        self.server.asked.release()
        self.server.gate.wait(120)
        if self.server.failures:
            self.server.failures -= 1
            self._answer(500, b"")
        else:
            self._answer(200, json.dumps(self.server.document()).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

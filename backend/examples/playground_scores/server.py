"""The playground's API over HTTP, for following its rollout: python -m examples.playground_scores.server --env dev."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from api.dynamodb.control_plane.declaration import ENVIRONMENTS
from api.dynamodb.errors import DataLayerError, Duplicate, InvalidInput
from examples.playground_scores.scores import Listing, Scores
from reporting.metric_lines import LOGGER

_LARGEST_BODY = 64 * 1024


class Handler(BaseHTTPRequestHandler):
    """GET and POST /tables, GET and POST /tables/ID/users."""

    protocol_version = "HTTP/1.1"
    scores: Scores  # set by `serve`

    def do_GET(self) -> None:
        """Lists tables, or a table's users: `limit` and `cursor` page them."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Stores a table ({tableId, displayName}), or a score ({userId, score})."""
        self._answer(self._post)

    def _answer(self, respond: Any) -> None:
        try:
            code, document = respond()
        except Duplicate as duplicate:
            code, document = 409, {"error": str(duplicate)}
        except (InvalidInput, KeyError, TypeError, ValueError) as wrong:
            code, document = 400, {"error": str(wrong)}
        except DataLayerError as failure:
            code, document = 503, {"error": str(failure)}
        body = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.scores.answered()

    def _get(self) -> tuple[int, Any]:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        limit = int(query["limit"]) if "limit" in query else None
        match url.path.strip("/").split("/"):
            case ["tables"]:
                return 200, _document("tables", self.scores.list_tables(limit, query.get("cursor")))
            case ["tables", table_id, "users"]:
                return 200, _document("users", self.scores.list_users(table_id, limit, query.get("cursor")))
        return 404, {"error": "there is /tables and /tables/ID/users"}

    def _post(self) -> tuple[int, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= _LARGEST_BODY:
            raise ValueError("the request needs a body of JSON")
        document = json.loads(self.rfile.read(length))
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["tables"]:
                return 201, self.scores.create_table(str(document["tableId"]), str(document["displayName"]))
            case ["tables", table_id, "users"]:
                self.scores.record_score(table_id, str(document["userId"]), int(document["score"]))
                return 201, {"userId": document["userId"], "score": document["score"]}
        return 404, {"error": "there is /tables and /tables/ID/users"}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is of the base class)
        """Nothing: metric lines say what was read."""


def _document(name: str, listing: Listing) -> dict[str, Any]:
    return {name: listing.entries, "nextCursor": listing.cursor}


def serve(scores: Scores, port: int = 0) -> ThreadingHTTPServer:
    """The server on 127.0.0.1, to run with `serve_forever`; port 0 takes a free one."""
    handler = type("ScoresHandler", (Handler,), {"scores": scores})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


def main() -> int:
    """Serves until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--env", choices=ENVIRONMENTS, default="dev", help="the environment (default dev)")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="on 127.0.0.1 (default: a free one)")
    options = parser.parse_args()
    logger = logging.getLogger(LOGGER)
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    with serve(Scores(options.env), options.port) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())

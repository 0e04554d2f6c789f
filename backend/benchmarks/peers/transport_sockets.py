"""The product's transport by itself: signed requests over its own HTTP/1.1 connection, parsed but not decoded."""

from __future__ import annotations

from benchmarks.peers import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from benchmarks.peers.program import Task


class SocketTransport:
    """Endpoint and credentials come from the environment."""

    def __init__(self, task: Task) -> None:
        from api.dynamodb.transport.http import Transport

        self._request = program.get_request(task)
        self._transport = Transport.of_environment()

    def get(self, _: int) -> Any:
        return self._transport.call("GetItem", self._request)

    def get_summary(self, response: Any) -> object:
        return response["Item"]["em"]["S"]


if __name__ == "__main__":
    program.main(SocketTransport)

"""The same requests, signed by the product's signer, over urllib3's connection pool instead of its own connection."""

from __future__ import annotations

from benchmarks.peers import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from benchmarks.peers.program import Task


class Urllib3Transport:
    """One pool, shared by all threads, with as many connections as the service has threads."""

    def __init__(self, task: Task) -> None:
        import urllib3

        from api.dynamodb.transport.signing import Signer, StaticCredentials

        self._request = program.get_request(task)
        self._pool = urllib3.connection_from_url(task.endpoint, maxsize=8, retries=False)
        authority = f"{self._pool.host}:{self._pool.port}"
        self._signer = Signer(StaticCredentials("test", "test", None), task.region, authority)
        self._timeout = urllib3.Timeout(connect=3, read=60)

    def get(self, _: int) -> Any:
        import orjson

        body = orjson.dumps(self._request)
        headers = self._signer.headers("DynamoDB_20120810.GetItem", body)
        response = self._pool.urlopen("POST", "/", body=body, headers=headers, timeout=self._timeout)
        if response.status != 200:
            raise SystemExit(f"the engine answered {response.status}: {response.data[:300]!r}")
        return orjson.loads(response.data)

    def get_summary(self, response: Any) -> object:
        return response["Item"]["em"]["S"]


if __name__ == "__main__":
    program.main(Urllib3Transport)

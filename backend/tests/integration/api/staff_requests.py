"""Requests of any method by a member of the cast; Dora, who is staff, unless another is named."""

from __future__ import annotations

from typing import Any

import orjson
from django.test import Client

from tests.integration.api.conftest import DORA, bearer

STAFF = "/api/staff"


def ask(
    site: Client, method: str, address: str, document: Any = None, *, by: int | None = DORA, **headers: str
) -> Any:
    """The answer to `method` at an address of staff, with a document as JSON if there is one.

    Headers are named as keywords are: `if_match='"1-1"'`.
    """
    sent = {name.replace("_", "-").title(): value for name, value in headers.items()}
    body = b"" if document is None else orjson.dumps(document)
    return site.generic(
        method, STAFF + address, body, content_type="application/json",
        headers={**({} if by is None else bearer(by)), **sent},
    )  # fmt: skip


def told(site: Client) -> list[tuple[int, str, str, Any]]:
    """Who, action, target and changes of every entry of the audit log, oldest first."""
    items = ask(site, "GET", "/audit/?limit=100").json()["items"]
    return [(e["staff_id"], e["action"], e["target"], e["changes"]) for e in reversed(items)]

"""Ends a process behind any of its calls."""

from __future__ import annotations

from typing import Any

import pytest

from api.dynamodb.table.store import Store


class Died(BaseException):
    """Stands for the death of the process."""


class Fuse:
    """Ends the process behind a call, when the engine has carried it out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 10**9
        self.operations: list[str] = []
        make_call = Store._call

        def call(store: Store, operation: str, request: dict[str, Any], **how: Any) -> dict[str, Any]:
            answer = make_call(store, operation, request, **how)
            self.operations.append(operation)
            self.left -= 1
            if self.left < 0:
                raise Died
            return answer

        monkeypatch.setattr(Store, "_call", call)

"""Every kind of finding says what is wrong."""

from __future__ import annotations

from repair.findings import KINDS


def test_every_kind_of_finding_is_worded() -> None:
    for kind, (fault, _) in KINDS.items():
        assert kind == kind.lower() and fault

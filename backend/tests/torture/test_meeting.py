"""Two uses of one user in one millisecond: giving one back never takes the other."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from api.dynamodb.repositories import UsageLogRepository
from api.dynamodb.transport import factory
from api.dynamodb.usage_limits.decisions import AdmissionUnknown
from tests.support.fault_proxy import Fault, FaultProxy
from tests.torture.admission_process import MOMENT
from tests.torture.torture_table import TortureTable

METADATA = {"text": "x" * 600}


def test_a_use_that_is_given_back_takes_no_other_with_it(
    torture_table_on_ministack: TortureTable,
    use_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torture_table = torture_table_on_ministack
    user_id = torture_table.new_user()
    usage = UsageLogRepository(now=lambda: MOMENT)
    # One chance in 4,096: the ids of two uses begin with the same twelve bits.
    ids = iter([b"same-1", b"same-2"])
    monkeypatch.setattr(secrets, "token_bytes", lambda size: next(ids))
    assert usage.admit(user_id, "hint", 50, metadata=METADATA).allowed
    with FaultProxy(
        torture_table.engine.endpoint_url,
        lambda call: Fault.CUT if call.operation == "TransactWriteItems" else None,
    ) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        factory.clear_cache()
        with pytest.raises(AdmissionUnknown) as unknown:
            UsageLogRepository(now=lambda: MOMENT).admit(user_id, "hint", 50, metadata=METADATA)
    assert usage.refund(unknown.value.receipt) is False
    assert torture_table.book(user_id, MOMENT).count == 1

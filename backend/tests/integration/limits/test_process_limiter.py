"""The process's limiter: one for the configured table, made without a call."""

from __future__ import annotations

from collections.abc import Callable

from api.dynamodb.metering import meter
from api.limits import limiter
from api.limits.limiter import forget


def test_there_is_one_limiter_for_the_configured_table(
    use_settings: Callable[..., None], fresh_ways: None
) -> None:
    use_settings(LOCALSTACK_URL="http://127.0.0.1:1", DYNAMODB_TABLE="one")
    with meter.recording() as recording:
        first = limiter()
        assert limiter() is first
        use_settings(DYNAMODB_TABLE="two")
        assert limiter() is not first
        use_settings(DYNAMODB_TABLE="one")
        assert limiter() is first
        forget()
        assert limiter() is not first
    assert recording.calls == []
    forget()

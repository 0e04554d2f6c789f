"""What is read of a table before an index is added: all of a small one, a stated sample of a large one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.dynamodb.control_plane.declaration import IndexConfig, Key
from api.dynamodb.control_plane.description import describe_table
from examples.decision_log.table_configs.dora_decision_log import BY_MARKET, TABLE
from lifecycle.online.table_sample import TableSample, sample_table
from lifecycle.online.targets import IndexTarget
from lifecycle.online.verification import verify_index
from tests.integration.lifecycle.decision_log_tables import Log, decision
from tests.support.engines import Engine

ITEMS = 240


@pytest.fixture(scope="module")
def log(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Log]:
    """Every tenth decision is on no market, and half of the others are on one."""
    made = Log(engine.endpoint_url, engine.client())
    markets = [None if n % 10 == 0 else {"S": "heavy" if n % 2 else f"m{n}"} for n in range(ITEMS)]
    made.create(0, extra=tuple(decision(n, market_id=market) for n, market in enumerate(markets)))
    yield made
    made.delete()


def look(log: Log, sample: int | None, index: IndexConfig = BY_MARKET) -> TableSample:
    return sample_table(log.client, describe_table(log.client, log.name), index, sample=sample, keep=5)


@pytest.mark.parametrize("sample", [None, ITEMS + 1, 1_000, 10_000])
def test_a_small_table_is_read_whole(log: Log, sample: int | None) -> None:
    found = look(log, sample)
    assert (found.read, found.complete, found.coverage) == (ITEMS, True, "all 240 items")
    assert dict(found.faults) == {("market_id", "missing"): ITEMS // 10}
    assert (found.eligible, len(found.weights), len(found.kept_items)) == (216, 97, 5)
    assert found.heaviest == ("heavy", 120 / 216)
    assert found.refused == 0


@pytest.mark.parametrize("sample", [1, 60, 200])
def test_of_a_large_table_a_sample_is_read_and_said_to_be_one(log: Log, sample: int) -> None:
    found = look(log, sample)
    assert (found.read, found.complete) == (sample, False)
    assert found.coverage == f"a sample of {sample} of about 240 items, {sample / ITEMS:.1%}"
    assert found.items == ITEMS
    assert found.estimate().entries == round(ITEMS * found.eligible / sample)


def test_an_index_that_carries_less_has_smaller_entries(log: Log) -> None:
    whole, keys = (
        look(log, None, IndexConfig("some-index", Key("market_id"), None, projection)).estimate()
        for projection in ("ALL", "KEYS_ONLY")
    )
    assert keys.entry_bytes < whole.entry_bytes


def test_a_sample_of_an_index_is_proven_without_counting(log: Log) -> None:
    from lifecycle.online import build_index

    build_index(log.client, log.name, TABLE, BY_MARKET, progress=lambda line: None)
    target = IndexTarget(describe_table(log.client, log.name), TABLE, (BY_MARKET,), (), declared=True)
    sampled = verify_index(log.client, target, BY_MARKET, sample=20)
    assert sampled.holds and sampled.comparison.in_index is None and 0 < sampled.comparison.compared <= 40
    whole = verify_index(log.client, target, BY_MARKET, sample=None)
    assert whole.holds and whole.comparison.in_index == whole.comparison.in_table == 216
    assert whole.timing is not None and whole.timing.same

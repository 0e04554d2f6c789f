"""What is read of a table before an index is added: all of a small one, a stated sample of a large one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from examples.decision_log.table_configs.dora_decision_log import BY_MARKET, TABLE
from lifecycle.declaration import IndexConfig, Key
from lifecycle.online.proof import prove
from lifecycle.online.state import describe
from lifecycle.online.survey import Survey, survey
from lifecycle.online.targets import Target
from tests.integration.lifecycle.online_world import Log, decision
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


def look(log: Log, sample: int | None, index: IndexConfig = BY_MARKET) -> Survey:
    return survey(log.client, describe(log.client, log.name), index, sample=sample, keep=5)


@pytest.mark.parametrize("sample", [None, ITEMS + 1, 1_000, 10_000])
def test_a_small_table_is_read_whole(log: Log, sample: int | None) -> None:
    found = look(log, sample)
    assert (found.read, found.complete, found.coverage) == (ITEMS, True, "all 240 items")
    assert dict(found.faults) == {("market_id", "missing"): ITEMS // 10}
    assert (found.eligible, len(found.weights), len(found.kept)) == (216, 97, 5)
    assert found.heaviest == ("heavy", 120 / 216)
    assert found.refused == 0


@pytest.mark.parametrize("sample", [1, 60, 200])
def test_of_a_large_table_a_sample_is_read_and_said_to_be_one(log: Log, sample: int) -> None:
    found = look(log, sample)
    assert (found.read, found.complete) == (sample, False)
    assert found.coverage == f"a sample of {sample} of about 240 items, {sample / ITEMS:.1%}"
    about = found.estimate()
    assert about.items == ITEMS
    assert about.entries == round(ITEMS * found.eligible / sample)


def test_an_index_that_carries_less_has_smaller_entries(log: Log) -> None:
    whole, keys = (
        look(log, None, IndexConfig("some-index", Key("market_id"), None, projection)).estimate()
        for projection in ("ALL", "KEYS_ONLY")
    )
    assert keys.entry_bytes < whole.entry_bytes


def test_a_sample_of_an_index_is_proven_without_counting(log: Log) -> None:
    from lifecycle.online import build_index

    build_index(log.client, log.name, TABLE, BY_MARKET, progress=lambda line: None)
    target = Target(describe(log.client, log.name), TABLE, (BY_MARKET,), (), declared=True)
    sampled = prove(log.client, target, BY_MARKET, sample=20)
    assert sampled.holds and sampled.checked.in_index is None and 0 < sampled.checked.compared <= 40
    whole = prove(log.client, target, BY_MARKET, sample=None)
    assert whole.holds and whole.checked.in_index == whole.checked.in_table == 216
    assert whole.timing is not None and whole.timing.same

"""The simulation of key heat: the same each time, with real keys, and it finds a hot key where there is one."""

from __future__ import annotations

from random import Random

import pytest

from api.dynamodb.schema import keys
from design.actor import Shape
from design.growth import SCALES, Scale
from design.heat import REMEDY, report, simulate, zipf_rank
from design.units import PARTITION_WRITES, RESOURCES

SAMPLE = 20_000
HUGE = Scale(300_000_000, 200_000)


def test_it_is_the_same_each_time_and_another_seed_changes_it() -> None:
    first, again = (simulate.__wrapped__(SCALES[1], sample=5_000) for _ in range(2))
    assert first == again
    assert simulate(SCALES[1], sample=5_000, seed=1) != first


@pytest.mark.parametrize("scale", SCALES[:2], ids=lambda scale: f"{scale.users} users")
def test_no_key_is_overloaded_up_to_ten_million_users(scale: Scale) -> None:
    heat = simulate(scale)
    assert heat.overloaded == ()
    assert {key.resource for key in heat.hottest} == set(RESOURCES)
    assert heat.hottest[0].share < 0.1
    assert "no partition key exceeds" in report(heat)


def test_the_declared_timeline_is_found_to_be_overloaded_where_one_of_four_shards_is_not() -> None:
    raised = Shape(timeline_shards=4, cached=0.9)
    assert not [key for key in simulate(HUGE, raised, sample=SAMPLE).overloaded if key.resource == "GSI2"]
    heat = simulate(HUGE, Shape(cached=0.9), sample=SAMPLE)
    (hot,) = [key for key in heat.overloaded if key.resource == "GSI2"]
    assert hot.pk == keys.TIMELINE.pk(0)
    # One key takes every public run: 30 million active people, a run each on average, three times that at peak.
    expected = 30_000_000 / 86_400 * 3 * (1 + 0.1 + 0.02)
    assert hot.writes == pytest.approx(expected, rel=0.15)
    assert hot.writes > PARTITION_WRITES
    assert f"OVERLOADED: {len(heat.overloaded)} keys" in report(heat)
    assert "PUB#0" in report(heat)


def test_a_billion_users_overload_shared_keys_and_the_remedy_cures_them() -> None:
    declared = simulate(SCALES[2])
    hot = {key.pk for key in declared.overloaded}
    assert set(keys.ALL_PROBLEMS.partitions()) <= hot
    assert keys.problem_pk(1) in hot
    assert {key.pk.split("#")[0] for key in declared.overloaded} <= {"PRB", "PRBLIST", "PUB"}
    remedied = simulate(SCALES[2], REMEDY)
    assert remedied.overloaded == ()
    assert remedied.floor < 1


def test_shards_divide_the_writes_of_the_timeline() -> None:
    one, four = (simulate(HUGE, Shape(timeline_shards=n), sample=SAMPLE).top("GSI2", 9) for n in (1, 4))
    assert (len(one), len(four)) == (1, 4)
    assert sum(key.writes for key in four) == pytest.approx(one[0].writes, rel=0.05)


def test_ranks_follow_zipfs_law() -> None:
    random = Random(7)
    ranks = [zipf_rank(random.random(), 1_000, 1.0) for _ in range(50_000)]
    harmonic = sum(1 / n for n in range(1, 1_001))
    for rank in (1, 2, 5):
        assert ranks.count(rank) / len(ranks) == pytest.approx(1 / rank / harmonic, rel=0.15)
    assert (min(ranks), max(ranks)) == (1, 1_000)
    flat = [zipf_rank(random.random(), 10, 0.0) for _ in range(50_000)]
    assert all(flat.count(rank) == pytest.approx(5_000, rel=0.1) for rank in range(1, 11))

"""A sample has both ends, is drawn again by its seed, and is everything with `--torture`."""

from __future__ import annotations

from tests.support.torture import Sample

POINTS = range(50)


def test_a_sample_has_the_first_point_the_last_and_some_in_between() -> None:
    drawn = Sample("1", full=False).of(POINTS, between=4)
    assert len(drawn) == 6
    assert (drawn[0], drawn[-1]) == (0, 49)
    assert drawn == sorted(set(drawn))


def test_its_seed_draws_it_again() -> None:
    first, again, other = (Sample(seed, full=False).of(POINTS) for seed in ("1", "1", "2"))
    assert first == again != other


def test_with_torture_it_is_everything() -> None:
    assert Sample("1", full=True).of(POINTS) == list(POINTS)


def test_few_points_are_all_tried() -> None:
    assert Sample("1", full=False).of([1, 2, 3], between=3) == [1, 2, 3]

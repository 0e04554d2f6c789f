"""How much the torture tests do: little in every run of the tests, much with --torture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Numbers of runs, steps and kills."""

    race_runs: int
    race_variant_runs: int
    fault_runs: int
    fault_attempts: int
    limiter_steps: int
    repository_steps: int
    shaken_limiter_steps: int
    shaken_repository_steps: int
    kills: int
    outage_calls: int


SMALL = Scale(
    race_runs=3, race_variant_runs=1, fault_runs=1, fault_attempts=60,
    limiter_steps=120, repository_steps=15, shaken_limiter_steps=60, shaken_repository_steps=60,
    kills=6, outage_calls=10,
)  # fmt: skip
# The steps on repositories are for each of four.
FULL = Scale(
    race_runs=100, race_variant_runs=20, fault_runs=8, fault_attempts=120,
    limiter_steps=5_200, repository_steps=1_200, shaken_limiter_steps=600, shaken_repository_steps=100,
    kills=200, outage_calls=60,
)  # fmt: skip

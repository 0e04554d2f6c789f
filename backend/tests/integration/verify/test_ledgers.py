"""Counts and samples look into ledgers, and a table in which logs are items of their own is proven as well."""

from __future__ import annotations

from typing import Any

import pytest

from config.environment import environment
from migration.verify import VerificationOptions, verify_counts, verify_sample
from migration.verify.report import text
from tests.integration.verify.test_damage import LOG_ID, in_ledger, log_apart
from tests.integration.verify.verification_harness import DAY, L, MigratedTable, P, U

pytestmark = pytest.mark.any_engine


LOOKS_INTO_LEDGERS: dict[str, tuple[Any, set[tuple[str, str, str]]]] = {
    "lost": (in_ledger(f"={L + 1},"), {("missing", "usage_log", LOG_ID)}),
    "changed": (in_ledger(f",{P + 1}", f",{P + 2}"), {("changed", "usage_log", str(L + 2))}),
    "twice": (log_apart, {("duplicated", "usage_log", LOG_ID)}),
}


@pytest.mark.parametrize("damage", LOOKS_INTO_LEDGERS)
def test_counts_and_samples_look_into_ledgers(migrated: MigratedTable, damage: str) -> None:
    damage_table, expected = LOOKS_INTO_LEDGERS[damage]
    damage_table(migrated)
    options = VerificationOptions(workers=2, all_differences=True)
    sample = verify_sample(environment(), options, 500)
    assert {(d.problem, d.kind, d.id) for d in sample.differences.listed} == expected, text(sample)
    counts = verify_counts(environment(), options)
    uncounted = [line.kind for line in counts.lines if not line.agrees]
    assert uncounted == ([] if damage == "changed" else ["usage_log"]), text(counts)


def test_logs_of_an_earlier_version_agree_beside_those_in_ledgers(migrated: MigratedTable) -> None:
    ledger = migrated.get(f"USR#{U + 1}#USE#hint", f"DAY#{DAY:%Y-%m-%d}")
    log_apart(migrated)
    entries = [entry for entry in ledger["us"]["SS"] if not entry.startswith(f"={L + 1},")]
    migrated.change(ledger, us={"SS": entries}, n={"N": "1"})
    options = VerificationOptions(workers=2, all_differences=True)
    for report in (
        migrated.verify(), verify_counts(environment(), options), verify_sample(environment(), options, 500)
    ):  # fmt: skip
        assert report.agrees, text(report)


def test_a_use_of_the_service_in_a_moved_ledger_is_a_difference_of_that_day_alone(
    migrated: MigratedTable,
) -> None:
    ledger = migrated.get(f"USR#{U + 1}#USE#hint", f"DAY#{DAY:%Y-%m-%d}")
    migrated.change(ledger, us={"SS": [*ledger["us"]["SS"], "q3Zk0a_V1815123"]}, la={"N": "1793584501"})
    (difference,) = migrated.verify().differences.listed
    assert (difference.problem, difference.kind) == ("changed", "usage_day")
    assert {detail.field for detail in difference.details} == {"uses", "last_use"}

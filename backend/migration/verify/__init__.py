"""Verification of a migration: compares the source with the table and names each difference.

`verification` compares every record, `counts` only numbers, `sample` random rows. The records expected of
the source (`expected_items`) and those of the table (`item_records`, `text_parts`) are computed
independently of the migration and of each other; their digests are compared bucket by bucket
(`source_digest`, `table_digest`), and differing buckets record by record (`bucket_comparison`).
"""

from migration.verify.counts import verify_counts
from migration.verify.sample import verify_sample
from migration.verify.scan import ScanPlan, bare_scan
from migration.verify.verification import VerificationOptions, VerificationReport, verify

__all__ = [
    "ScanPlan",
    "VerificationOptions",
    "VerificationReport",
    "bare_scan",
    "verify",
    "verify_counts",
    "verify_sample",
]

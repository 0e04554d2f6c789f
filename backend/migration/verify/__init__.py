"""Verification of a migration: compares the source with the table and names each difference.

`verification` compares every record, `parts` does so in processes or machines of their own, `counts` compares only
numbers, `sample` random rows. `export` puts a DynamoDB export in the place of the table.

The records expected of the source (`expected_items`) and those of the table (`item_records`, `text_parts`) are
computed independently of the migration and of each other; their digests are compared bucket by bucket
(`source_digest`, `table_digest`), and differing buckets record by record (`bucket_comparison`).
"""

from migration.verify.counts import verify_counts
from migration.verify.export import opened_export
from migration.verify.parts import PartReport, combine, verify_part
from migration.verify.sample import verify_sample
from migration.verify.scan import ScanPlan, bare_scan
from migration.verify.verification import VerificationOptions, VerificationReport, verify

__all__ = [
    "PartReport",
    "ScanPlan",
    "VerificationOptions",
    "VerificationReport",
    "bare_scan",
    "combine",
    "opened_export",
    "verify",
    "verify_counts",
    "verify_part",
    "verify_sample",
]

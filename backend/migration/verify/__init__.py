"""The proof of the move: compares the source with the table, counts and contents, and names what differs.

`run.verify` compares everything, `counts.verify_counts` numbers alone, `sample.verify_sample` random
rows. The source's side (`expect`) and the table's side (`observe`, `texts`) are written apart from the
loader and from each other's formulas; both yield records, whose digests are compared bucket by bucket.
"""

from migration.verify.counts import verify_counts
from migration.verify.run import Options, Verification, verify
from migration.verify.sample import verify_sample
from migration.verify.scan import bare_scan, segments_for

__all__ = [
    "Options",
    "Verification",
    "bare_scan",
    "segments_for",
    "verify",
    "verify_counts",
    "verify_sample",
]

"""Applies changes of the source to the table: rows are read again behind a barrier, never taken from the log.

`follower` is the loop. `batch` collects what changed, `snapshot` reads it as of one moment, `contents` builds the items
by the move's encoder, `guards` decides who holds a unique key, `lanes` writes under a fence, `ledger` remembers every
key, `seeding` makes the ledger, and `lag` measures.
"""

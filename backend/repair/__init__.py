"""Finds and mends what does not fit together inside the table, and rebuilds everything that is derived in it."""

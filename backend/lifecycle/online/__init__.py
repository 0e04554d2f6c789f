"""Indexes of a table in use: estimated before they are added, built and dropped online, verified afterwards.

No state is kept outside DynamoDB: a repeated call continues from the table's own state.
"""

from lifecycle.online.build import build_index, drop_index

__all__ = ["build_index", "drop_index"]

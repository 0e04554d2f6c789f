"""Indexes of a table that holds data: looked at beforehand, built and dropped while it is in use, proven afterwards.

Nothing is kept outside DynamoDB: whoever calls again goes on where the table is.
"""

from lifecycle.online.build import build_index, drop_index

__all__ = ["build_index", "drop_index"]

"""Failures of versioned changes: each is one line with the next step in it."""

from __future__ import annotations

from api.dynamodb.control_plane.errors import TableChangeError
from api.dynamodb.errors import DataLayerError


class BadInput(TableChangeError):
    """A file, name, option or table cannot be used; nothing was changed (exit code 2)."""


class ChangeFailed(DataLayerError):
    """A change failed half-way: the history records it, and completed steps stay (exit code 1)."""

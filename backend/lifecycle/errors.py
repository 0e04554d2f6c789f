"""Failures of versioned changes: one line each, with the next step in it."""

from __future__ import annotations

from api.dynamodb.errors import DataLayerError


class BadInput(DataLayerError):
    """What was asked for cannot be done; nothing was changed (exit code 2)."""


class Held(BadInput):
    """Another runner holds the environment; the message says who, and since when."""


class LeaseLost(DataLayerError):
    """This runner's hold was lost or could not be renewed in time; another one may go on where it was."""


class ChangeFailed(DataLayerError):
    """A change failed half-way: the history says so, and what was done is kept (exit code 1)."""

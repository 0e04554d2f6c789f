"""Failures of changes to a table."""

from __future__ import annotations

from api.dynamodb.errors import DataLayerError


class TableChangeError(DataLayerError):
    """The change cannot be made to this table. The call that raised it changed nothing."""


class LimitReached(TableChangeError):
    """A quota of the table or the account is used up; the same call will be refused again."""


class ChangeInProgress(TableChangeError):
    """Another change of the table is in progress; the same call can be made again later."""

"""The kinds of change, each of which looks first and does what is missing; `data` changes items, the rest tables."""

from lifecycle.operations.base import AS_DECLARED, Context, Operation
from lifecycle.operations.data import DataChange, Item
from lifecycle.operations.indexes import AddIndex, DropIndex
from lifecycle.operations.settings import SetProtection, SetRecovery, SetStream, SetTags, SetTTL
from lifecycle.operations.tables import CreateTable, DeleteTable
from lifecycle.operations.throughput import SetBilling

__all__ = [
    "AS_DECLARED",
    "AddIndex",
    "Context",
    "CreateTable",
    "DataChange",
    "DeleteTable",
    "DropIndex",
    "Item",
    "Operation",
    "SetBilling",
    "SetProtection",
    "SetRecovery",
    "SetStream",
    "SetTTL",
    "SetTags",
]

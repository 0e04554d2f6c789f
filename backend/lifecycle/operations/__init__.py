"""The operations of changes, each of which does only what is missing; `data` changes items, the others tables."""

from lifecycle.operations.base import AS_DECLARED, Context, Operation
from lifecycle.operations.costs import SetInsights, SetTableClass
from lifecycle.operations.data import DataChange, Item
from lifecycle.operations.indexes import AddIndex, DropIndex, SwitchReaders
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
    "SetInsights",
    "SetProtection",
    "SetRecovery",
    "SetStream",
    "SetTTL",
    "SetTableClass",
    "SetTags",
    "SwitchReaders",
]

"""An item as a function of a data change sees it: a dict that notes which attributes were read."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any


class ItemView(dict[str, Any]):
    """A copy of an item that notes what is read of it, so that a write can be guarded by everything it depends on.

    `reads` has the names that were looked up, present or missing. Iterating, copying or comparing the item reads
    every attribute that it has. What is looked up in a copy of it is not noted.
    """

    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__(item)
        self.reads: set[str] = set()

    def _read_all(self) -> None:
        self.reads.update(dict.keys(self))

    def __getitem__(self, name: str) -> Any:
        self.reads.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.reads.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dict."""
        self.reads.add(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        """As of a dict."""
        self.reads.add(name)
        return super().pop(name, *default)

    def popitem(self) -> tuple[str, Any]:
        """As of a dict."""
        self._read_all()
        return super().popitem()

    def setdefault(self, name: str, default: Any = None) -> Any:
        """As of a dict."""
        self.reads.add(name)
        return super().setdefault(name, default)

    # CPython copies a dict through `__iter__` or `keys` once a subclass overrides them: `{**item}` is noted as well.
    def __iter__(self) -> Iterator[str]:
        self._read_all()
        return super().__iter__()

    def __reversed__(self) -> Iterator[str]:
        self._read_all()
        return super().__reversed__()

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # (typeshed's type cannot be made outside of dict)
        """As of a dict."""
        self._read_all()
        return super().keys()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        """As of a dict."""
        self._read_all()
        return super().values()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        """As of a dict."""
        self._read_all()
        return super().items()

    def copy(self) -> dict[str, Any]:
        """As of a dict."""
        return dict(self)

    def __repr__(self) -> str:
        self._read_all()
        return super().__repr__()

    def __len__(self) -> int:
        self._read_all()
        return super().__len__()

    def __eq__(self, other: object) -> bool:
        self._read_all()
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None

    def __or__(self, other: Any) -> Any:
        return dict(self) | other

    def __ror__(self, other: Any) -> Any:
        return other | dict(self)

"""A large text that is handed on while it is read: nobody holds all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from api.dynamodb import large_text
from api.dynamodb.item_size import WireValue
from api.dynamodb.store import Store, key_of


class OpenText:
    """One text of a stored thing. Iterating reads it, in pieces of at most 64 KB of UTF-8, each time anew.

    `bytes` is its length, None where that was not recorded. A text in its item costs nothing more; one in
    parts one Query for every 1 MB of them (consistent: 1 RCU per 4 KB), made when its first piece is asked for.
    Iterating raises `Corrupt` when a part is missing, which is also what a reader meets whose text is replaced
    meanwhile, or when the whole does not match its digest: its last piece is not handed out then.
    """

    def __init__(self, store: Store, owner: str, attribute: str, value: WireValue) -> None:
        self.bytes = large_text.text_bytes(value)
        self._store = store
        self._value = value
        self._keys = large_text.part_keys(owner, attribute, value)

    def __iter__(self) -> Iterator[bytes]:
        if self._keys:
            return large_text.stream_parts(self._value, self._parts())
        return large_text.stream_inline(self._value)

    def _parts(self) -> Iterator[Mapping[str, WireValue] | None]:
        """The parts in order, a page of them at a time; None for one that is missing."""
        wanted = iter(self._keys)
        (pk, first), (_, last) = self._keys[0], self._keys[-1]
        start = None
        while True:
            page = self._store.query(pk, sort=(first, last), entity="text_part", consistent=True, start=start)
            for item in page.items:
                yield item if key_of(item) == next(wanted) else None
            start = page.last_key
            if start is None:
                break
        if next(wanted, None) is not None:
            yield None

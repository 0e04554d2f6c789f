"""Streaming of a large text: it is passed on while it is read, and never held in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from api.dynamodb.codec import large_text
from api.dynamodb.codec.item_size import WireValue
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import key_of


class OpenText:
    """One large text of a stored record. Each iteration reads it anew, in pieces of at most 64 KB of UTF-8.

    `bytes` is its length, None if that was not recorded. A text inside its item costs nothing more. A text in
    parts costs one consistent Query per 1 MB of compressed text (1 RCU per 4 KB), made as pieces are needed.
    Iterating raises `Corrupt` if a part is missing, also because the text is being replaced, or if the text
    does not match its digest; its last piece is not returned then.
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
        """The parts in order, read page by page; None for a missing one."""
        expected = iter(self._keys)
        (pk, first), (_, last) = self._keys[0], self._keys[-1]
        start = None
        while True:
            page = self._store.query(pk, sort=(first, last), entity="text_part", consistent=True, start=start)
            for item in page.items:
                yield item if key_of(item) == next(expected) else None
            start = page.last_key
            if start is None:
                break
        if next(expected, None) is not None:
            yield None

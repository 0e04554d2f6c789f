"""The keys and groups in the rows of a row event, without their other values."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from live.source.changes import Group, RowChange, SourceRefused
from live.source.table_map import TableLayout, Value, length_encoded

INSERT, UPDATE, DELETE = "insert", "update", "delete"
# Row events by type: of versions 1 and 2, and those that MariaDB compresses.
ROW_EVENTS = {
    23: INSERT, 24: UPDATE, 25: DELETE, 30: INSERT, 31: UPDATE, 32: DELETE,
    166: INSERT, 167: UPDATE, 168: DELETE, 169: INSERT, 170: UPDATE, 171: DELETE,
}  # fmt: skip
_COMPRESSED = 166
_WITH_EXTRA = frozenset({30, 31, 32, 169, 170, 171})


def row_changes(kind: int, body: bytes, layout: TableLayout) -> Iterator[RowChange]:
    """The changes in a row event's body. Raises `SourceRefused` for images that lack a key or a group."""
    operation = ROW_EVENTS[kind]
    start = 8
    if kind in _WITH_EXTRA:
        start += int.from_bytes(body[start : start + 2], "little")
    count, start = length_encoded(body, start)
    width = (count + 7) // 8
    images = 2 if operation == UPDATE else 1
    present = [_bits(body, start + n * width, count) for n in range(images)]
    start += images * width
    if kind >= _COMPRESSED:
        body, start = decompressed(body, start), 0
    if count != len(layout.sizes):
        raise SourceRefused(f"{layout.table.name}: a row event has other columns than its table map")
    end = len(body)
    while start < end:
        values, start = _image(body, start, present[0], layout)
        if operation != UPDATE:
            groups = (_group(values, layout),) if layout.groups else ()
            yield RowChange(layout.table.name, _key(values, layout), None, groups)
            continue
        after, start = _image(body, start, present[1], layout)
        former = _key(values, layout)
        # A minimal image after the change has the columns that changed alone.
        row_id = _key(after, layout) if layout.key in present[1] else former
        image_groups = (_group(values, layout), _group(after, layout)) if layout.groups else ()
        yield RowChange(layout.table.name, row_id, None if row_id == former else former, image_groups)
    if start != end:
        raise SourceRefused(f"{layout.table.name}: a row does not end where its event ends")


def decompressed(body: bytes, start: int = 0) -> bytes:
    """What MariaDB compressed: a byte of which the low bits say how many bytes of length follow, then zlib."""
    return zlib.decompress(body[start + 1 + (body[start] & 7) :])


def _bits(body: bytes, start: int, count: int) -> list[int]:
    """The positions of the columns that are in an image."""
    return [n for n in range(count) if body[start + n // 8] >> (n % 8) & 1]


def _image(body: bytes, start: int, present: list[int], layout: TableLayout) -> tuple[dict[int, Value], int]:
    """The wanted values of one image by column position, and where the image ends."""
    width = (len(present) + 7) // 8
    nulls = int.from_bytes(body[start : start + width], "little")
    start += width
    sizes, readers = layout.sizes, layout.readers
    values: dict[int, Value] = {}
    bit = 1
    for column in present:
        if nulls & bit:
            if column in readers:
                values[column] = None
        else:
            prefix, end = sizes[column]
            if prefix == 0:
                end += start
            elif prefix == 1:
                start += 1
                end = start + body[start - 1]
            else:
                start += prefix
                end = start + int.from_bytes(body[start - prefix : start], "little")
            if column in readers:
                values[column] = readers[column](body, start, end)
            start = end
        bit <<= 1
    return values, start


def _key(values: dict[int, Value], layout: TableLayout) -> int:
    key = values.get(layout.key)
    if not isinstance(key, int):
        raise SourceRefused(
            f"{layout.table.name}: a row was logged without its key: set binlog_row_image to FULL"
        )
    return key


def _group(values: dict[int, Value], layout: TableLayout) -> Group:
    try:
        return tuple(values[column] for column in layout.groups)
    except KeyError:
        names = ", ".join(layout.table.groups)
        raise SourceRefused(
            f"{layout.table.name}: a row was logged without {names}: set binlog_row_image to FULL, for every session"
        ) from None

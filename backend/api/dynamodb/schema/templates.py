"""Key templates: one text builds a key and is what the documents print for it."""

from __future__ import annotations

import re

from api.dynamodb.errors import KeyTooLong

MAX_PARTITION_KEY_BYTES = 2_048
MAX_SORT_KEY_BYTES = 1_024

_PART = re.compile(r"\{([^}:]+)(?::0(\d+))?\}")


def check_partition_key(value: str) -> str:
    """Returns the value. Raises `KeyTooLong` beyond 2,048 bytes of UTF-8."""
    if len(value) * 4 > MAX_PARTITION_KEY_BYTES and len(value.encode()) > MAX_PARTITION_KEY_BYTES:
        raise KeyTooLong(
            f"partition key {value[:40]!r}... has {len(value.encode())} bytes, at most 2048 are allowed"
        )
    return value


class KeyTemplate:
    """A key as text with its parts in braces, such as `USR#{user_id}#PRB#{problem_id}`.

    A part like `{user_id:016}` is a number padded with zeros to 16 digits, so that keys sort by it.
    """

    __slots__ = ("_format", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._format = _PART.sub(lambda part: f"%0{part[2]}d" if part[2] else "%s", text)

    def key(self, *parts: object) -> str:
        """The key with these parts, in the order of the template."""
        return self._format % parts

    def checked_key(self, *parts: object) -> str:
        """The same for a partition key with parts of any length. Raises `KeyTooLong`."""
        return check_partition_key(self._format % parts)

    def with_text(self, **parts: str) -> str:
        """The template's text with some parts replaced by texts, given by the parts' names."""
        return _PART.sub(lambda part: parts.get(part[1], part[0]), self.text)

    def __str__(self) -> str:
        return self.text


class ShardedList:
    """A list spread over a number of partitions, its shards; an entry's id, modulo that number, picks its partition.

    prefix: the partition key without its last part, the shard.
    id_name: the entry's id in the documents.
    shards: their number, unless the settings have another one.
    setting: the name in the settings of the lists whose number of shards can be set (see `list_shards`); None for
    a fixed number.

    Raises `KeyTooLong`.
    """

    __slots__ = ("_id_name", "_prefix", "setting", "shards")

    def __init__(self, prefix: str, id_name: str, shards: int, setting: str | None = None) -> None:
        check_partition_key(f"{prefix}{shards - 1}")
        self._prefix = prefix
        self._id_name = id_name
        self.shards = shards
        self.setting = setting

    def pk(self, shard: int) -> str:
        """Partition key of one shard."""
        return f"{self._prefix}{shard}"

    def pk_of(self, entry_id: int) -> str:
        """Partition key of the entry with that id."""
        return f"{self._prefix}{entry_id % self.shards}"

    def partitions(self) -> list[str]:
        """Every partition key of the list; a page of the list is merged from all of them."""
        return [self.pk(shard) for shard in range(self.shards)]

    def resharded(self, shards: int) -> ShardedList:
        """The same list over another number of partitions."""
        return ShardedList(self._prefix, self._id_name, shards, self.setting)

    @property
    def entry_text(self) -> str:
        """An entry's partition key in the documents, such as `PND#{note_id % 4}`, or `% shards` if that can be set."""
        return f"{self._prefix}{{{self._id_name} % {'shards' if self.setting else self.shards}}}"

    @property
    def partitions_text(self) -> str:
        """All partition keys in the documents, such as `PUB#{0..3}`."""
        return self._prefix + (f"{{0..{self.shards - 1}}}" if self.shards > 1 else "0")

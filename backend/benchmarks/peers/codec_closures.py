"""The same codec written the ordinary way: a reader and a writer function for each field, called in a loop."""

from __future__ import annotations

from benchmarks.peers import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from benchmarks.peers.program import Task


def _reader(kind: Any) -> Callable[[Any], Any]:
    from datetime import UTC, datetime, timedelta

    from api.dynamodb.schema.entity import Kind

    epoch, exact = datetime(1970, 1, 1, tzinfo=UTC), 4_000_000_000_000_000

    def read_time(value: Any) -> datetime:
        microseconds = int(value["N"])
        if 0 <= microseconds < exact:
            return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
        return epoch + timedelta(0, 0, microseconds)

    readers: dict[Any, Callable[[Any], Any]] = {
        Kind.INT: lambda value: int(value["N"]),
        Kind.BOOL: lambda value: bool(value["BOOL"]),
        Kind.TEXT: lambda value: str(value["S"]),
        Kind.TIME: read_time,
    }
    return readers[kind]


def _writer(kind: Any) -> Callable[[Any], Any]:
    from datetime import UTC, datetime, timedelta

    from api.dynamodb.schema.entity import Kind

    epoch, microsecond, end = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1), 10**38

    def refuse(value: Any) -> Any:
        raise ValueError(f"{value!r} cannot be stored")

    def write_int(value: Any) -> Any:
        return {"N": str(value)} if type(value) is int and -end < value < end else refuse(value)

    def write_bool(value: Any) -> Any:
        return {"BOOL": value} if value is True or value is False else refuse(value)

    def write_text(value: Any) -> Any:
        return {"S": value} if type(value) is str and value.isascii() else refuse(value)

    def write_time(value: Any) -> Any:
        if type(value) is datetime and value.tzinfo is not None:
            return {"N": str((value - epoch) // microsecond)}
        return refuse(value)

    writers: dict[Any, Callable[[Any], Any]] = {
        Kind.INT: write_int, Kind.BOOL: write_bool, Kind.TEXT: write_text, Kind.TIME: write_time,
    }  # fmt: skip
    return writers[kind]


class ClosureCodec:
    """Decodes twenty entries of a user's runs and encodes one; they have whole numbers, flags, texts and times."""

    def __init__(self, task: Task) -> None:
        from api.dynamodb.schema.entities import USER_RUN
        from design.samples import samples

        self._fields = [
            (field.name, field.short, field.required, _reader(field.kind), _writer(field.kind))
            for field in USER_RUN.fields
        ]
        self._items = [samples().items["user_run"]] * task.page
        self._record = self._decode(self._items[0])

    def _decode(self, item: Any) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for name, short, required, read, _ in self._fields:
            value = item.get(short)
            if value is None:
                if required:
                    raise KeyError(short)
                record[name] = None
            else:
                record[name] = read(value)
        return record

    def decode(self, _: int) -> Any:
        return [self._decode(item) for item in self._items]

    def decode_summary(self, records: Any) -> object:
        return program.digest_of(records)

    def encode(self, _: int) -> Any:
        item = {}
        for name, short, required, _read, write in self._fields:
            value = self._record.get(name)
            if value is not None:
                item[short] = write(value)
            elif required:
                raise KeyError(name)
        return item

    def encode_summary(self, item: Any) -> object:
        return program.digest_of(item)


if __name__ == "__main__":
    program.main(ClosureCodec)

"""The product's codec: straight-line code that is generated from an entity's declaration."""

from __future__ import annotations

from benchmarks.peers import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from benchmarks.peers.program import Task


class CompiledCodec:
    """Decodes twenty entries of a user's runs and encodes one."""

    def __init__(self, task: Task) -> None:
        from api.dynamodb.codec.items import CODECS
        from design.samples import samples

        codec = CODECS["user_run"]
        self._items = [samples().items["user_run"]] * task.page
        self._decode, self._encode = codec.decode, codec.encode
        self._record = codec.decode(self._items[0])

    def decode(self, _: int) -> Any:
        return [self._decode(item) for item in self._items]

    def decode_summary(self, records: Any) -> object:
        return program.digest_of(records)

    def encode(self, _: int) -> Any:
        return self._encode(self._record)

    def encode_summary(self, item: Any) -> object:
        return program.digest_of(item)


if __name__ == "__main__":
    program.main(CompiledCodec)

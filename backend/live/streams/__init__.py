"""Reading a table's DynamoDB stream to its end, parents before children, without missing a record unnoticed.

`shards` decides what may be read and what is a gap; it makes no call. `reader` makes the calls. `table_stream` turns a
table's stream on and off.
"""

from live.streams.reader import Batch, StreamReader
from live.streams.shards import Shard, StreamGap, StreamPosition
from live.streams.table_stream import StreamSettings, disable_stream, enable_stream

__all__ = [
    "Batch",
    "Shard",
    "StreamGap",
    "StreamPosition",
    "StreamReader",
    "StreamSettings",
    "disable_stream",
    "enable_stream",
]

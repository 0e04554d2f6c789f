"""How far a stream was read, which shards may be read now, and when records are missing. Pure: it makes no call.

A record of a child shard may change the same item as one of its parent, later. So a shard is read only when its parent
has been read to its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from migration.errors import MigrationError

# A stream keeps its records for 24 hours. Whoever read nothing for almost that long may have missed some.
RETENTION_SECONDS = 23 * 3600


class StreamGap(MigrationError):
    """Records were removed before they were read, or nobody can tell: the direction back is broken."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason}: MySQL can no longer be kept equal from the stream; stay on DynamoDB, or compare the two with "
            "make dynamodb-verify and mend MySQL before a rollback"
        )


@dataclass(frozen=True)
class Shard:
    """How far one shard was read: up to `sequence` (None: not begun), and whether to its end."""

    shard: str
    parent: str | None = None
    sequence: str | None = None
    is_done: bool = False


@dataclass
class StreamPosition:
    """How far a stream was read. `read_at` is when it was last known to be (epoch seconds), None before the first."""

    arn: str
    shards: dict[str, Shard] = field(default_factory=dict)
    read_at: float | None = None

    def check_rest(self, now: float, retention: float = RETENTION_SECONDS) -> None:
        """Raises `StreamGap` if nothing was read for so long that records may have been removed unread."""
        if self.read_at is not None and now - self.read_at > retention:
            hours = (now - self.read_at) / 3600
            raise StreamGap(f"the stream was not read for {hours:.1f} hours, and it keeps records for 24")

    def discover(self, listed: Mapping[str, str | None], *, is_young: bool) -> list[Shard]:
        """Takes in the shards that the stream lists now, each with its parent; returns the new ones.

        `is_young` says that nothing can have been removed from the stream yet: only then may a first look accept
        shards whose parents are not listed. Raises `StreamGap`.
        """
        is_first = not self.shards
        if is_first and not is_young:
            raise StreamGap("the stream was turned on a day ago or more and was never read")
        added = []
        for name, parent in listed.items():
            if name in self.shards:
                if (
                    parent is not None
                ):  # the function learns of a shard by its records, which do not name the parent
                    self.shards[name] = replace(self.shards[name], parent=parent)
                continue
            if parent is not None and parent not in listed and parent not in self.shards and not is_first:
                raise StreamGap(f"the parent of shard {name} was removed before it was read")
            added.append(Shard(name, parent))
        self.shards.update((shard.shard, shard) for shard in added)
        self._end_parents()
        gone = [shard for name, shard in self.shards.items() if name not in listed]
        for shard in gone:
            if not shard.is_done:
                raise StreamGap(f"shard {shard.shard} was removed before it was read to its end")
        return added

    def _end_parents(self) -> None:
        """A shard of which a child was read was read to its end before: nobody reads a child first."""
        for shard in list(self.shards.values()):
            if shard.sequence is None and not shard.is_done:
                continue
            while (parent := self.shards.get(shard.parent or "")) is not None and not parent.is_done:
                shard = self.advance(parent.shard, is_done=True)

    def forgotten(self, listed: Iterable[str]) -> list[str]:
        """The shards that need not be remembered: removed from the stream, and all of whose children are known."""
        parents = {shard.parent for shard in self.shards.values()}
        still_listed = set(listed)
        return [
            name
            for name, shard in self.shards.items()
            if shard.is_done and name not in still_listed and name in parents
        ]

    def readable(self) -> list[Shard]:
        """The shards that may be read now: not done, and their parent read to its end or never seen."""
        return [
            shard
            for shard in self.shards.values()
            if not shard.is_done
            and (shard.parent is None or shard.parent not in self.shards or self.shards[shard.parent].is_done)
        ]

    def advance(self, shard: str, *, sequence: str | None = None, is_done: bool = False) -> Shard:
        """Moves a shard's position on, and returns it."""
        before = self.shards[shard]
        after = replace(before, sequence=sequence or before.sequence, is_done=before.is_done or is_done)
        self.shards[shard] = after
        return after

    @property
    def is_read(self) -> bool:
        """Whether every shard that is known was read to its end, and there is one."""
        return bool(self.shards) and all(shard.is_done for shard in self.shards.values())

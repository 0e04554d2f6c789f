"""Progress: a user's runs added up, from a stored sum and the runs that came after it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from api.dynamodb import keys
from api.dynamodb.entities import SK
from api.dynamodb.errors import Corrupt, DataLayerError, ItemTooLarge, TransactionCancelled
from api.dynamodb.expressions import Condition, absent, all_of, equals
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS, with_keys
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.checks import check_id
from api.dynamodb.repositories.merged_pages import LAST_CHARACTER
from api.dynamodb.repositories.progress_fold import SETTLED, Fold, new_stamp, progress_key
from api.dynamodb.repositories.records import Progress, RunSummary
from api.dynamodb.repositories.user_repository import user_key
from api.dynamodb.store import Check, Put

logger = logging.getLogger(__name__)

_CODEC, _RUNS = CODECS["progress"], CODECS["user_run"]
# Sums are stored again when so many runs can be added to them.
WORTH_STORING = 50
# How many Queries one call makes at most, of how many runs each: 270 KB of them.
PAGES = 4
PAGE_RUNS = 1000


@dataclass
class _Reading:
    """Sums as far as they can be stored, the runs after those, and whether the list was read to its end."""

    item: WireItem | None
    fold: Fold
    added: int
    unsettled: list[RunSummary]
    complete: bool

    @property
    def is_worth_storing(self) -> bool:
        """Whether storing the sums spares later readers enough, or is the only way on."""
        return self.added >= WORTH_STORING or (self.added > 0 and not self.complete)

    def whole(self) -> Fold:
        """The sums of everything that was read; only once, and after they were stored."""
        for run in self.unsettled:
            self.fold.add(run)
        return self.fold


class ProgressRepository(BaseRepository):
    """A user's runs added up. The list of the runs is the truth, what is stored here can always be made again."""

    def get_progress(self, user_id: int) -> Progress:
        """How many runs a user made and problems they solved, by platform, language and day.

        Up to date. One GetItem (1 RCU per 4 KB of sums, typically 1) and one Query (1 RCU per 4 KB, about
        15 runs) of the runs that are not in the sums: mostly fewer than 50. From 50 runs of at least five
        minutes ago on, they are added to the stored sums: one TransactWriteItems, 2 WCU per KB and 2. At most
        4 Queries of 1,000 runs each, about 70 RCU; of a longer list `complete` is False, and the next call
        goes on. Raises `InvalidInput`.
        """
        reading = self._sums(user_id, consistent=True, pages=PAGES)
        if reading.is_worth_storing:
            self._store_sums(user_id, reading)
        return reading.whole().progress(complete=reading.complete)

    def solved_ids(self, user_id: int) -> frozenset[int]:
        """The problems that a user solved, for marks on lists; it may be a moment behind the last run.

        One GetItem and one Query: half of what `get_progress` costs; as soon as that would store new sums,
        it is asked instead. Raises `InvalidInput`.
        """
        # What such a reading finds is never stored: it may hold a run that is gone, under the latest stamp.
        reading = self._sums(user_id, consistent=False, pages=1)
        if reading.is_worth_storing or not reading.complete:
            return self.get_progress(user_id)["solved_ids"]
        return frozenset(reading.whole().solved)

    def _sums(self, user_id: int, *, consistent: bool, pages: int) -> _Reading:
        key = progress_key(check_id("user_id", user_id))
        item = self._store.get(key, entity="progress", consistent=consistent)
        now = self._now()
        fold = self._stored(item, now)
        settled = keys.time_text(now - SETTLED)
        # What follows the last run that was added, and is no key itself.
        low = " " if fold.folded_to is None else f"{fold.folded_to} "
        reading = _Reading(item, fold, 0, [], False)
        start: WireItem | None = None
        for _ in range(pages):
            page = self._store.query(
                keys.user_runs_pk(user_id), entity="user_run", sort=(low, LAST_CHARACTER), limit=PAGE_RUNS,
                start=start, consistent=consistent,
            )  # fmt: skip
            for entry in page.items:
                run = cast(RunSummary, _RUNS.decode(entry))
                place = entry[SK]["S"]
                if place < settled:
                    fold.add(run)
                    fold.folded_to = place
                    reading.added += 1
                else:
                    reading.unsettled.append(run)
            start = page.last_key
            if start is None:
                reading.complete = True
                break
        return reading

    def _stored(self, item: WireItem | None, now: datetime) -> Fold:
        """The stored sums; none where they cannot be read, because they can be made again."""
        try:
            return Fold.of(None if item is None else _CODEC.decode(item), now)
        except (Corrupt, KeyError, ValueError, TypeError) as failure:
            logger.warning("stored progress is made again, it cannot be read: %s", failure)
            return Fold.of(None, now)

    def _store_sums(self, user_id: int, reading: _Reading) -> None:
        """Stores the sums, unless others were stored or they became invalid; what fails is only a cache.

        Nothing is stored of a user whose account is closed or gone: it would stay after their deletion.
        """
        stamp = new_stamp() if reading.item is None else reading.item.get("stp", {}).get("S", new_stamp())
        parts: list[WireItem] = []
        try:
            attributes = _CODEC.encode(reading.fold.record(user_id, stamp), parts=parts)
            if parts:
                raise ItemTooLarge("the totals do not fit their item")
            sums = with_keys(*progress_key(user_id), attributes)
            self._store.transact_write(
                [Put(sums, _as_read(reading.item)), Check(user_key(user_id), equals("act", {"BOOL": True}))],
                entity="progress",
            )
        except TransactionCancelled:
            return
        except DataLayerError as failure:
            logger.warning("the progress of user %d was not stored: %s", user_id, failure)


def _as_read(item: WireItem | None) -> Condition:
    """The stored sums are those that were read: of the same stamp, up to the same run."""
    if item is None:
        return absent()
    return all_of(*(equals(name, item[name]) if name in item else absent(name) for name in ("stp", "upt")))

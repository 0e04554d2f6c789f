"""Problems: by id, by platform and number, and in lists by platform, difficulty, tag and words of the title."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from api.dynamodb.clock import utc_now
from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS
from api.dynamodb.errors import Duplicate
from api.dynamodb.repositories.problem_statements import ProblemStatements
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import NUMBER_GUARD, SK, STATEMENT_FIELDS
from api.dynamodb.schema.key_rules import PROBLEM_RULES
from api.dynamodb.schema.records import Problem, ProblemHead, ProblemSummary, User
from api.dynamodb.schema.templates import ShardedList
from api.dynamodb.table.aggregate import Aggregate
from api.dynamodb.table.argument_checks import check_changes, check_text
from api.dynamodb.table.audit_entries import AuditNote
from api.dynamodb.table.catalogue import Catalogue, CatalogueCache, change_note
from api.dynamodb.table.cursor import Page, check_limit
from api.dynamodb.table.merged_pages import LAST_CHARACTER, ListQuery, QuerySource, merged_page
from api.dynamodb.table.problem_aggregate import problem_aggregate, stored_problem_aggregate
from api.dynamodb.table.problem_filter import ProblemFilter
from api.dynamodb.table.read_paths import (
    DEFAULT_READS,
    IN_MEMORY,
    PARTITION_QUERY,
    PROBLEMS,
    STAFF_DRAFTS,
    Reads,
    Strategy,
)
from api.dynamodb.table.store import QueryPage
from api.dynamodb.table.user_aggregate import user_key
from api.dynamodb.table.write_actions import WriteAction

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CODEC, _ENTRY_CODEC, _USER_CODEC = CODECS["problem"], CODECS["problem_entry"], CODECS["user"]
_FIXED = ("problem_id", "created_at", "updated_at", "version", "case_generation", *STATEMENT_FIELDS)
_NUMBER = frozenset({"platform", "problem_number"})
_HOLDER = NUMBER_GUARD.field("problem_id").short
# A random problem is chosen from this many neighbouring entries of a list.
_NEIGHBOURS = 64


def _head(item: WireItem | None) -> ProblemHead | None:
    record = None if item is None else _CODEC.decode_small(item)
    return None if record is None or record["version"] is None else cast(ProblemHead, record)


class ProblemRepository(ProblemStatements):
    """Problems, with the test cases that belong to them. A platform's problem number is unique.

    catalogue: up to how many problems this process holds in memory for lists, see `CatalogueCache`; 0 for none.
    """

    def __init__(
        self,
        table: Table | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
        reads: Reads = DEFAULT_READS,
        catalogue: int = 0,
    ) -> None:
        super().__init__(table, now=now, reads=reads)
        self._catalogue = CatalogueCache(self._store, self._lists, catalogue, now)

    def _commit(
        self, aggregate: Aggregate, actions: Sequence[WriteAction], record: Record, **options: Any
    ) -> None:
        """As of the base class, with a note for every process's catalogue if the list of all problems changes."""
        note = change_note(actions, record.get("version", 0), self._now())
        try:
            super()._commit(aggregate, [*actions, *note], record, **options)
        finally:
            if note:
                self._catalogue.expect_change()

    def _source(self, strategy: Strategy) -> tuple[QuerySource, Callable[[ShardedList], list[str]], Strategy]:
        """What lists are read from, the partitions of a list there, and the strategy that this is."""
        catalogue = self._catalogue.current() if strategy is IN_MEMORY else None
        if catalogue is None:
            used = PARTITION_QUERY if strategy is IN_MEMORY else strategy
            return self._store, self._lists.partitions, used
        return catalogue, lambda entries: [entries.pk(0)], IN_MEMORY

    def create_problem(self, data: Mapping[str, Any], *, audit: AuditNote | None = None) -> Problem:
        """Stores a new problem with its entries in lists, and returns it.

        `data` has fields of `Problem`; `platform`, `problem_number` and `title` are required. Defaults: a new
        `problem_id`, `is_completed` and `is_deleted` False, times now, `version` 1. A problem that is not
        completed is listed among the drafts only. Raises `Duplicate` of `problem_number` or `problem_id`, and
        `InvalidInput`.

        One BatchWriteItem for texts that are larger than 4 KB when compressed. Then one TransactWriteItems: 2 WCU
        per KB of the problem, 2 for its number and 2 for each list (all, platform, difficulty, up to 16 tags
        and 16 words of the title), and with `audit` 2 for the audit entry.
        """
        _CODEC.check_names(data)
        now = self._now()
        defaults = {
            "is_completed": False, "is_deleted": False, "created_at": now, "updated_at": now, "version": 1,
        }  # fmt: skip
        record: Record = {**defaults, **{name: value for name, value in data.items() if value is not None}}
        for name in ("platform", "problem_number", "title"):
            check_text(name, record.get(name))
        self._check_number(record)
        return cast(Problem, self._create_with_id("problem_id", record, lambda i: self._audited_by(audit, i)))

    def _check_number(self, record: Record) -> None:
        """Raises `Duplicate` if another problem has the number by a key that earlier rules made. Usually no call."""
        platform, number = record["platform"], record["problem_number"]
        if platform is None or number is None:
            return
        if len({rules.number_pk(platform, number) for rules in PROBLEM_RULES.newest_first()}) > 1:
            holder = self.get_problem_by_number(platform, number, consistent=True)
            if holder is not None and holder["problem_id"] != record.get("problem_id"):
                raise Duplicate("problem_number", number)

    def _audited_by(self, audit: AuditNote | None, problem_id: int) -> Aggregate:
        return self._audit_log.audited(problem_aggregate(problem_id), audit, f"problem {problem_id}")

    def get_problem(self, problem_id: int, *, consistent: bool = False) -> Problem | None:
        """The problem with its complete texts, also if it is marked as deleted; None if it does not exist.

        One GetItem: 0.5 RCU per started 4 KB, twice that when consistent. One BatchGetItem if a text is stored
        in parts (larger than 4 KB when compressed): 0.5 RCU per 4 KB of them.
        """
        return self._get(problem_aggregate(problem_id), consistent=consistent)

    def _get(self, aggregate: Aggregate, *, consistent: bool) -> Problem | None:
        record = self._read(_CODEC, aggregate.key, aggregate.owner, consistent=consistent)
        if record is None or record["version"] is None:
            return None  # a move has removed it and left its statements
        return cast(Problem, record)

    def get_head(self, problem_id: int, *, consistent: bool = False) -> ProblemHead | None:
        """What a run of a problem needs of it, also if it is marked as deleted; None if it does not exist.

        One GetItem: 0.5 RCU per started 4 KB, twice that when consistent. Texts in parts are not read.
        """
        key = problem_aggregate(problem_id).key
        return _head(self._store.get(key, entity="problem", consistent=consistent))

    def get_head_and_user(
        self, problem_id: int, user_id: int, *, consistent: bool = False
    ) -> tuple[ProblemHead | None, User | None]:
        """`get_head`, and the user with that id, if there is one, read together. Raises `InvalidInput`.

        One BatchGetItem: 0.5 RCU per started 4 KB of the problem, and 0.5 for the user; twice that when consistent.
        """
        problem, user = problem_aggregate(problem_id).key, user_key(user_id)
        items = self._store.batch_get([problem, user], entity="problem", consistent=consistent)
        author = cast(User, _USER_CODEC.decode(items[user])) if user in items else None
        return _head(items.get(problem)), author

    def get_problem_by_number(
        self, platform: str, number: str, *, consistent: bool = False
    ) -> Problem | None:
        """The problem of a platform's number, or None. Letter case and outer spaces do not matter.

        One GetItem for the number (0.5 RCU), then as `get_problem`; twice the RCU when consistent. One more
        GetItem for a name that earlier rules of names make another key of, if it is not found by today's.
        """
        check_text("platform", platform), check_text("number", number)
        rules = PROBLEM_RULES.newest_first()
        for pk in dict.fromkeys(version.number_pk(platform, number) for version in rules):
            guard = self._store.get((pk, keys.GUARD), entity="number_guard", consistent=consistent)
            if guard is None:
                continue
            problem = self._get(stored_problem_aggregate(int(guard[_HOLDER]["N"])), consistent=consistent)
            if problem is not None and _has_number(problem, platform, number):
                return problem
        return None

    def update_problem(
        self,
        problem_id: int,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> Problem:
        """Changes some fields (None removes one), updates the lists, and returns the complete problem.

        `version` grows by one and `updated_at` is now; `problem_id` and `created_at` never change. Raises
        `NotFound`; `ConditionFailed` with the stored problem if its version is not `expected_version`;
        `Duplicate` if another problem has the platform and number; `InvalidInput`, also if more than 100 items
        would change.

        One GetItem (1 RCU per 4 KB). Then one UpdateItem (1 WCU per KB) if no list is affected, otherwise one
        TransactWriteItems: 2 WCU per KB of the problem and 2 for each list entry that is added, changed or
        removed. With `audit` always one TransactWriteItems, with 2 WCU for the audit entry.
        """
        check_changes(_CODEC, changes, _FIXED)
        if _NUMBER & changes.keys() and len(PROBLEM_RULES.newest_first()) > 1:
            stored = self.get_problem(problem_id, consistent=True)
            if stored is not None:
                self._check_number({**stored, **changes})
        record = self._change(
            self._audited_by(audit, problem_id), changes,
            expected_version=expected_version, updated_at=self._now(),
        )  # fmt: skip
        return cast(Problem, record)

    def retire_problem(
        self, problem_id: int, *, expected_version: int | None = None, audit: AuditNote | None = None
    ) -> Problem:
        """Sets `is_deleted` and returns the problem. It leaves all lists, but can be read by id and number.

        Raises and costs as `update_problem`.
        """
        return self.update_problem(
            problem_id, {"is_deleted": True}, expected_version=expected_version, audit=audit
        )

    def list_problems(
        self,
        *,
        platform: str | None = None,
        difficulty: str | None = None,
        tag: str | None = None,
        words: str | None = None,
        drafts: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[ProblemSummary]:
        """A page of problems that are not deleted and match all criteria, newest first, ties by greater id.

        drafts: lists problems that are not completed instead of completed ones.
        words: words of the title in any order; the last one matches as a prefix if it has two characters or
        more. If that prefix is the only word, problems are ordered by the matching word (from the end of the
        alphabet), and newest first within a word.

        Letter case does not matter. The most selective list is read (word, tag, difficulty, platform, all), and
        its entries are compared with the other criteria. At most 500 entries are examined, so a page may be
        short or empty and still have a cursor. One Query for each partition, usually one: 0.5 RCU per 4 KB, about
        15 problems. See `ListPartitions` for what finding the partitions costs. Eventually consistent. Raises
        `InvalidInput`.
        """
        check_limit(limit)
        problem_filter = ProblemFilter(platform, difficulty, tag, words)
        if problem_filter.matches_nothing:
            return Page([], None)
        parameters = {**problem_filter.parameters, "drafts": bool(drafts)}

        def run(strategy: Strategy) -> tuple[Page[ProblemSummary], Strategy]:
            source, partitions, used = self._source(strategy)
            ranges, prefix = problem_filter.ranges(drafts, partitions)
            query = ListQuery(
                "problems", parameters, "problem_entry", ranges,
                filtered=problem_filter.criteria() > (not drafts), consistent=strategy.consistent,
            )  # fmt: skip
            return merged_page(
                source, query, _accept(problem_filter, prefix), limit=limit, cursor=cursor
            ), used

        unit = f"{sorted(parameters.items())}{cursor}"
        return self._reads.read(STAFF_DRAFTS if drafts else PROBLEMS, unit, run, len)

    def catalogue(self) -> Catalogue | None:
        """All listed problems in memory, for search; None while they are not loaded, and without a catalogue.

        None too where the read path `problems` reads the table. Usually no call; every 2 seconds one Query of what
        changed: 0.5 RCU per 4 KB.
        """
        return self._catalogue.latest() if self._reads.choose(PROBLEMS, "search") is IN_MEMORY else None

    def refresh_catalogue(self) -> int:
        """Reads what changed in the lists since the last time, and returns how many problems that were.

        `list_problems` and `random_problem` do so every 2 seconds; while nothing is loaded it is what changed in the
        last minute. One Query: 0.5 RCU per 4 KB.
        """
        return self._catalogue.refresh()

    def random_problem(
        self,
        *,
        platform: str | None = None,
        difficulty: str | None = None,
        tag: str | None = None,
        excluding: Collection[int] = (),
    ) -> ProblemSummary | None:
        """A random completed problem that matches all criteria and whose id is not in `excluding`, or None.

        One partition of the most selective list (tag, difficulty, platform, all) is chosen at random. Up to 64
        entries are read from a random moment between its oldest and its newest entry on, and one that matches
        is chosen; if none does, the next partition is tried. In a partition of up to 64 entries every match is
        equally likely. In a longer one, a problem is more likely if few others were added at about the same
        time, and None may also mean that no match was among the entries that were read.

        One Query for a partition of up to 64 entries, three for a longer one of any size: 0.5 RCU per 4 KB,
        about 15 entries, at most 5.5 RCU; that for each partition if nothing matches.
        """
        problem_filter = ProblemFilter(platform, difficulty, tag)
        strategy = self._reads.choose(PROBLEMS, f"{sorted(problem_filter.parameters.items())}")
        source, partitions, _ = self._source(strategy)
        ranges, _ = problem_filter.ranges(False, partitions)
        excluded = set(excluding)
        for key_range in random.sample(ranges, len(ranges)):
            entries = map(_ENTRY_CODEC.decode, _random_neighbours(source, key_range.pk))
            matching = [
                e for e in entries if e["problem_id"] not in excluded and problem_filter.matches(e, ())
            ]
            if matching:
                return _summary(random.choice(matching))  # noqa: S311
        return None


def _accept(
    problem_filter: ProblemFilter, prefix: str | None
) -> Callable[[str, WireItem], ProblemSummary | None]:
    """The `accept` of `merged_page` for problems; `prefix` is of the words of a list by title words."""

    def accept(position: str, item: WireItem) -> ProblemSummary | None:
        entry = _ENTRY_CODEC.decode(item)
        title_words = PROBLEM_RULES.current.title_words(entry["title"])
        if not problem_filter.matches(entry, title_words):
            return None
        if prefix is not None:
            # A title with several matching words has several entries here: the first in order counts.
            entry_word = (prefix + position).rsplit("#", 2)[0]
            if entry_word != max(title_word for title_word in title_words if title_word.startswith(prefix)):
                return None
        return _summary(entry)

    return accept


def _random_neighbours(source: QuerySource, pk: str) -> list[WireItem]:
    """Up to 64 entries of a partition from a random position on, continued at its start if it ends there."""

    def entries(**options: Any) -> QueryPage:
        return source.query(pk, entity="problem_entry", **{"limit": _NEIGHBOURS, **options})

    first = entries()
    if first.last_key is None:
        return first.items
    newest = entries(forward=False, limit=1).items[0]
    oldest = next((item for item in first.items if not _has_no_time(item)), first.items[0])
    position = keys.sort_key_between(oldest[SK]["S"], newest[SK]["S"], random.random())  # noqa: S311
    following = entries(sort=(position, LAST_CHARACTER)).items
    return following + first.items[: _NEIGHBOURS - len(following)]


def _has_number(problem: Problem, platform: str, number: str) -> bool:
    """Whether today's rules of names take a problem's number for this one; one version alone found it by them."""
    fold = PROBLEM_RULES.current.fold_name
    stored, requested = (problem["platform"], problem["problem_number"]), (platform, number)
    return list(map(fold, stored)) == list(map(fold, requested))


def _has_no_time(item: WireItem) -> bool:
    """Whether the problem has no `created_at`, so that its entry comes 2,000 years before all others."""
    return str(item[SK]["S"]).startswith(keys.NO_TIME)


def _summary(entry: Record) -> ProblemSummary:
    return cast(ProblemSummary, {**entry, "tags": sorted(entry["tags"] or ())})

"""Typical records and their exact sizes, made by the code that writes real items; every figure starts here.

Their sizes are close to the averages of the demonstration's source: 0.8 KB of code, small test
cases, short titles. Ids are new ones (16 digits), which are longer than migrated ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from api.dynamodb.codec import items, sign_in_items
from api.dynamodb.codec.compared_output import output_digest, with_output_digest
from api.dynamodb.codec.item_size import WireItem, item_size, projected_size, value_size
from api.dynamodb.codec.items import ItemSet
from api.dynamodb.codec.json_text import dumps
from api.dynamodb.codec.large_text import text_bytes
from api.dynamodb.schema import entities as e
from api.dynamodb.schema import keys
from api.dynamodb.schema.entity import LARGE_KINDS
from api.dynamodb.schema.indexes import GSI1, GSI2
from api.dynamodb.schema.records import Practice
from api.dynamodb.usage_limits import ledger

MOMENT = datetime(2026, 11, 2, 9, 30, 15, 123456, tzinfo=UTC)
USER_ID = 883_476_514_210_117
PROBLEM_ID = 883_476_514_218_230
RUN_ID = 883_476_514_226_375
CASE_ID = 883_476_514_234_522
LOG_ID = 883_476_514_242_644
SESSION_ID = 883_476_514_250_881


_NAMES = (
    "left", "right", "total", "best", "cost", "count", "node", "queue", "graph", "depth", "start", "index", "value",
    "stack", "limit", "parent", "answer", "weight", "edge", "seen",
)  # fmt: skip
_LINES = (
    "for {} in range({}):", "    {} = max({}, {}[{}] + {n})", "    if {} < {} and {} not in {}:",
    "        {}.append(({}, {} - {n}))", "def {}_{}({}, {}):", "    return {} * {n} + {}[-1]", "while {}:",
    "    {}, {} = {}.pop(), {}[{}]", "{} = [{n}] * len({})", "    {}[{}] += {} // {n}", "print({} if {} else {n})",
    "from {} import {}_{}",
)  # fmt: skip


def _chance(seed: int) -> Iterator[int]:
    """Random numbers that are the same on every machine and version."""
    state = seed
    while True:
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        yield state >> 33


def _text(size: int) -> str:
    """Text of that many bytes that compresses as code does: 800 bytes to 49 %, real code to 45 to 48 %."""
    chance, text = _chance(1), ""
    while len(text) < size:
        names = (_NAMES[next(chance) % len(_NAMES)] for _ in range(5))
        text += _LINES[next(chance) % len(_LINES)].format(*names, n=next(chance) % 1000) + "\n"
    return text[:size]


def _hard_text(size: int) -> str:
    """Text of that many characters that compresses badly, such as a test case of random numbers."""
    state = 1
    numbers: list[str] = []
    while 7 * len(numbers) < size + 7:
        state = state * 6_364_136_223_846_793_005 % 2**64 + 1
        numbers.append(f"{state >> 44:07d}"[:6])
    return " ".join(numbers)[:size]


PLAN: dict[str, Any] = {
    "plan_id": 2, "name": "Student", "max_hints_per_day": 5, "max_executions_per_day": 50, "is_active": True,
    "created_at": MOMENT,
}  # fmt: skip
USER: dict[str, Any] = {
    "user_id": USER_ID, "email": "minji.kim@example.com", "name": "Minji Kim",
    "picture": "https://lh3.googleusercontent.com/a/" + "A" * 60 + "=s96-c",
    "google_id": "108234567890123456789", "subscription_plan_id": 2, "is_active": True, "is_staff": False,
    "created_at": MOMENT, "updated_at": MOMENT, "last_login": MOMENT, "version": 3,
}  # fmt: skip
TAGS = ["dynamic programming", "graphs", "shortest path"]
PROBLEM: dict[str, Any] = {
    "problem_id": PROBLEM_ID, "platform": "baekjoon", "problem_number": "11657", "title": "Time machine travel",
    "url": "https://www.acmicpc.net/problem/11657", "tags": TAGS, "difficulty": "gold 4", "language": "python",
    "solution_code": _text(600), "constraints": _text(300), "hints": [_text(120), _text(160), _text(200)],
    "time_limit": 1.0, "memory_limit": 256, "is_completed": True, "is_deleted": False,
    "metadata": {"source": "import", "revision": 2}, "created_at": MOMENT, "updated_at": MOMENT, "version": 2,
}  # fmt: skip
TEST_CASE: dict[str, Any] = {
    "test_case_id": CASE_ID, "problem_id": PROBLEM_ID, "input": _text(300), "output": _text(60),
    "output_digest": output_digest(_text(60)),
    "is_sample": False, "position": 7,
}  # fmt: skip
LARGE_TEST_CASE: dict[str, Any] = with_output_digest(
    {**TEST_CASE, "input": _hard_text(1_000_000), "output": _hard_text(7000)}
)
RUN: dict[str, Any] = {
    "history_id": RUN_ID, "user_id": USER_ID, "problem_id": PROBLEM_ID, "platform": "baekjoon",
    "problem_number": "11657", "problem_title": "Time machine travel", "language": "python",
    "passed_count": 24, "failed_count": 1, "total_count": 25, "is_code_public": True, "created_at": MOMENT,
    "code": _text(800), "result_summary": "24 of 25 test cases passed",
    "test_results": [{"case": n, "passed": n != 24, "ms": 12 + n * n % 37} for n in range(25)], "version": 1,
}  # fmt: skip
USAGE_LOG: dict[str, Any] = {
    "log_id": LOG_ID, "user_id": USER_ID, "action": "hint", "problem_id": PROBLEM_ID,
    "metadata": {"history_id": RUN_ID}, "created_at": MOMENT,
}  # fmt: skip
SESSION: dict[str, Any] = {
    "session_id": SESSION_ID, "user_id": USER_ID, "kind": "api", "token_hash": "A" * 43, "device": "Firefox, Windows",
    "created_at": MOMENT, "used_at": MOMENT, "rotations": 12, "expires_at": 1_798_000_000,
}  # fmt: skip
NONCE = "A" * 22
ADDRESS = "203.0.113.195"
WINDOW = 1_793_611_800

PROGRESS: dict[str, Any] = {
    "user_id": USER_ID, "folded_to": keys.time_and_id(MOMENT, RUN_ID), "stamp": "0" * 16,
    "totals": {
        "zone": "Asia/Seoul", "since": "2026-10-21", "runs": 240, "passed": 130,
        "platforms": [["baekjoon", 200, 70], ["codeforces", 40, 10]],
        "languages": [["python", 180], ["cpp", 60]],
        "day": "2025-12-01", "days": [n * n * 7 % 5 if n % 3 else 0 for n in range(336)],
        "attempted": [PROBLEM_ID - 7**11 * 100, *(7**11 for _ in range(9))],
        "latest": [PROBLEM_ID - 7**11 * (91 + n) for n in range(8)],
        "solved_days": [739_880, *([PROBLEM_ID - 7**11 * n, 2 * n, n % 4] for n in range(30))],
    },
    "solved": frozenset(PROBLEM_ID - 7**11 * n for n in range(80)),
}  # fmt: skip
PRACTICE = Practice(
    bookmarks=tuple(PROBLEM_ID - 7**9 * n for n in range(12)),
    reviewed={PROBLEM_ID - 7**10 * n: date(2026, 10, 28 - n) for n in range(6)},
    time_zone="Europe/Berlin",
)
PROBLEM_NOTE: dict[str, Any] = {
    "problem_id": PROBLEM_ID, "user_id": USER_ID, "text": "Bellman-Ford: after n - 1 rounds a change means a cycle.",
    "updated_at": MOMENT, "version": 1,
}  # fmt: skip
OPENED_HINTS: dict[str, Any] = {
    "user_id": USER_ID, "problem_id": PROBLEM_ID, "nudge_at": MOMENT,
}  # fmt: skip
ERASURE: dict[str, Any] = {"user_id": USER_ID, "asked_at": MOMENT}
AUDIT: dict[str, Any] = {
    "audit_id": LOG_ID, "staff_id": USER_ID, "action": "user.update", "target": f"user {USER_ID}",
    "changes": {"is_active": {"old": True, "new": False}}, "created_at": MOMENT,
}  # fmt: skip


@dataclass(frozen=True)
class Samples:
    """A typical set of items for each kind of thing, and the sizes that the cost model needs, in bytes."""

    sets: Mapping[str, ItemSet]
    items: Mapping[str, WireItem]

    def size(self, name: str) -> int:
        """Bytes of the typical item of an entity."""
        return item_size(self.items[name])

    @property
    def user_image(self) -> int:
        """Bytes of a user in GSI1."""
        return projected_size(self.items["user"], GSI1.carried())

    @property
    def run_image(self) -> int:
        """Bytes of a public run in GSI2."""
        return projected_size(self.items["run"], GSI2.carried())


@lru_cache(maxsize=1)
def samples() -> Samples:
    """The typical items, built once."""
    metadata = dumps(USAGE_LOG["metadata"])
    uses = [
        ledger.Use(USER_ID, "hint", PROBLEM_ID, metadata, MOMENT, use_id)
        for use_id in ("q3Zk0aV3", "Xw9-bQe1", "m7_TzR4c")
    ]
    day = date(2026, 11, 2)
    pk, sk = keys.usage_pk(USER_ID, "hint"), keys.usage_day_sk(day)
    book = items.with_keys(pk, sk, ledger.attributes(uses, items.expiry(MOMENT)))
    sets = {
        "plan": items.plan_items(PLAN),
        "user": items.user_items(USER),
        "problem": items.problem_items(PROBLEM, TAGS),
        "test_case": items.test_case_items(TEST_CASE),
        "large_test_case": items.test_case_items(LARGE_TEST_CASE),
        "run": items.run_items(RUN),
        "usage_log": items.usage_log_items(USAGE_LOG),
        "usage_day": ItemSet(book),
        "progress": ItemSet(
            items.with_keys(keys.progress_pk(USER_ID), keys.META, items.CODECS["progress"].encode(PROGRESS))
        ),
        "practice": ItemSet(items.practice_item(USER_ID, PRACTICE, 9)),
        "problem_note": ItemSet(items.problem_note_item(PROBLEM_NOTE)),
        "opened_hints": ItemSet(
            items.with_keys(
                keys.opened_hints_pk(USER_ID),
                keys.opened_hints_sk(PROBLEM_ID),
                items.CODECS["opened_hints"].encode(OPENED_HINTS),
            )
        ),
        "problem_change": ItemSet(items.problem_change_item(PROBLEM_ID, 2, MOMENT, None)),
        "erasure": ItemSet(items.erasure_item(ERASURE)),
        "audit": ItemSet(items.audit_item(AUDIT)),
        "session": ItemSet(sign_in_items.session_item(SESSION)),
        "used_nonce": ItemSet(sign_in_items.used_nonce_item(NONCE, "0" * 16, WINDOW + 600)),
        "address_window": ItemSet(sign_in_items.address_window_item(ADDRESS, "SGN", WINDOW, 3, WINDOW + 600)),
    }
    wire_items = {name: built.main for name, built in sets.items()}
    wire_items["email_guard"], wire_items["google_guard"] = sets["user"].guards
    wire_items["user_entry"] = sets["user"].entries[0]
    (wire_items["number_guard"],) = sets["problem"].guards
    entries = sets["problem"].entries
    wire_items["problem_entry"] = entries[0]
    wire_items["word_entry"] = entries[-1]
    wire_items["usage_day_apart"] = items.usage_day_item(USER_ID, "hint", day, 150, items.expiry(MOMENT))
    wire_items["user_run"], wire_items["user_problem_run"] = sets["run"].entries
    wire_items["audit_month"] = items.audit_month_item(keys.audit_month(MOMENT))
    part = sets["large_test_case"].parts[0]
    wire_items["pending_parts"] = items.pending_parts_item({
        "note_id": LOG_ID, "user_id": USER_ID, "main_pk": keys.run_pk(RUN["history_id"]), "main_sk": keys.META,
        "owner": keys.run_pk(RUN["history_id"]), "part_sks": {part[e.SK]["S"]}, "created_at": MOMENT,
    })  # fmt: skip
    wire_items["text_part"] = sets["large_test_case"].parts[0]
    return Samples(sets, wire_items)


def long_named_size(name: str) -> int:
    """Bytes that a typical item would have with the domain's names in place of the short ones, and plain texts."""
    item = samples().items[name]
    entity = next(entity for entity in e.ENTITIES if entity.name == name)
    fields = [field for field in entity.fields if field.short in item]
    names = sum(len(field.name) - len(field.short) for field in fields)
    return item_size(item) + names + saved_by_compression(name)


def saved_by_compression(name: str) -> int:
    """Bytes that the compression of its texts takes off a typical item."""
    item = samples().items[name]
    entity = next(entity for entity in e.ENTITIES if entity.name == name)
    values = (item[f.short] for f in entity.fields if f.kind in LARGE_KINDS and f.short in item)
    return sum((text_bytes(value) or 0) - value_size(value) for value in values if "B" in value)

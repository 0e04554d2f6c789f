"""What is shown of a subject, and each kind of damage: found where it is, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api.dynamodb.codec import items as codec
from api.dynamodb.codec.item_size import WireItem, item_size
from api.dynamodb.codec.sign_in_items import session_item
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Key, key_of
from design import samples as s
from design.memory_table import MemoryTable
from inspection import subjects
from inspection.long_names import HIDDEN, long_named
from inspection.lookup import Lookup, Subject
from inspection.report import report

NOW = s.MOMENT + timedelta(hours=1)
DAY = date(2026, 11, 2)
LARGE = s._hard_text(60_000)
USER = {**s.USER, "user_id": 7}
RUN = {**s.RUN, "history_id": 99, "user_id": 7, "problem_id": 12, "code": LARGE}
PROBLEM = {**s.PROBLEM, "problem_id": 12, "solution_code": LARGE}
CASE = {**s.TEST_CASE, "test_case_id": 31, "problem_id": 12, "input": LARGE}
SESSION = {**s.SESSION, "user_id": 7, "session_id": 5, "token_hash": "hash-of-a-token"}

Table = dict[Key, WireItem]


@pytest.fixture
def table() -> Table:
    """A user with a session and a run of a problem with one case, and some uses; nothing is wrong with it."""
    day = {**s.samples().items["usage_day"], "PK": {"S": keys.usage_pk(7, "hint")}}
    log = codec.usage_log_items({**s.USAGE_LOG, "user_id": 7, "log_id": 40, "metadata": {"text": LARGE}})
    sets = [
        codec.user_items(USER), codec.run_items(RUN), codec.problem_items(PROBLEM, s.TAGS),
        codec.test_case_items(CASE), log, codec.ItemSet(session_item(SESSION)),
        codec.ItemSet({**day, "n": {"N": "1"}}), codec.plan_items(s.PLAN),
    ]  # fmt: skip
    return {key_of(item): copy.deepcopy(item) for item_set in sets for item in item_set.all()}


READERS: dict[str, Callable[[Lookup], Subject]] = {
    "user": lambda lookup: subjects.user(lookup, 7),
    "email": lambda lookup: subjects.email(lookup, " Minji.Kim@Example.com"),
    "run": lambda lookup: subjects.run(lookup, 99),
    "problem": lambda lookup: subjects.problem(lookup, 12),
    "number": lambda lookup: subjects.problem_by_number(lookup, "Baekjoon", "11657"),
    "case": lambda lookup: subjects.case(lookup, 12, 31),
    "usage": lambda lookup: subjects.usage(lookup, 7, DAY),
    "plan": lambda lookup: subjects.plan(lookup, 2),
}


def read(table: Table, name: str, *, now: datetime = NOW, limit: int = 20) -> Subject:
    return READERS[name](Lookup(Store(MemoryTable(table), "memory"), lambda: now, limit))


def kinds(subject: Subject) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in report(subject, NOW, personal=False, full=False)["items"]:
        counts[item["kind"]] = counts.get(item["kind"], 0) + 1
    return counts


def faults(subject: Subject) -> list[tuple[str, str]]:
    return [(finding.check, finding.entity) for finding in subject.findings]


@pytest.mark.parametrize("name", READERS)
def test_nothing_is_wrong_with_what_the_service_writes(table: Table, name: str) -> None:
    assert read(table, name).findings == []


def test_every_item_of_a_thing_is_shown(table: Table) -> None:
    person = {"user": 1, "email_guard": 1, "google_guard": 1, "user_entry": 1, "session": 1, "user_run": 1,
              "user_problem_run": 1, "usage_day": 1, "usage_log": 1}  # fmt: skip
    assert kinds(read(table, "user")) == person == kinds(read(table, "email"))
    run = read(table, "run")
    assert kinds(run) == {"run": 1, "user_run": 1, "user_problem_run": 1, "text_part": 1}
    assert run.listed == {("RUN#99", "META"): ["GSI2"]}
    problem = {
        "problem": 1,
        "number_guard": 1,
        "problem_entry": 6,
        "word_entry": 3,
        "test_case": 1,
        "text_part": 2,
    }
    assert kinds(read(table, "problem")) == problem == kinds(read(table, "number"))
    assert kinds(read(table, "case")) == {"test_case": 1, "text_part": 1}
    assert kinds(read(table, "usage")) == {"usage_day": 1, "usage_log": 1, "text_part": 1}
    assert kinds(read(table, "plan")) == {"plan": 1}


def change(table: Table, key: Key, **attributes: Any) -> Any:
    """Replaces attributes of an item, which is returned; None removes one."""
    item = table[key]
    for name, value in attributes.items():
        item.pop(name, None)
        if value is not None:
            item[name] = value
    return item


def move(table: Table, key: Key, new: Key) -> None:
    item = table.pop(key)
    table[new] = {**item, "PK": {"S": new[0]}, "SK": {"S": new[1]}}


def only(table: Table, kind: str) -> Key:
    """The key of one item of a kind."""
    from api.dynamodb.codec.key_forms import kind_of

    return next(key for key, item in table.items() if kind_of(item) == kind)


EML, GID = keys.email_pk("minji.kim@example.com"), keys.google_pk(s.USER["google_id"])
U, R, P = ("USR#7", "META"), ("RUN#99", "META"), ("PRB#12", "META")
RUN_SK = keys.time_and_id(s.MOMENT, 99)
PROBLEM_SK = keys.time_and_id(s.MOMENT, 12)
ID8 = {"N": "8"}

# What is damaged, what is looked at, how, and what must be found: each pair once, and nothing else.
# ruff: noqa: E501
DAMAGE: list[tuple[str, str, Callable[[Table], Any], list[tuple[str, str]]]] = [
    ("guard of the e-mail gone", "user", lambda t: t.pop((EML, "GUARD")), [("guard.missing", "email_guard")]),
    ("guard of Google gone", "user", lambda t: t.pop((GID, "GUARD")), [("guard.missing", "google_guard")]),
    ("guard of somebody else", "user", lambda t: change(t, (EML, "GUARD"), uid=ID8), [("guard.foreign", "email_guard")]),
    ("guard of nobody", "email", lambda t: [t.pop(key) for key in list(t) if key[0].startswith("USR")],
     [("guard.dangling", "email_guard")]),
    ("entry of a user gone", "user", lambda t: t.pop(only(t, "user_entry")), [("entry.missing", "user_entry")]),
    ("e-mail changed alone", "user", lambda t: change(t, U, GSI1PK={"S": "EML#old@x.org"}),
     [("index.different", "user")]),
    ("half of an index key", "user", lambda t: change(t, U, GSI1SK=None),
     [("index.different", "user"), ("index.half", "user")]),
    ("user gone", "user", lambda t: [t.pop(k) for k in list(t) if k == U or k[0].endswith(("#RUN", "#hint"))],
     [("session.dangling", "session")]),
    ("run of an entry gone", "user", lambda t: t.pop(R), [("entry.dangling", "user_run")]),
    ("hidden run in the timeline", "run", lambda t: [
        change(t, key, pub={"BOOL": False}) for key in (R, ("USR#7#RUN", RUN_SK), ("USR#7#PRB#12", RUN_SK))],
     [("index.superfluous", "run")]),
    ("public run outside the timeline", "run", lambda t: change(t, R, GSI2PK=None, GSI2SK=None),
     [("index.missing", "run")]),
    ("entry of a run gone", "run", lambda t: t.pop(("USR#7#RUN", RUN_SK)), [("entry.missing", "user_run")]),
    ("entry by problem gone", "run", lambda t: t.pop(("USR#7#PRB#12", RUN_SK)), [("entry.missing", "user_problem_run")]),
    ("entry differs", "run", lambda t: change(t, ("USR#7#RUN", RUN_SK), tit={"S": "Other"}), [("entry.different", "user_run")]),
    ("part gone", "run", lambda t: t.pop(next(k for k in t if k[0] == "TXT#RUN#99")), [("text.lost", "run")]),
    ("part damaged", "run", lambda t: change(t, next(k for k in t if k[0] == "TXT#RUN#99"), b={"B": "AAAA"}),
     [("text.damaged", "run")]),
    ("run gone, its part left", "run", lambda t: t.pop(R), [("text.orphaned", "text_part")]),
    ("part of an older text", "run", lambda t: t.update({("TXT#RUN#99", f"cod#{'0' * 16}#0000"): {
        "PK": {"S": "TXT#RUN#99"}, "SK": {"S": f"cod#{'0' * 16}#0000"}, "b": {"B": "AAAA"}}}),
     [("text.orphaned", "text_part")]),
    ("guard of the number gone", "problem", lambda t: t.pop(only(t, "number_guard")), [("guard.missing", "number_guard")]),
    ("guard of a missing problem", "number", lambda t: [t.pop(k) for k in list(t) if k[0] in ("PRB#12", "TXT#PRB#12")],
     [("guard.dangling", "number_guard")]),
    ("list entry gone", "problem", lambda t: t.pop((keys.ALL_PROBLEMS.pk_of(12), PROBLEM_SK)),
     [("entry.missing", "problem_entry")]),
    ("word entry gone", "problem", lambda t: t.pop(only(t, "word_entry")), [("entry.missing", "word_entry")]),
    ("deleted and still listed", "problem", lambda t: change(t, P, **{"del": {"BOOL": True}}),
     [("entry.misplaced", "problem_entry")] * 6 + [("entry.misplaced", "word_entry")] * 3),
    ("entry in another shard", "problem", lambda t: move(
        t, (keys.ALL_PROBLEMS.pk_of(12), PROBLEM_SK), (keys.ALL_PROBLEMS.pk(1), PROBLEM_SK)),
     [("entry.missing", "problem_entry"), ("entry.misplaced", "problem_entry")]),
    ("case of a missing problem", "problem", lambda t: t.pop(P), [("text.orphaned", "text_part"), ("case.dangling", "test_case")]),
    ("part of a case gone", "case", lambda t: t.pop(("TXT#TC#31", next(k[1] for k in t if k[0] == "TXT#TC#31"))),
     [("text.lost", "test_case")]),
    ("key says another id", "case", lambda t: change(t, only(t, "test_case"), pid={"N": "13"}),
     [("id.different", "test_case")]),
    ("field gone", "case", lambda t: change(t, only(t, "test_case"), smp=None), [("field.missing", "test_case")]),
    ("value of another type", "plan", lambda t: change(t, ("PLAN", f"{2:016}"), mh={"S": "x"}), [("unreadable", "plan")]),
    ("undeclared attribute", "plan", lambda t: change(t, ("PLAN", f"{2:016}"), zz={"S": "x"}),
     [("field.undeclared", "plan")]),
    ("use that is not counted", "usage", lambda t: change(t, only(t, "usage_day"), n=None), [("counter.different", "usage_day")]),
    ("day without counter", "usage", lambda t: t.pop(only(t, "usage_day")), [("counter.missing", "usage_log")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "damage", "expected"), [d[1:] for d in DAMAGE], ids=[d[0] for d in DAMAGE])
def test_damage_is_found_where_it_is_and_nothing_else(
    table: Table, name: str, damage: Callable[[Table], Any], expected: list[tuple[str, str]]
) -> None:
    damage(table)
    found = read(table, name)
    assert sorted(faults(found)) == sorted(expected)
    assert all(finding.message and finding.next_step for finding in found.findings)


def test_an_item_that_has_expired_is_told_as_such(table: Table) -> None:
    found = read(table, "user", now=datetime(2030, 1, 1, tzinfo=UTC))
    assert {finding.entity for finding in found.findings} == {"session", "usage_day", "usage_log"}
    assert {finding.check for finding in found.findings} == {"expired"}
    shown = report(found, datetime(2030, 1, 1, tzinfo=UTC), personal=False, full=False)
    assert [i["is_expired"] for i in shown["items"] if i["kind"] == "session"] == [True]


def test_parts_of_a_write_that_is_under_way_are_no_fault(table: Table) -> None:
    part = next(item for key, item in table.items() if key[0] == "TXT#RUN#99")
    note = codec.pending_parts_item({
        "note_id": 4, "user_id": 7, "main_pk": R[0], "main_sk": R[1], "owner": R[0],
        "part_sks": {part["SK"]["S"]}, "created_at": s.MOMENT,
    })  # fmt: skip
    table[key_of(note)] = note
    del table[R]
    found = read(table, "run")
    assert faults(found) == []
    assert kinds(found) == {"text_part": 1, "pending_parts": 1}


def test_an_item_is_shown_with_long_names_sizes_and_units(table: Table) -> None:
    found = read(table, "run")
    shown = report(found, NOW, personal=False, full=False)
    run = next(item for item in shown["items"] if item["kind"] == "run")
    assert run["fields"]["history_id"] == 99
    assert run["fields"]["is_code_public"] is True
    assert run["fields"]["code"] == "(in 1 parts, 60,000 bytes)"
    assert run["bytes"] == item_size(table[R])
    assert run["stored_bytes"] == run["bytes"] + 100
    assert (run["read_units"], run["consistent_read_units"]) == (0.5, 1.0)
    assert (run["write_units"], run["transaction_write_units"]) == (2, 3)
    assert run["indexes"][0]["index"] == "GSI2"
    assert run["indexes"][0]["is_listed"] is True
    assert shown["totals"]["bytes"] == sum(item["bytes"] for item in shown["items"])


def test_what_identifies_a_person_is_shown_only_when_asked_for_and_secrets_never(table: Table) -> None:
    found = read(table, "user")
    hidden = str(report(found, NOW, personal=False, full=True))
    for text in (
        "minji",
        "Minji",
        s.USER["google_id"],
        "googleusercontent",
        "Firefox",
        SESSION["token_hash"],
    ):
        assert text not in hidden, text
    assert HIDDEN in hidden
    shown = str(report(found, NOW, personal=True, full=True))
    for text in ("minji.kim@example.com", "Minji Kim", s.USER["google_id"], "Firefox"):
        assert text in shown
    assert SESSION["token_hash"] not in shown


def test_a_list_is_read_up_to_the_limit(table: Table) -> None:
    for number in range(5):
        for item in codec.run_items({**RUN, "history_id": 200 + number, "code": "x"}).all():
            table[key_of(item)] = item
    found = read(table, "user", limit=3)
    assert found.cut == ["runs: the newest 3"]
    assert kinds(found)["user_run"] == 3
    assert found.findings == []


@pytest.mark.parametrize("name", READERS)
def test_a_thing_without_items_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="there is no "):
        read({}, name)


def test_an_audit_entry_does_not_tell_old_addresses_unless_asked() -> None:
    changes = {"email": {"old": "a@x.org", "new": "b@x.org"}, "is_active": {"old": True, "new": False}}
    entry = codec.audit_item({**s.AUDIT, "changes": changes})
    assert long_named(entry)["changes"] == {"email": HIDDEN, "is_active": changes["is_active"]}
    assert long_named(entry, personal=True)["changes"] == changes

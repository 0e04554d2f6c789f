"""Every class of damage is found on every engine, and nothing but the damaged item is named."""

from __future__ import annotations

import io
import json
import math
import zlib
from datetime import timedelta
from typing import Any

import pytest

from migration.verify.report import text, write_json
from migration.verify.row_values import micros
from tests.integration.verify.verification_harness import DAY, C, Damage, L, MigratedTable, P, R, U, shape

pytestmark = pytest.mark.any_engine

USER, RUN, PUBLIC_RUN, PROBLEM = f"USR#{U + 1}", f"RUN#{R + 1}", f"RUN#{R + 2}", f"PRB#{P + 1}"
HINTS = f"USR#{U + 1}#USE#hint"
NINE_HOURS = 9 * 3600 * 1_000_000


def _s(value: str) -> dict[str, str]:
    return {"S": value}


def _n(value: Any) -> dict[str, str]:
    return {"N": str(value)}


def _change(pk: str, sk: str = "META", **attributes: Any) -> Any:
    return lambda migrated: migrated.change(migrated.get(pk, sk), **attributes)


def _first(pk: str, prefix: str = "", **attributes: Any) -> Any:
    return lambda migrated: migrated.change(migrated.find(pk, prefix)[0], **attributes)


def _drop_first(pk: str, prefix: str = "") -> Any:
    return lambda migrated: migrated.delete(migrated.find(pk, prefix)[0])


def _case(migrated: MigratedTable, number: int) -> dict[str, Any]:
    return next(item for item in migrated.find(PROBLEM, "TC") if item["id"]["N"] == str(C + number))


def _next_float(migrated: MigratedTable) -> None:
    problem = migrated.get(PROBLEM)
    migrated.change(problem, tl=_n(repr(math.nextafter(float(problem["tl"]["N"]), 2))))


def _swap_bodies(migrated: MigratedTable) -> None:
    private_run, public_run = migrated.get(RUN), migrated.get(PUBLIC_RUN)
    migrated.put({**public_run, "PK": private_run["PK"], "SK": private_run["SK"]})
    migrated.put({**private_run, "PK": public_run["PK"], "SK": public_run["SK"]})


def _shift(migrated: MigratedTable) -> None:
    run = migrated.get(RUN)
    migrated.change(run, crt=_n(int(run["crt"]["N"]) + NINE_HOURS))


def _shorten_compressed(migrated: MigratedTable) -> None:
    run = migrated.get(PUBLIC_RUN)
    text = zlib.decompress(run["cod"]["B"])
    migrated.change(run, cod={"B": zlib.compress(text[:-1])})


def _cut_compressed(migrated: MigratedTable) -> None:
    run = migrated.get(PUBLIC_RUN)
    migrated.change(run, cod={"B": run["cod"]["B"][:-9]})


def _alter_part(migrated: MigratedTable) -> None:
    part = migrated.find(f"TXT#TC#{C + 3}")[1]
    data = part["b"]["B"]
    migrated.change(part, b={"B": data[:1000] + bytes([data[1000] ^ 1]) + data[1001:]})


def _one_part_too_many(migrated: MigratedTable) -> None:
    part = migrated.find(f"TXT#TC#{C + 3}")[-1]
    head, _, number = part["SK"]["S"].rpartition("#")
    migrated.change(part, SK=_s(f"{head}#{int(number) + 1:04}"))


def _orphan_text(migrated: MigratedTable) -> None:
    part = migrated.find(f"TXT#RUN#{R + 4}")[0]
    migrated.change(part, PK=_s(f"TXT#RUN#{R + 5}"))


def _wrong_number_of_parts(migrated: MigratedTable) -> None:
    case = _case(migrated, 3)
    migrated.change(case, **{"in": {"M": {**case["in"]["M"], "n": _n(1)}}})


def _wrong_length_of_a_text(migrated: MigratedTable) -> None:
    case = _case(migrated, 3)
    length = int(case["in"]["M"]["l"]["N"])
    migrated.change(case, **{"in": {"M": {**case["in"]["M"], "l": _n(length + 1)}}})


def _hidden_sample(migrated: MigratedTable) -> None:
    case = _case(migrated, 1)
    migrated.delete(case)
    migrated.change(case, SK=_s(case["SK"]["S"].replace("TCS#", "TCH#")))


def _duplicate(migrated: MigratedTable) -> None:
    case = _case(migrated, 2)
    migrated.change(case, PK=_s(f"PRB#{P + 2}"))


def _lose_a_tag(migrated: MigratedTable) -> None:
    entries = migrated.find("PRBLIST#ALL#0")
    (entry,) = [item for item in entries if item["id"]["N"] == str(P + 1)]
    migrated.change(entry, tgs={"SS": ["dp"]})


def _run_line(migrated: MigratedTable, partition: str) -> dict[str, Any]:
    return next(i for i in migrated.find(f"USR#{U + 1}#{partition}") if i["id"]["N"] == str(R + 1))


def _misspell_guard(migrated: MigratedTable) -> None:
    guard = migrated.get("EML#alice@example.org", "GUARD")
    migrated.delete(guard)
    migrated.change(guard, PK=_s("EML#Alice@example.org"))


def _drop_all_parts(migrated: MigratedTable) -> None:
    for part in migrated.find(f"TXT#TC#{C + 3}"):
        migrated.delete(part)


def _renumber(number: str) -> Any:
    def damage(migrated: MigratedTable) -> None:
        part = migrated.find(f"TXT#TC#{C + 3}")[1]
        migrated.delete(part)
        migrated.change(part, SK=_s(part["SK"]["S"].replace("#0001", f"#{number}")))

    return damage


def _put(pk: str, sk: str, **attributes: Any) -> Any:
    return lambda migrated: migrated.put({"PK": _s(pk), "SK": _s(sk), **attributes})


def _log_of_2001(migrated: MigratedTable) -> None:
    item = {
        "PK": _s(HINTS),
        "SK": _s(f"LOG#2001-02-03T04:05:06.000000#{L + 77:016}"),
        "id": _n(L + 77),
        "uid": _n(U + 1),
        "acn": _s("hint"),
        "crt": _n(MOMENT_2001),
    }
    migrated.put(item)


def in_ledger(old: str, *new: str, at: tuple[str, str] | None = None) -> Any:
    """The entries of a ledger with another text where `old` was; `at` is the ledger's key."""

    def damage(migrated: MigratedTable) -> None:
        ledger = migrated.get(*(at or (HINTS, DAY_KEY)))
        entries = ledger["us"]["SS"]
        (entry,) = [entry for entry in entries if old in entry]
        entries = [other for other in entries if other != entry] + [entry.replace(old, text) for text in new]
        migrated.change(ledger, us={"SS": entries} if entries else None)

    return damage


def _move_entry(pk: str, sk: str) -> Any:
    """Puts the entry of a log into another ledger, as it is."""

    def damage(migrated: MigratedTable) -> None:
        ledger = migrated.get(HINTS, DAY_KEY)
        (entry,) = [entry for entry in ledger["us"]["SS"] if entry.startswith(f"={L + 1},")]
        migrated.change(ledger, us={"SS": [other for other in ledger["us"]["SS"] if other != entry]})
        items = migrated.find(pk, sk)
        other = items[0] if items else {"PK": _s(pk), "SK": _s(sk), "ttl": ledger["ttl"]}
        migrated.change(other, us={"SS": [*other.get("us", {"SS": []})["SS"], entry]})

    return damage


def _move_entry_with_its_time(migrated: MigratedTable) -> None:
    """Puts a log into the ledger of the next day, with an offset that says its own time."""
    _move_entry(HINTS, f"DAY#{DAY_AFTER}")(migrated)
    in_ledger(f"={L + 1},0", f"={L + 1},-86400000000", at=(HINTS, f"DAY#{DAY_AFTER}"))(migrated)


def log_apart(migrated: MigratedTable) -> None:
    """A log that is in its ledger, as an item of its own."""
    us = micros(DAY)
    migrated.put({
        "PK": _s(HINTS), "SK": _s(f"LOG#{DAY.isoformat(timespec='microseconds')}#{L + 1:016}"), "id": _n(L + 1),
        "uid": _n(U + 1), "acn": _s("hint"), "crt": _n(us), "ttl": _n(us // 1_000_000 + 90 * 86_400),
        "met": _s('{"a": 1}'),
    })  # fmt: skip


def _large_log(**attributes: Any) -> Any:
    """Changes the log that has no room in a ledger."""
    return _first(f"USR#{U + 2}#USE#hint", f"LOG#{DAY:%Y}", **attributes)


def _plant_staff(migrated: MigratedTable) -> None:
    """A member of staff with guards, under the id of a row that is a dead letter."""
    migrated.change(migrated.get(USER), PK=_s(f"USR#{U + 9}"), id=_n(U + 9), stf={"BOOL": True})
    for pk in ("EML#mallory@example.org", "GID#g-mallory"):
        migrated.put({"PK": _s(pk), "SK": _s("GUARD"), "uid": _n(U + 9)})


MOMENT_2001 = 981_173_106_000_000
FOREIGN = f"TXT#RUN#{R + 77}"
A_PART = "cod#0123456789abcdef#0000"
BYTES = {"B": zlib.compress(b"x" * 5_000)}
USER_ID, RUN_ID, PUBLIC_ID, PROBLEM_ID, CASE_ID = (str(n) for n in (U + 1, R + 1, R + 2, P + 1, C + 3))
SWAPPED = (("changed", "run", RUN_ID, "GSI1PK"), ("changed", "run", PUBLIC_ID, "GSI1PK"))
HIDDEN_ID = f"TC#{C + 3} in"
DAY_KEY = f"DAY#{DAY:%Y-%m-%d}"
DAY_ID = f"{HINTS[4:]} {DAY:%Y-%m-%d}"
EXECUTIONS = f"USR#{U + 1}#USE#execution"
DAY_AFTER = f"{DAY + timedelta(days=1):%Y-%m-%d}"
LOG_ID, LARGE_LOG_ID = str(L + 1), str(L + 4)
MISCOUNTED = ("changed", "usage_day", DAY_ID, "n")

DAMAGES = (
    Damage("letter case", _change(USER, em=_s("alice@Example.org")), (("changed", "user", USER_ID, "em"),)),
    Damage("letter case in a guard's key", _misspell_guard, (("misplaced", "email_guard", USER_ID, "PK"),)),
    Damage("a trailing space", _change(USER, nm=_s("Alice 🎓 ")), (("changed", "user", USER_ID, "nm"),)),
    Damage("a lost trailing space", lambda p: p.change(_case(p, 1), out=_s("3")),
           (("changed", "test_case", str(C + 1), "out"),)),
    Damage("a digest of another output", lambda p: p.change(_case(p, 1), odg=_s("1" + "A" * 20)),
           (("changed", "test_case", str(C + 1), "odg"),)),
    Damage("a lost digest of a large output", lambda p: p.change(_case(p, 3), odg=None),
           (("changed", "test_case", str(C + 3), "odg"),)),
    Damage("'' where NULL was", _change(f"USR#{U + 2}", nm=_s("")), (("changed", "user", str(U + 2), "nm"),)),
    Damage("NULL where '' was", _change(RUN, res=None), (("changed", "run", RUN_ID, "res"),)),
    Damage("one ulp of a float", _next_float, (("changed", "problem", PROBLEM_ID, "tl"),)),
    Damage("digits that no float has", _change(PROBLEM, tl=_n("0.10000000000000000001")),
           (("changed", "problem", PROBLEM_ID, "tl"),)),
    Damage("a dropped test case", lambda p: p.delete(_case(p, 2)), (("missing", "test_case", str(C + 2), ""),)),
    Damage("swapped keys", _swap_bodies, SWAPPED),
    Damage("a stale version", _change(RUN, v=_n(0)), (("changed", "run", RUN_ID, "v"),)),
    Damage("a lost version", _change(USER, v=None), (("changed", "user", USER_ID, "v"),)),
    Damage("an extra item", lambda p: p.change(p.get(RUN), PK=_s("RUN#600777"), id=_n(600777)),
           (("extra", "run", "600777", ""),)),
    Damage("an item of no kind", lambda p: p.put({"PK": _s("ZZZ#1"), "SK": _s("META"), "id": _n(1)}),
           (("extra", "unknown", "1", ""),)),
    Damage("an extra attribute", _change(RUN, zz=_s("")), (("changed", "run", RUN_ID, "zz"),)),
    Damage("a text where a number was", _change(RUN, pas=_s("1")), (("changed", "run", RUN_ID, "pas"),)),
    Damage("a text where the id was", _change(RUN, id=_s(RUN_ID)), (("changed", "run", RUN_ID, "id"),)),
    Damage("NULL of DynamoDB where nothing was", _change(f"USR#{U + 2}", nm={"NULL": True}),
           (("changed", "user", str(U + 2), "nm"),)),
    Damage("a truncated text", lambda p: p.change(p.get(PROBLEM), cod=_s("print(1)\n" * 19)),
           (("changed", "problem", PROBLEM_ID, "cod"),)),
    Damage("a truncated compressed text", _shorten_compressed, (("changed", "run", PUBLIC_ID, "cod"),)),
    Damage("cut compressed bytes", _cut_compressed, (("changed", "run", PUBLIC_ID, "cod"),)),
    Damage("a missing text part", lambda p: p.delete(p.find(f"TXT#TC#{C + 3}")[1]),
           (("missing", "text_part", HIDDEN_ID, ""),)),
    Damage("an altered text part", _alter_part, (("changed", "text_part", HIDDEN_ID, ""),)),
    Damage("a text part too many", _one_part_too_many, (("extra", "text_part", HIDDEN_ID, ""),)),
    *(
        Damage(f"a text part numbered {number}", _renumber(number),
               (("extra", "unknown", "", ""), ("missing", "text_part", HIDDEN_ID, "")))
        for number in ("1", "00001", "001")
    ),
    Damage("a text part with an attribute more", lambda p: p.change(p.find(f"TXT#TC#{C + 3}")[1], zz=_s("")),
           (("changed", "text_part", HIDDEN_ID, ""), ("unreadable", "text_part", "", ""))),
    Damage("a foreign item under a text's partition", _put(FOREIGN, "junk", b={"B": bytes(300_000)}),
           (("extra", "unknown", "", ""),)),
    Damage("a foreign text part without bytes", _put(FOREIGN, A_PART), (("unreadable", "text_part", "", ""),)),
    Damage("a foreign text part with an attribute more", _put(FOREIGN, A_PART, b=BYTES, zz=_s("")),
           (("unreadable", "text_part", "", ""),)),
    Damage("a foreign text", _put(FOREIGN, A_PART, b=BYTES),
           (("extra", "text_part", f"RUN#{R + 77} cod", ""),)),
    Damage("a log of 2001", _log_of_2001, (("extra", "usage_log", str(L + 77), ""),)),
    Damage("a day counter of 2001", _put(HINTS, "DAY#2001-02-03", n=_n(3)),
           (("extra", "usage_day", f"{HINTS[4:]} 2001-02-03", ""),)),
    Damage("a log of today that says 2001", _large_log(crt=_n(MOMENT_2001)),
           (("changed", "usage_log", LARGE_LOG_ID, "crt"),)),
    Damage("a log under another action", _move_entry(EXECUTIONS, DAY_KEY),
           (("changed", "usage_day", DAY_ID, "n"), ("extra", "usage_day", f"{EXECUTIONS[4:]} {DAY:%Y-%m-%d}", ""),
            ("misplaced", "usage_log", LOG_ID, "PK"))),
    Damage("a log in the ledger of another day", _move_entry(HINTS, f"DAY#{DAY_AFTER}"),
           (MISCOUNTED, ("extra", "usage_day", f"{HINTS[4:]} {DAY_AFTER}", ""),
            ("misplaced", "usage_log", LOG_ID, "SK"))),
    Damage("a log with its own time in the ledger of another day", _move_entry_with_its_time,
           (MISCOUNTED, ("extra", "usage_day", f"{HINTS[4:]} {DAY_AFTER}", ""), ("missing", "usage_log", LOG_ID, ""))),
    Damage("a log lost from its ledger", in_ledger(f"={L + 1},"), (MISCOUNTED, ("missing", "usage_log", LOG_ID, ""))),
    Damage("another metadata in a ledger", in_ledger('{"a": 1}', '{"a": 2}'),
           (("changed", "usage_log", LOG_ID, "met"),)),
    Damage("metadata of a ledger without a space", in_ledger('{"a": 1}', '{"a":1}'),
           (("changed", "usage_log", LOG_ID, "met"),)),
    Damage("another problem in a ledger", in_ledger(f",{P + 1}", f",{P + 2}"),
           (("changed", "usage_log", str(L + 2), "pid"),)),
    Damage("one microsecond in a ledger", in_ledger(f"={L + 1},0", f"={L + 1},1"),
           (("misplaced", "usage_log", LOG_ID, "SK"),)),
    Damage("another id in a ledger", in_ledger(f"={L + 1},", f"={L + 77},"),
           (("extra", "usage_log", str(L + 77), ""), ("missing", "usage_log", LOG_ID, ""))),
    Damage("a log twice in a ledger", in_ledger(f"={L + 2},1000000", f"={L + 2},1000000", f"={L + 2},1000001"),
           (MISCOUNTED, ("duplicated", "usage_log", str(L + 2), ""))),
    Damage("a log in its ledger and beside it", log_apart, (("duplicated", "usage_log", LOG_ID, ""),)),
    Damage("an entry that nobody can read", in_ledger(f"={L + 1},", f"=x{L + 1},"),
           (MISCOUNTED, ("missing", "usage_log", LOG_ID, ""))),
    Damage("a moved log as a use of the service", in_ledger(f"={L + 1},", "AAAAAAAA"),
           (MISCOUNTED, ("missing", "usage_log", LOG_ID, ""))),
    Damage("a member of staff under a dead letter's id", _plant_staff, tuple(
        ("extra", kind, str(U + 9), "") for kind in ("email_guard", "google_guard", "user")
    )),
    Damage("junk that begins like an erasure", _put("ERASxyz", "0000000000000001", uid=_n(1), ask=_n(1)),
           (("extra", "unknown", "", ""),)),
    Damage("junk that begins like a session", _put("USR#3#SESxyz", "1"), (("extra", "unknown", "", ""),)),
    Damage("a session that no reader can read", _put("USR#3#SES", f"{1:016}", id=_n(1)),
           (("unreadable", "session", "1", ""),)),
    Damage("all parts missing", _drop_all_parts,
           (("missing", "text_part", HIDDEN_ID, ""),)),
    Damage("a text that nothing refers to", _orphan_text, (("extra", "text_part", f"RUN#{R + 5} cod", ""),)),
    Damage("a wrong number of parts", _wrong_number_of_parts, (("changed", "text_part", HIDDEN_ID, ""),)),
    Damage("a wrong length of a text", _wrong_length_of_a_text, (("changed", "text_part", HIDDEN_ID, ""),)),
    Damage("a shifted time zone", _shift, (("changed", "run", RUN_ID, "crt"),)),
    Damage("a lost GSI1 key", _change(USER, GSI1PK=None, GSI1SK=None), (("changed", "user", USER_ID, "GSI1PK"),)),
    Damage("a lost GSI2 key", _change(PUBLIC_RUN, GSI2PK=None, GSI2SK=None),
           (("changed", "run", PUBLIC_ID, "GSI2PK"),)),
    Damage("a wrong timeline shard", _change(PUBLIC_RUN, GSI2PK=_s("PUB#3")),
           (("changed", "run", PUBLIC_ID, "GSI2PK"),)),
    Damage("a solution of another problem", _change(PUBLIC_RUN, GSI1PK=_s("SOL#999"), GSI1SK=_s("2024-05-06")),
           (("changed", "run", PUBLIC_ID, "GSI1PK"),)),
    Damage("a private run on the timeline", _change(RUN, GSI2PK=_s("PUB#1"), GSI2SK=_s("2024-05-06")),
           (("changed", "run", RUN_ID, "GSI2PK"),)),
    Damage("a wrong TTL", _large_log(ttl=_n(4_000_000_000)), (
        ("changed", "usage_log", LARGE_LOG_ID, "ttl"), ("changed", "text_part", f"USE#{L + 4} met", ""))),
    Damage("a missing TTL", _large_log(ttl=None), (
        ("changed", "usage_log", LARGE_LOG_ID, "ttl"), ("changed", "text_part", f"USE#{L + 4} met", ""))),
    Damage("a ledger with a wrong TTL", _change(HINTS, DAY_KEY, ttl=_n(4_000_000_000)),
           (("changed", "usage_day", DAY_ID, "ttl"),)),
    Damage("a ledger without TTL", _change(HINTS, DAY_KEY, ttl=None), (("changed", "usage_day", DAY_ID, "ttl"),)),
    Damage("a lost log of many bytes", lambda p: p.delete(p.find(f"USR#{U + 2}#USE#hint", f"LOG#{DAY:%Y}")[0]),
           (("missing", "usage_log", LARGE_LOG_ID, ""), ("extra", "text_part", f"USE#{L + 4} met", ""))),
    Damage("a TTL where none belongs", _change(USER, ttl=_n(4_000_000_000)), (("changed", "user", USER_ID, "ttl"),)),
    Damage("a text part without its TTL", _first(f"TXT#USE#{L + 4}", ttl=None),
           (("changed", "text_part", f"USE#{L + 4} met", ""),)),
    Damage("a duplicated id under another key", _duplicate, (("duplicated", "test_case", str(C + 2), ""),)),
    Damage("a public flag flipped", _change(PUBLIC_RUN, pub={"BOOL": False}), (("changed", "run", PUBLIC_ID, "pub"),)),
    Damage("a sample hidden", _hidden_sample, (("misplaced", "test_case", str(C + 1), "SK"),)),
    Damage("a guard that points at another user", _change("GID#g-alice", "GUARD", uid=_n(U + 2)),
           (("changed", "google_guard", USER_ID, "uid"),)),
    Damage("a missing guard", lambda p: p.delete(p.get(f"NUM#baekjoon#{P + 1}", "GUARD")),
           (("missing", "number_guard", PROBLEM_ID, ""),)),
    Damage("a missing line in the list of users", lambda p: p.delete(
        next(i for i in p.find("USRLIST#0") if i["uid"]["N"] == USER_ID)
    ), (("missing", "user_entry", USER_ID, ""),)),
    Damage("a missing line in a tag's list", _drop_first("PRBLIST#TAG:graph#0"),
           (("missing", "problem_entry", PROBLEM_ID, ""),)),
    Damage("a missing line under a word", _drop_first("PRBWORD#tw", "two#"),
           (("missing", "word_entry", PROBLEM_ID, ""),)),
    Damage("a tag lost from a list", _lose_a_tag, (("changed", "problem_entry", PROBLEM_ID, "tgs"),)),
    Damage("a missing line in a user's history", lambda p: p.delete(_run_line(p, "RUN")),
           (("missing", "user_run", RUN_ID, ""),)),
    Damage("a changed line in a user's history of a problem",
           lambda p: p.change(_run_line(p, f"PRB#{P + 1}"), fal=_n(9)),
           (("changed", "user_problem_run", RUN_ID, "fal"),)),
    Damage("a wrong day counter", _change(HINTS, DAY_KEY, n=_n(3)),
           (("changed", "usage_day", DAY_ID, "n"),)),
    Damage("a missing ledger", lambda p: p.delete(p.get(HINTS, DAY_KEY)),
           (("missing", "usage_day", DAY_ID, ""), *(("missing", "usage_log", str(L + n), "") for n in (1, 2)))),
    Damage("a ledger of another user", lambda p: p.change(p.get(HINTS, DAY_KEY), PK=_s(f"USR#{U + 4}#USE#hint")),
           (("extra", "usage_day", f"{U + 4}#USE#hint {DAY:%Y-%m-%d}", ""),
            *(("duplicated", "usage_log", str(L + n), "") for n in (1, 2)))),
    Damage("a dropped plan", lambda p: p.delete(p.get("PLAN", f"{90:016}")), (("missing", "plan", "90", ""),)),
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=[damage.name.replace(" ", "_") for damage in DAMAGES])
def test_damage_is_found_and_named(migrated: MigratedTable, damage: Damage) -> None:
    damage.do(migrated)
    report = migrated.verify()
    assert not report.agrees
    shapes = sorted(shape(difference) for difference in report.differences.listed)
    assert shapes == sorted(damage.reports), text(report)
    assert text(report).splitlines()[-1] == f"{len(damage.reports)} differences"
    stream = io.StringIO()
    write_json(report, stream)
    as_json = json.loads(stream.getvalue())
    assert as_json["difference_count"] == len(as_json["differences"]) == len(damage.reports)

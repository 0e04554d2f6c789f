"""Every class of damage is found on every engine, and nothing but the damaged item is named."""

from __future__ import annotations

import json
import math
import zlib
from typing import Any

import pytest

from migration.verify.report import as_json, text
from tests.integration.verify.world import DAY, C, Damage, L, P, Proof, R, U, shape

USER, RUN, PUBLIC_RUN, PROBLEM = f"USR#{U + 1}", f"RUN#{R + 1}", f"RUN#{R + 2}", f"PRB#{P + 1}"
HINTS = f"USR#{U + 1}#USE#hint"
NINE_HOURS = 9 * 3600 * 1_000_000


def _s(value: str) -> dict[str, str]:
    return {"S": value}


def _n(value: Any) -> dict[str, str]:
    return {"N": str(value)}


def _change(pk: str, sk: str = "META", **attributes: Any) -> Any:
    return lambda proof: proof.change(proof.get(pk, sk), **attributes)


def _first(pk: str, prefix: str = "", **attributes: Any) -> Any:
    return lambda proof: proof.change(proof.find(pk, prefix)[0], **attributes)


def _drop_first(pk: str, prefix: str = "") -> Any:
    return lambda proof: proof.drop(proof.find(pk, prefix)[0])


def _case(proof: Proof, number: int) -> dict[str, Any]:
    return next(item for item in proof.find(PROBLEM, "TC") if item["id"]["N"] == str(C + number))


def _next_float(proof: Proof) -> None:
    problem = proof.get(PROBLEM)
    proof.change(problem, tl=_n(repr(math.nextafter(float(problem["tl"]["N"]), 2))))


def _swap_bodies(proof: Proof) -> None:
    one, other = proof.get(RUN), proof.get(PUBLIC_RUN)
    proof.put({**other, "PK": one["PK"], "SK": one["SK"]})
    proof.put({**one, "PK": other["PK"], "SK": other["SK"]})


def _shift(proof: Proof) -> None:
    run = proof.get(RUN)
    proof.change(run, crt=_n(int(run["crt"]["N"]) + NINE_HOURS))


def _shorten_compressed(proof: Proof) -> None:
    run = proof.get(PUBLIC_RUN)
    text = zlib.decompress(run["cod"]["B"])
    proof.change(run, cod={"B": zlib.compress(text[:-1])})


def _cut_compressed(proof: Proof) -> None:
    run = proof.get(PUBLIC_RUN)
    proof.change(run, cod={"B": run["cod"]["B"][:-9]})


def _alter_part(proof: Proof) -> None:
    part = proof.find(f"TXT#TC#{C + 3}")[1]
    data = part["b"]["B"]
    proof.change(part, b={"B": data[:1000] + bytes([data[1000] ^ 1]) + data[1001:]})


def _one_part_too_many(proof: Proof) -> None:
    part = proof.find(f"TXT#TC#{C + 3}")[-1]
    head, _, number = part["SK"]["S"].rpartition("#")
    proof.change(part, SK=_s(f"{head}#{int(number) + 1:04}"))


def _orphan_text(proof: Proof) -> None:
    part = proof.find(f"TXT#RUN#{R + 4}")[0]
    proof.change(part, PK=_s(f"TXT#RUN#{R + 5}"))


def _wrong_number_of_parts(proof: Proof) -> None:
    case = _case(proof, 3)
    proof.change(case, **{"in": {"M": {**case["in"]["M"], "n": _n(1)}}})


def _wrong_length_of_a_text(proof: Proof) -> None:
    case = _case(proof, 3)
    length = int(case["in"]["M"]["l"]["N"])
    proof.change(case, **{"in": {"M": {**case["in"]["M"], "l": _n(length + 1)}}})


def _hidden_sample(proof: Proof) -> None:
    case = _case(proof, 1)
    proof.drop(case)
    proof.change(case, SK=_s(case["SK"]["S"].replace("TCS#", "TCH#")))


def _duplicate(proof: Proof) -> None:
    case = _case(proof, 2)
    proof.change(case, PK=_s(f"PRB#{P + 2}"))


def _lose_a_tag(proof: Proof) -> None:
    line = proof.find(f"PRBLIST#ALL#{(P + 1) % 4}")
    (mine,) = [item for item in line if item["id"]["N"] == str(P + 1)]
    proof.change(mine, tgs={"SS": ["dp"]})


def _run_line(proof: Proof, partition: str) -> dict[str, Any]:
    return next(i for i in proof.find(f"USR#{U + 1}#{partition}") if i["id"]["N"] == str(R + 1))


def _misspell_guard(proof: Proof) -> None:
    guard = proof.get("EML#alice@example.org", "GUARD")
    proof.drop(guard)
    proof.change(guard, PK=_s("EML#Alice@example.org"))


def _drop_all_parts(proof: Proof) -> None:
    for part in proof.find(f"TXT#TC#{C + 3}"):
        proof.drop(part)


USER_ID, RUN_ID, PUBLIC_ID, PROBLEM_ID, CASE_ID = (str(n) for n in (U + 1, R + 1, R + 2, P + 1, C + 3))
SWAPPED = (("changed", "run", RUN_ID, "GSI2PK"), ("changed", "run", PUBLIC_ID, "GSI2PK"))
HIDDEN_ID = f"TC#{C + 3} in"
DAY_ID = f"{HINTS[4:]} {DAY:%Y-%m-%d}"

DAMAGES = (
    Damage("letter case", _change(USER, em=_s("alice@Example.org")), (("changed", "user", USER_ID, "em"),)),
    Damage("letter case in a guard's key", _misspell_guard, (("misplaced", "email_guard", USER_ID, "PK"),)),
    Damage("a trailing space", _change(USER, nm=_s("Alice 🎓 ")), (("changed", "user", USER_ID, "nm"),)),
    Damage("a lost trailing space", lambda p: p.change(_case(p, 1), out=_s("3")),
           (("changed", "test_case", str(C + 1), "out"),)),
    Damage("'' where NULL was", _change(f"USR#{U + 2}", nm=_s("")), (("changed", "user", str(U + 2), "nm"),)),
    Damage("NULL where '' was", _change(RUN, res=None), (("changed", "run", RUN_ID, "res"),)),
    Damage("one ulp of a float", _next_float, (("changed", "problem", PROBLEM_ID, "tl"),)),
    Damage("digits that no float has", _change(PROBLEM, tl=_n("0.10000000000000000001")),
           (("changed", "problem", PROBLEM_ID, "tl"),)),
    Damage("a dropped test case", lambda p: p.drop(_case(p, 2)), (("missing", "test_case", str(C + 2), ""),)),
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
    Damage("a missing text part", lambda p: p.drop(p.find(f"TXT#TC#{C + 3}")[1]),
           (("missing", "text_part", HIDDEN_ID, ""),)),
    Damage("an altered text part", _alter_part, (("changed", "text_part", HIDDEN_ID, ""),)),
    Damage("a text part too many", _one_part_too_many, (("extra", "text_part", HIDDEN_ID, ""),)),
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
    Damage("a private run on the timeline", _change(RUN, GSI2PK=_s("PUB#1"), GSI2SK=_s("2024-05-06")),
           (("changed", "run", RUN_ID, "GSI2PK"),)),
    Damage("a wrong TTL", _first(HINTS, "LOG#", ttl=_n(4_000_000_000)), (("changed", "usage_log", str(L + 1), "ttl"),)),
    Damage("a missing TTL", _first(HINTS, "LOG#", ttl=None), (("changed", "usage_log", str(L + 1), "ttl"),)),
    Damage("a TTL where none belongs", _change(USER, ttl=_n(4_000_000_000)), (("changed", "user", USER_ID, "ttl"),)),
    Damage("a text part without its TTL", _first(f"TXT#USE#{L + 4}", ttl=None),
           (("changed", "text_part", f"USE#{L + 4} met", ""),)),
    Damage("a duplicated id under another key", _duplicate, (("duplicated", "test_case", str(C + 2), ""),)),
    Damage("a public flag flipped", _change(PUBLIC_RUN, pub={"BOOL": False}), (("changed", "run", PUBLIC_ID, "pub"),)),
    Damage("a sample hidden", _hidden_sample, (("misplaced", "test_case", str(C + 1), "SK"),)),
    Damage("a guard that points at another user", _change("GID#g-alice", "GUARD", uid=_n(U + 2)),
           (("changed", "google_guard", USER_ID, "uid"),)),
    Damage("a missing guard", lambda p: p.drop(p.get(f"NUM#baekjoon#{P + 1}", "GUARD")),
           (("missing", "number_guard", PROBLEM_ID, ""),)),
    Damage("a missing line in the list of users", lambda p: p.drop(
        next(i for i in p.find(f"USRLIST#{(U + 1) % 4}") if i["uid"]["N"] == USER_ID)
    ), (("missing", "user_entry", USER_ID, ""),)),
    Damage("a missing line in a tag's list", _drop_first("PRBLIST#TAG:graph#0"),
           (("missing", "problem_entry", PROBLEM_ID, ""),)),
    Damage("a missing line under a word", _drop_first("PRBWORD#tw", "two#"),
           (("missing", "word_entry", PROBLEM_ID, ""),)),
    Damage("a tag lost from a list", _lose_a_tag, (("changed", "problem_entry", PROBLEM_ID, "tgs"),)),
    Damage("a missing line in a user's history", lambda p: p.drop(_run_line(p, "RUN")),
           (("missing", "user_run", RUN_ID, ""),)),
    Damage("a changed line in a user's history of a problem",
           lambda p: p.change(_run_line(p, f"PRB#{P + 1}"), fal=_n(9)),
           (("changed", "user_problem_run", RUN_ID, "fal"),)),
    Damage("a wrong day counter", _change(HINTS, f"DAY#{DAY:%Y-%m-%d}", n=_n(3)),
           (("changed", "usage_day", DAY_ID, "n"),)),
    Damage("a missing day counter", lambda p: p.drop(p.get(HINTS, f"DAY#{DAY:%Y-%m-%d}")),
           (("missing", "usage_day", DAY_ID, ""),)),
    Damage("a dropped plan", lambda p: p.drop(p.get("PLAN", f"{90:016}")), (("missing", "plan", "90", ""),)),
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=[damage.name.replace(" ", "_") for damage in DAMAGES])
def test_damage_is_found_and_named(proof: Proof, damage: Damage) -> None:
    damage.do(proof)
    found = proof.verify()
    assert not found.agrees
    shapes = sorted(shape(difference) for difference in found.differences.kept)
    assert shapes == sorted(damage.reports), text(found)
    assert text(found).splitlines()[-1] == f"{len(damage.reports)} differences"
    assert json.loads(json.dumps(as_json(found)))["difference_count"] == len(damage.reports)

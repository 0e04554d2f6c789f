"""Numbers, booleans, texts and JSON that MySQL holds and DynamoDB would not take as they come."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import pytest

from api.dynamodb.codec.json_text import JsonText
from config.environment import environment
from migration import mapping
from migration.verify import VerificationOptions, verify
from tests.integration.migration.migration_harness import Move, agrees, only_letter, raw_text, record

pytestmark = pytest.mark.any_engine

FOUR_BYTES = (
    "정답 \N{PILE OF POO}\U0001f468\u200d\U0001f469\u200d\U0001f467 \U00020000 \u0000\u001f\u2028\ufffd\uffff"
)


def test_a_tinyint_of_127_is_a_dead_letter(move: Move) -> None:
    move.legacy.add("users", {"id": 1, "is_active": 127}, {"id": 2, "is_active": 0})
    move.run()
    assert only_letter(move, "users", 1)["reason"] == "is_active: tinyint 127 is neither 0 nor 1"
    assert record("user", move.items(), "USR#2")["is_active"] is False


def test_a_bit_column_is_read_as_a_boolean(quick_move: Move) -> None:
    quick_move.legacy.sql(
        "ALTER TABLE users MODIFY is_active BIT(1) NOT NULL, MODIFY is_staff BIT(8) NOT NULL"
    )
    quick_move.legacy.add("users", {"id": 1, "is_active": 1, "is_staff": 0}, {"id": 2, "is_staff": 5})
    quick_move.run()
    assert only_letter(quick_move, "users", 2)["reason"] == "is_staff: tinyint 5 is neither 0 nor 1"
    user = record("user", quick_move.items(), "USR#1")
    assert (user["is_active"], user["is_staff"]) == (True, False)


EXACT_JSON = (
    '{"n": 12345678901234567890123456789012345678901234567890123456789012345}',
    '{"n": 0.12345678901234567890123456789012345678901234567890123456789012345}',
    "[1e400, -0.0, 1E-400, 100, 1.0, 1.10]",
    '{"b":1,"a":2,"b":3,  "spaces" : [ ] }',
    '"\\ud83d\\ude00 \\u0000"',
    json.dumps({"\N{PILE OF POO}": "정답 \U00020000"}, ensure_ascii=False),
    "null",
    '""',
)


def test_json_is_kept_to_the_letter(move: Move) -> None:
    move.legacy.drop_checks("search_history", "test_results", "hints")
    rows = [{"id": number, "test_results": text} for number, text in enumerate(EXACT_JSON, 1)]
    move.legacy.add("search_history", *rows)
    move.run()
    items = move.items()
    assert [raw_text(items, f"RUN#{row['id']}", "trs") for row in rows] == list(EXACT_JSON)


NOT_JSON = ("NaN", '{"score": Infinity}', "[-Infinity]", '{"a": 1', "", "{'a': 1}", "[" * 5000, "nonsense")
# JSON that no page and no export could show, and the reason.
UNREADABLE_JSON = {
    '{"x": 1e9999999999999999999}': "the number 1e9999999999999999999 is not between 1e-999 and 1e999",
    "[" + "7" * 5_000 + "]": f"the number {'7' * 40}... has more than 1,000 digits",
    r'["\ud800"]': r"\ud800 is a lone surrogate, which UTF-8 cannot hold",
    r'{"\udfff": 1}': r"\udfff is a lone surrogate, which UTF-8 cannot hold",
    "[" * 300 + "]" * 300: "it is nested more than 100 levels deep",
    '{"a":' * 101 + "1" + "}" * 101: "it is nested more than 100 levels deep",
}


def test_json_that_is_none_is_a_dead_letter(move: Move) -> None:
    move.legacy.drop_checks("search_history", "test_results", "hints")
    rows = [{"id": number, "hints": text} for number, text in enumerate(NOT_JSON, 1)]
    move.legacy.add("search_history", *rows, {"id": 99, "hints": '{"fine": true}'})
    report = move.run()
    letters = move.letters()
    assert [letter["key"] for letter in letters] == [str(row["id"]) for row in rows]
    assert [letter["reason"] for letter in letters[:3]] == [
        "hints: NaN is not JSON", "hints: Infinity is not JSON", "hints: -Infinity is not JSON",
    ]  # fmt: skip
    assert all(letter["reason"].startswith("hints: invalid JSON: ") for letter in letters[3:])
    assert [letter["row"]["hints"] for letter in letters] == list(NOT_JSON)
    assert {letter["entity"] for letter in letters} == {"history"}
    assert report.dead == len(NOT_JSON)
    assert record("run", move.items(), "RUN#99")["hints"] == {"fine": True}


def test_json_that_could_not_be_shown_is_a_dead_letter_with_the_reason(move: Move) -> None:
    move.legacy.drop_checks("search_history", "test_results", "hints")
    move.legacy.drop_checks("problems", "tags", "hints", "metadata")
    move.legacy.drop_checks("usage_logs", "metadata")
    texts = dict(enumerate(UNREADABLE_JSON, 1))
    places = {
        "search_history": ("test_results", "hints"), "problems": ("tags", "hints", "metadata"),
        "usage_logs": ("metadata",),
    }  # fmt: skip
    expected = set()
    for table, columns in places.items():
        row_id = 0
        for column in columns:
            for text in texts.values():
                row_id += 1
                row = {"id": row_id, column: text}
                if table == "usage_logs":
                    row["created_at"] = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
                move.legacy.add(table, row)
                expected.add((table, str(row_id), f"{column}: invalid JSON: {UNREADABLE_JSON[text]}"))
    report = move.run()
    letters = move.letters()
    tables = {"history": "search_history", "problems": "problems", "usage": "usage_logs"}
    assert {(tables[one["entity"]], one["key"], one["reason"]) for one in letters} == expected
    assert report.dead == len(expected)
    assert agrees(move)


def test_json_that_could_not_be_shown_and_is_in_the_table_all_the_same_is_a_difference(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_move.legacy.drop_checks("search_history", "test_results")
    quick_move.legacy.add("search_history", {"id": 1, "test_results": r'["\ud800"]'})
    with monkeypatch.context() as before_there_was_a_limit:
        before_there_was_a_limit.setitem(mapping._READERS, "json", JsonText)
        assert quick_move.run().dead == 0
    quick_move.use_settings(**quick_move.settings())
    assert not verify(environment(), VerificationOptions()).agrees


def test_a_tag_that_utf8_cannot_hold_is_a_dead_letter_since_tags_are_keys(quick_move: Move) -> None:
    quick_move.legacy.drop_checks("problems", "tags")
    quick_move.legacy.add(
        "problems", {"id": 1, "tags": '["\\ud800"]'}, {"id": 2, "tags": '["\\ud83d\\ude00"]'}
    )
    quick_move.run()
    assert "lone surrogate" in only_letter(quick_move, "problems", 1)["reason"]
    assert any(pk.startswith("PRBLIST#TAG:\U0001f600#") for pk, _ in quick_move.items())


def test_four_byte_characters_and_control_characters_survive_everywhere(move: Move) -> None:
    move.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(255) COLLATE utf8mb4_bin NULL")
    text = FOUR_BYTES
    address = "정답\N{PILE OF POO}\U00020000@example.org"  # of characters that somebody sees
    as_json = json.dumps([text], ensure_ascii=False)
    move.legacy.add("subscription_plans", {"id": 1, "name": text})
    move.legacy.add("users", {"id": 1, "email": address, "name": text, "picture": text, "google_id": text})
    move.legacy.add(
        "problems",
        {"id": 1, "platform": text, "problem_id": text, "title": text, "url": text, "tags": as_json,
         "difficulty": text, "language": text, "solution_code": text, "constraints": text, "hints": as_json,
         "metadata": as_json},
    )  # fmt: skip
    move.legacy.add("test_cases", {"id": 1, "input": text, "output": text})
    move.legacy.add(
        "search_history",
        {"id": 1, "platform": text, "problem_number": text, "problem_title": text, "language": text, "code": text,
         "result_summary": text, "test_results": as_json, "hints": as_json},
    )  # fmt: skip
    assert move.run().dead == 0
    items = move.items()
    plan = record("plan", items, "PLAN", f"{1:016d}")
    user = record("user", items, "USR#1")
    problem = record("problem", items, "PRB#1")
    case = record("test_case", items, "PRB#1", next(sk for pk, sk in items if sk.startswith("TC")))
    run = record("run", items, "RUN#1")
    texts = [plan["name"], *(user[n] for n in ("name", "picture", "google_id"))]
    texts += [problem[n] for n in ("platform", "problem_number", "title", "url", "difficulty", "language")]
    texts += [problem[n] for n in ("solution_code", "constraints")] + [case["input"], case["output"]]
    texts += [
        run[n] for n in ("platform", "problem_number", "problem_title", "language", "code", "result_summary")
    ]
    assert set(texts) == {text}
    assert user["email"] == address
    for values in (problem["tags"], problem["hints"], problem["metadata"], run["test_results"], run["hints"]):
        assert values == [text]


def code_of_three_megabytes(compressible: bool) -> str:
    if compressible:
        return "for i in range(10):\n    print(i)\n" * 95_000
    return random.Random(3).randbytes(1_500_000).hex()


@pytest.mark.parametrize("compressible", [True, False], ids=["compressible", "random"])
def test_code_of_three_megabytes_comes_back_as_it_was(move: Move, compressible: bool) -> None:
    code = code_of_three_megabytes(compressible)
    move.legacy.add("search_history", {"id": 1, "code": code}, {"id": 2, "code": code[:-1]})
    prediction, report = move.dry_run(), move.run()
    assert (report.dead, prediction.dead) == (0, [])
    items = move.items()
    assert record("run", items, "RUN#1")["code"] == code
    assert record("run", items, "RUN#2")["code"] == code[:-1]
    assert (len([key for key in items if key[0] == "TXT#RUN#1"]) > 1) is not compressible
    assert prediction.steps["history"].counts.items == len(items)


def test_the_history_repository_reads_moved_code_of_three_megabytes(move: Move) -> None:
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.repositories import SearchHistoryRepository

    code = code_of_three_megabytes(compressible=False)
    move.legacy.add("search_history", {"id": 1, "code": code})
    move.run()
    run_record = SearchHistoryRepository(DynamoDBClient.get_table()).get_history(1)
    assert run_record is not None
    assert run_record["code"] == code


def test_an_item_that_still_does_not_fit_is_a_dead_letter(quick_move: Move) -> None:
    quick_move.legacy.sql("ALTER TABLE users MODIFY picture LONGTEXT NULL")
    quick_move.legacy.add("users", {"id": 1, "picture": "p" * 409_600}, {"id": 2, "picture": "p" * 10_000})
    predicted = quick_move.dry_run().dead
    quick_move.run()
    letter = only_letter(quick_move, "users", 1)
    assert "picture" in letter["reason"]
    assert len(letter["row"]["picture"]) == 409_600
    assert [(entry["key"], entry["reason"]) for entry in predicted] == [("1", letter["reason"])]
    assert ("USR#2", "META") in quick_move.items()


DOUBLES = ("0.1", "1e-7", "-0e0", "1.7976931348623157e125", "0.30000000000000004", "-2.5", "1e-129")


def test_a_double_is_stored_as_its_shortest_text(move: Move) -> None:
    for number, text in enumerate(DOUBLES, 1):
        move.legacy.add("problems", {"id": number})
        move.legacy.sql(f"UPDATE problems SET time_limit = {text} WHERE id = {number}")
    assert move.run().dead == 0
    items = move.items()
    for number, text in enumerate(DOUBLES, 1):
        assert record("problem", items, f"PRB#{number}")["time_limit"] == float(text)
    assert items["PRB#3", "META"]["tl"] == {"N": "0"}


def test_a_float_is_stored_as_mysql_prints_it(move: Move) -> None:
    move.legacy.sql("ALTER TABLE problems MODIFY time_limit FLOAT NULL")
    move.legacy.add("problems", {"id": 1, "time_limit": 0.1}, {"id": 2, "time_limit": 1e-7})
    move.run()
    items = move.items()
    assert record("problem", items, "PRB#1")["time_limit"] == 0.1
    assert record("problem", items, "PRB#2")["time_limit"] == 1e-7


def test_a_double_outside_dynamodbs_range_is_a_dead_letter(move: Move) -> None:
    time_limits = (1e300, -1e300, 1e-300, 1e126)
    move.legacy.add(
        "problems", *[{"id": n, "time_limit": value} for n, value in enumerate(time_limits, 1)], {"id": 9}
    )
    move.run()
    letters = move.letters()
    assert [(letter["entity"], letter["key"]) for letter in letters] == [
        ("problems", str(n)) for n in range(1, 5)
    ]
    assert [float(letter["row"]["time_limit"]) for letter in letters] == list(time_limits)
    assert all(letter["reason"].startswith("time_limit ") for letter in letters)
    assert all("is outside the range of a DynamoDB number" in letter["reason"] for letter in letters)
    assert ("PRB#9", "META") in move.items()


def test_a_null_where_a_value_is_needed_is_a_dead_letter(quick_move: Move) -> None:
    quick_move.legacy.sql("ALTER TABLE problems MODIFY title VARCHAR(500) NULL")
    quick_move.legacy.add("problems", {"id": 1, "title": None})
    quick_move.run()
    assert only_letter(quick_move, "problems", 1)["reason"] == "title is NULL"


def test_a_decimal_that_a_double_cannot_hold_is_a_dead_letter(quick_move: Move) -> None:
    quick_move.legacy.sql("ALTER TABLE problems MODIFY time_limit DECIMAL(40, 22) NULL")
    quick_move.legacy.add(
        "problems", {"id": 1, "time_limit": "1.2345678901234567890123"}, {"id": 2, "time_limit": "0.5"}
    )
    assert quick_move.run().dead == 1
    assert "more digits than a double holds" in only_letter(quick_move, "problems", 1)["reason"]
    assert quick_move.items()["PRB#2", "META"]["tl"] == {"N": "0.5"}

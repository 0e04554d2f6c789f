"""The commands for indexes as an operator types them: what the decision log's guide does, and what goes wrong."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from config.environment import BACKEND_DIR
from tests.integration.lifecycle.decision_log_tables import INDEX, Log, decision
from tests.support.aws_rules import AwsRules
from tests.support.engines import Engine
from tests.support.fault_proxy import Fault
from tests.support.scripts import finished, run_script, script_environment

DEMO, PROD = "dora_decision_log_demo", "dora_decision_log_prod"
READS = {"DescribeTable", "Scan", "Query", "GetItem"}


@pytest.fixture
def rules(ministack: Engine) -> Iterator[AwsRules]:
    with AwsRules(ministack.endpoint_url) as proxy:
        yield proxy


@pytest.fixture
def log(ministack: Engine, rules: AwsRules) -> Iterator[Log]:
    """Both tables of the guide, without the index."""
    made = Log(rules.url, ministack.client())
    made.create(table=DEMO)
    made.create(table=PROD)
    rules.calls.clear()
    yield made
    made.delete()


def call(log: Log, name: str, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = run_script(name, *arguments, settings=log.settings())
    assert done.returncode == code, done.stdout + done.stderr
    return done


def refused(log: Log, rules: AwsRules, name: str, *arguments: str) -> str:
    """The one line of a command that fails, with exit code 2 and nothing changed."""
    before = [(log.described(table), log.dump(table)) for table in (DEMO, PROD)]
    line = call(log, name, *arguments, code=2).stderr
    assert line.startswith("error: ") and line.count("\n") == 1, line
    assert "UpdateTable" not in rules.operations()
    assert [(log.described(table), log.dump(table)) for table in (DEMO, PROD)] == before
    return line


@pytest.mark.long
def test_the_guide_from_top_to_bottom(log: Log) -> None:
    seen = call(log, "add_gsi", "us-east-1", "--env", "both", "--dry-run").stdout
    assert seen.count("does not exist yet") == 2
    call(log, "add_gsi", "us-east-1", "--env", "demo")
    assert "exists already: ACTIVE" in call(log, "add_gsi", "us-east-1", "--env", "both", "--dry-run").stdout
    call(log, "add_gsi", "us-east-1", "--env", "prod")
    call(log, "add_gsi", "us-east-1", "--env", "both")
    shown = call(log, "gsi_status", "us-east-1", "--env", "both").stdout
    assert shown.count(f"{INDEX}: ACTIVE") == 2
    assert log.entries(DEMO) == log.dump(DEMO) and log.entries(PROD) == log.dump(PROD)
    call(log, "drop_gsi", "us-east-1", "--env", "demo", "--yes")
    shown = call(log, "gsi_status", "us-east-1", "--env", "both", code=1).stdout
    assert f"{INDEX}: MISSING" in shown and f"{INDEX}: ACTIVE" in shown


def test_a_dry_run_changes_nothing_and_only_reads(log: Log, rules: AwsRules) -> None:
    before = [(log.described(table), log.dump(table)) for table in (DEMO, PROD)]
    printed = call(log, "add_gsi", "us-east-1", "--env", "both", "--dry-run").stdout
    assert set(rules.operations()) <= READS
    assert [(log.described(table), log.dump(table)) for table in (DEMO, PROD)] == before
    for line in ("all 12 items", "none: every item", "partition keys 3 different, the heaviest 33.3%", "duration",
                 "cost to build", "cost to keep", "nothing was changed: this was a dry run"):  # fmt: skip
        assert line in printed


def test_it_builds_verifies_times_and_says_what_it_costs(log: Log) -> None:
    done = call(log, "add_gsi", "us-east-1", "--env", "demo")
    for line in (
        "12 entries for 12 items",
        "24 compared: agrees",
        "market_id = :m, 7 days",
        "same items",
        "a month",
    ):
        assert line in done.stdout
    assert "CREATING, backfilling" in done.stderr


def test_as_json_it_prints_one_document(log: Log) -> None:
    (table,) = json.loads(call(log, "add_gsi", "us-east-1", "--env", "demo", "--json").stdout)
    assert (table["table"], table["index"], table["state"], table["holds"]) == (DEMO, INDEX, "ACTIVE", True)
    assert table["survey"]["eligible"] == table["verification"]["in_index"] == 12
    assert table["query"]["same"] is True
    (status,) = json.loads(call(log, "gsi_status", "us-east-1", "--env", "demo", "--json").stdout)
    assert [(index["index"], index["state"]) for index in status["indexes"]] == [(INDEX, "ACTIVE")]


def test_detached_it_is_waited_for_by_another_process(log: Log, rules: AwsRules) -> None:
    done = call(log, "add_gsi", "us-east-1", "--env", "both", "--detach")
    assert "python scripts/gsi_status.py us-east-1 --env both --wait" in done.stdout
    assert f"{INDEX}: CREATING" in call(log, "gsi_status", "us-east-1", "--env", "both", code=1).stdout
    waited = call(log, "gsi_status", "us-east-1", "--env", "both", "--wait").stdout
    assert waited.count(f"{INDEX}: ACTIVE") == 2
    assert "12 compared" not in waited
    assert "agrees" in call(log, "add_gsi", "us-east-1", "--env", "both").stdout
    assert rules.operations().count("UpdateTable") == 2


def test_two_at_once_build_it_once(log: Log) -> None:
    with ThreadPoolExecutor() as threads:
        done = list(threads.map(lambda _: call(log, "add_gsi", "us-east-1", "--env", "demo"), range(2)))
    assert all("agrees" in one.stdout for one in done)
    assert log.entries(DEMO) == log.dump(DEMO)


def test_an_index_that_nothing_declares_is_given_by_its_keys(log: Log) -> None:
    keys = ("--index", "by-reason", "--partition-key", "reason:S", "--projection", "INCLUDE:market_id")
    call(log, "add_gsi", "us-east-1", "--table", DEMO, *keys)
    (index,) = log.described(DEMO)["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["Projection"]["NonKeyAttributes"]) == ("by-reason", ["market_id"])
    shown = call(log, "gsi_status", "us-east-1", "--table", DEMO, "--index", "by-reason", code=1).stdout
    assert "ACTIVE" in shown and "it is not declared" in shown
    call(log, "drop_gsi", "us-east-1", "--table", DEMO, "--index", "by-reason", "--yes")
    assert not log.described(DEMO)["GlobalSecondaryIndexes"]


def test_a_table_that_nothing_declares_is_taken_by_its_full_name(log: Log) -> None:
    name = log.create(table="some_other_log")
    keys = (
        "--table",
        name,
        "--index",
        "by-market",
        "--partition-key",
        "market_id:S",
        "--sort-key",
        "timestamp:S",
    )
    printed = call(log, "add_gsi", "us-east-1", *keys).stdout
    assert f"{name}: by-market is ACTIVE" in printed and "query          market_id = :v" in printed
    assert "by-market: ACTIVE" in call(log, "gsi_status", "us-east-1", "--table", name).stdout


@pytest.mark.parametrize(
    ("name", "arguments", "line"),
    [
        ("add_gsi", ["us-east-1", "--table", "dora_decision_log"], "add --env demo, prod or both"),
        ("add_gsi", ["us-east-1", "--table", "nope", "--env", "demo"], "no table nope is declared"),
        ("add_gsi", ["us-east-1", "--table", "nope_at_all"], "table nope_at_all does not exist in"),
        ("add_gsi", ["us-east-1", "--env", "staging"], "table dora_decision_log_staging does not exist in"),
        ("add_gsi", ["eu-west-3", "--env", "both"], f"table {DEMO} does not exist in region eu-west-3"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--index", "nope"], f"no declaration has nope of {DEMO}"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--index", "ab"], "'ab' cannot be an index's name"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--index", "a/b/c"], "'a/b/c' cannot be an index's name"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--partition-key", "a:S"], "add --index"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--index", "abc", "--sort-key", "a:S"], "with --partition-key"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--index", "abc", "--partition-key", "a"], "not like market_id:S"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--index", "abc", "--partition-key", "a:BOOL"], "is not like"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--index", "abc", "--partition-key", "a:S",
                     "--projection", "SOME"], "none of ALL, KEYS_ONLY and INCLUDE"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--index", "abc", "--partition-key", "date:N"],
         f"date:N contradicts {DEMO}, where date is declared as S"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--index", "abc", "--partition-key", "market_id:N"],
         "12 with market_id of type S, not N"),
        ("add_gsi", ["us-east-1", "--env", "demo", "--index", INDEX, "--partition-key", "reason:S"],
         "is declared in examples/decision_log"),
        ("drop_gsi", ["us-east-1", "--env", "demo", "--index", "nope"], f"{DEMO} has no index nope"),
        ("gsi_status", ["us-east-1", "--env", "demo", "--index", "nope"], f"{DEMO} has no index nope"),
        ("gsi_status", ["us-east-1", "--env", "staging"], "does not exist in"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_changes_nothing(
    log: Log, rules: AwsRules, name: str, arguments: list[str], line: str
) -> None:
    assert line in refused(log, rules, name, *arguments)


def test_items_that_could_not_be_written_again_stop_it_until_it_is_insisted_on(
    log: Log, rules: AwsRules
) -> None:
    for number, value in enumerate(({"N": "1"}, {"S": ""}, {"S": "x" * 2049}, None)):
        log.direct.put_item(TableName=DEMO, Item=decision(50 + number, market_id=value))
    line = refused(log, rules, "add_gsi", "us-east-1", "--env", "demo")
    for why in (
        "1 with market_id of type N, not S",
        "1 with market_id empty",
        "over 2,048 bytes long",
        "--yes",
    ):
        assert why in line
    assert "missing" not in line
    dry = call(log, "add_gsi", "us-east-1", "--env", "demo", "--dry-run", code=2)
    assert "1 items: market_id missing (date 2026-01-04" in dry.stdout
    call(log, "add_gsi", "us-east-1", "--env", "demo", "--yes")
    assert (len(log.entries(DEMO)), len(log.dump(DEMO))) == (12, 16)


@pytest.mark.parametrize("operation", ["DescribeTable", "Scan", "UpdateTable"])
def test_a_missing_permission_is_named_with_its_iam_action(log: Log, rules: AwsRules, operation: str) -> None:
    rules.decide = lambda call: Fault.DENY if call.operation == operation else None
    done = call(log, "add_gsi", "us-east-1", "--env", "demo", code=2)
    assert f"allow dynamodb:{operation} on table/{DEMO}" in done.stderr


def test_missing_credentials_are_explained_with_the_actions_needed() -> None:
    settings = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    done = run_script("add_gsi", "us-east-1", "--env", "demo", settings=settings)
    assert done.returncode == 2
    assert "no AWS credentials were found" in done.stderr and "dynamodb:UpdateTable" in done.stderr


def typed(log: Log, answer: str) -> tuple[int, str]:
    """Runs the drop on a terminal where somebody types an answer."""
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "scripts/drop_gsi.py", "us-east-1", "--env", "demo"],
        cwd=BACKEND_DIR, env=script_environment(log.settings()), stdin=theirs,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    os.close(theirs)
    os.write(terminal, f"{answer}\n".encode())
    printed, _ = finished(process)
    os.close(terminal)
    return process.returncode, printed


def test_dropping_wants_the_name_typed(log: Log, rules: AwsRules) -> None:
    call(log, "add_gsi", "us-east-1", "--env", "demo")
    rules.calls.clear()
    assert "must be confirmed by typing the name" in refused(
        log, rules, "drop_gsi", "us-east-1", "--env", "demo"
    )
    code, printed = typed(log, DEMO)
    assert code == 2 and "the name does not match: nothing was changed" in printed
    assert "UpdateTable" not in rules.operations()
    code, printed = typed(log, INDEX)
    assert code == 0 and f"{DEMO} {INDEX}: dropped" in printed
    assert not log.described(DEMO)["GlobalSecondaryIndexes"]


def test_a_damaged_index_is_found_out(log: Log, rules: AwsRules) -> None:
    call(log, "add_gsi", "us-east-1", "--env", "demo")
    forward = rules._forward

    def without_one(caller: Any, body: bytes) -> tuple[int, bytes]:
        status, data = forward(caller, body)
        answer = json.loads(data)
        if json.loads(body).get("IndexName") and "Items" in answer:
            kept = [item for item in answer["Items"] if item["reason"]["S"] != "because 7"]
            answer |= {"Items": kept, "Count": len(kept)}
        return status, json.dumps(answer).encode()

    rules._forward = without_one  # type: ignore[method-assign]
    done = call(log, "add_gsi", "us-east-1", "--env", "demo", code=1)
    assert "timestamp 2026-01-03T000007Z: the table has it, the index does not" in done.stdout

"""What the service records of requests, decisions, runs and jobs, and that a broken table of metrics touches none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from api.accounts.tokens import make_access_token
from api.composition import repositories
from api.dynamodb.schema.ids import new_id
from api.dynamodb.transport import factory
from config.environment import BACKEND_DIR, environment
from engines.processes import free_port, start, terminate, wait_until
from metrics.groups import parts_of_limit
from metrics.items import Figures, read_figures, read_json
from metrics.recorder import recorder
from metrics.writer import MetricsWriter
from scripts.run_demo import service_command
from tests.e2e.live import _is_ready
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.scripts import run_script, script_environment

pytestmark = pytest.mark.any_engine
JSON: dict[str, Any] = {"content_type": "application/json"}


def stored(engine: Engine) -> list[dict[str, Any]]:
    items: Any = engine.client().scan(TableName=environment().metrics_table, ConsistentRead=True)["Items"]
    return list(items)


def figures(engine: Engine, prefix: str) -> Figures:
    total = Figures()
    for item in stored(engine):
        if item["PK"]["S"].startswith(prefix):
            read, unreadable = read_figures(item)
            assert unreadable == 0
            total.merge(read)
    return total


def events(engine: Engine, kind: str) -> list[dict[str, Any]]:
    return [
        e for item in stored(engine) if item["PK"]["S"].endswith(f"#{kind}") for e in read_json(item, "e")
    ]


@pytest.fixture
def alice(recorded: str) -> dict[str, str]:
    """The headers of a user without a plan, who may open five hints a day, and a problem."""
    user = repositories().users.create_user({"user_id": 1, "email": "alice@example.org", "name": "Alice"})
    repositories().problems.create_problem(
        {
            "problem_id": 1,
            "platform": "baekjoon",
            "problem_number": "1000",
            "title": "A+B",
            "is_completed": True,
        }
    )
    return {"Authorization": f"Bearer {make_access_token(user, new_id())}"}


def record_run(site: Client, alice: dict[str, str]) -> Any:
    body = {"problem_id": 1, "language": "python", "code": "print(1)"}
    return site.post("/api/history/", body, headers=alice, **JSON)


def test_requests_decisions_and_runs_are_in_the_table_by_group(engine: Engine, alice: dict[str, str]) -> None:
    site = Client()
    runs = [record_run(site, alice) for _ in range(22)]
    assert [run.status_code for run in runs].count(201) == 20  # the burst limit
    assert site.get("/api/problems/").status_code == 200
    assert site.get("/nowhere/").status_code == 404
    MetricsWriter(recorder, environment().metrics_table).stop()
    recorder.enabled = True
    total = figures(engine, "M#")
    assert total.groups["route api history, write"].n == 22
    assert total.groups["route api history, write"].client_errors == 2
    assert total.groups["route unknown address"].client_errors == 1
    assert total.groups["route api problems"].n == 1
    assert total.groups["route api history, write"].write_units > 0
    assert total.groups["call UpdateItem"].n >= 20
    decisions = {parts_of_limit(g): s.n for g, s in total.groups.items() if g.startswith("limit ")}
    assert sum(decisions.values()) == 22 and decisions["execution", "0", "allowed"] == 20
    assert total.problems == {"baekjoon 1000": [20, 0, 0]}
    denied = next(event for event in events(engine, "limit") if event["outcome"].startswith("denied"))
    assert (denied["action"], denied["limit"], denied["count"]) == ("execution", 20, 20)
    text = str(stored(engine))
    assert "alice" not in text.lower() and "example.org" not in text


def test_the_hours_figures_are_the_minutes(engine: Engine, recorded: str) -> None:
    Client().get("/api/problems/")
    MetricsWriter(recorder, environment().metrics_table).stop()
    hours, minutes = figures(engine, "H#"), figures(engine, "M#")
    assert {g: s.encode() for g, s in hours.groups.items()} == {
        g: s.encode() for g, s in minutes.groups.items()
    }
    assert minutes.groups


def test_recording_makes_no_call_in_a_request(
    recorded: str, engine: Engine, use_settings: Callable[..., None]
) -> None:
    with FaultProxy(engine.endpoint_url) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        factory.clear_cache()
        assert Client().get("/api/problems/").status_code == 200
        tables = {call.request.get("TableName") for call in proxy.calls}
    use_settings(LOCALSTACK_URL=engine.endpoint_url)
    factory.clear_cache()
    assert environment().metrics_table not in tables


@pytest.mark.parametrize("fault", [Fault.HOLD, Fault.CUT, Fault.THROTTLE, Fault.DENY, Fault.DAMAGED])
def test_a_broken_table_of_metrics_touches_no_request(
    recorded: str, engine: Engine, use_settings: Callable[..., None], fault: Fault
) -> None:
    def decide(call: Call) -> Fault | None:
        return fault if call.request.get("TableName") == environment().metrics_table else None

    with FaultProxy(engine.endpoint_url, decide) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        factory.clear_cache()
        writer = MetricsWriter(recorder, environment().metrics_table)
        for _ in range(3):
            assert Client().get("/api/problems/").status_code == 200
        writer.stop()
        recorder.enabled = True
        assert writer.unsent > 0
        assert Client().get("/api/problems/").status_code == 200
    use_settings(LOCALSTACK_URL=engine.endpoint_url)
    factory.clear_cache()


def test_a_worker_of_gunicorn_writes_what_is_left_when_it_is_stopped(
    engine: Engine, table_name: str, tmp_path: Path, use_settings: Callable[..., None]
) -> None:
    use_settings(**engine.settings(table_name))
    settings = {**engine.settings(table_name), "DJANGO_SECRET_KEY": "k" * 25 + "abcdefghijklmnopqrstuvwxyz"}
    settings |= {"DJANGO_DEBUG": "1", "ALGOITNY_STATE_DIR": str(tmp_path)}
    created = run_script("init_dynamodb", settings=settings)
    assert created.returncode == 0, created.stderr
    port, log = free_port(), tmp_path / "service.log"
    process = start(
        [sys.executable, *service_command(port), "--workers", "1"],
        log=log, env=script_environment(settings), cwd=BACKEND_DIR,
    )  # fmt: skip
    try:
        wait_until(lambda: _is_ready(port), process, name="the service", log=log, seconds=60)
    finally:
        terminate(process, seconds=20)
    assert figures(engine, "M#").groups["route api health"].n >= 1, log.read_text()
    assert figures(engine, "H#").groups["route api health"].n >= 1

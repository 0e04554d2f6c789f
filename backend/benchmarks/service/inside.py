"""What the service's own code costs without a server: its WSGI application in a loop, only its data calls, or neither.

    python -m benchmarks.service.inside application|data|floor

Each line of standard input, a task in JSON (see `Task`), is answered by a line of JSON. Each of them runs in a process
of its own, all go to the same engine; the difference of the first two's CPU is the framework's and our own code. The
floor is a Django view without middleware that answers the same bytes and makes no call. CPU is the process's own, user
and system.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.service.client import Plan

MICROSECONDS = 1e6


@dataclass(frozen=True)
class Task:
    """An endpoint, its requests as the client sends them, and the users of its tokens."""

    endpoint: str
    plan: dict[str, Any]
    users: list[int]


def _environ(plan: Plan, number: int) -> dict[str, Any]:
    """What gunicorn would hand over for a request."""
    head, _, body = plan.request(number).partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    method, address, _ = line.split(" ")
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "", "RAW_URI": address,
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(plan.port), "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "gunicorn", "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "40000",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "https", "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    for field in fields:
        name, _, value = field.partition(": ")
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ


def _service() -> Any:
    """The service's WSGI application."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.wsgi import application

    return application


def _answer(application: Any, environ: dict[str, Any], status: int) -> bytes:
    """What an application answers to a request, taken as a server takes it."""
    statuses: list[str] = []

    def start_response(status: str, _headers: Any, _failure: Any = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return statuses.append  # type: ignore[return-value]  # (nobody calls it)

    answer: Any = application(environ, start_response)
    body = b"".join(answer)
    answer.close()
    if not statuses[-1].startswith(str(status)):
        raise SystemExit(f"answered {statuses[-1]}: {body[:300]!r}")
    return body


def _loop(application: Any, plan: Plan) -> Callable[[int], object]:
    """Asks a WSGI application for the requests of a plan, by their numbers."""
    environs = [_environ(plan, number) for number in range(plan.warmup + plan.requests)]
    return lambda number: _answer(application, environs[number], plan.status)


def _application(task: Task, plan: Plan) -> Callable[[int], object]:
    """Asks the service's WSGI application, as a server does."""
    return _loop(_service(), plan)


def _floor(task: Task, plan: Plan) -> Callable[[int], object]:
    """Asks a Django view without middleware that answers what the service answers."""
    service = _service()

    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    settings.ROOT_URLCONF = "config.urls"
    paths = [text.partition("?")[0] for text in plan.paths]
    bodies = {
        text: _answer(service, _environ(plan, number), plan.status) for number, text in enumerate(paths)
    }

    def view(request: HttpRequest, number: int = 0) -> HttpResponse:
        return HttpResponse(bodies[request.path], status=plan.status, content_type="application/json")

    # This process serves nothing else, and the service has its middleware already. Django takes patterns for a module.
    settings.MIDDLEWARE = []
    settings.ROOT_URLCONF = (path("api/problems/<int:number>/", view), path("api/history/", view))
    return _loop(WSGIHandler(), plan)


def _data(task: Task, plan: Plan) -> Callable[[int], object]:
    """The calls of repositories that the endpoint makes, and nothing around them."""
    from api.composition import repositories
    from api.limits.actions import ACTIONS, DEFAULTS

    every = repositories()
    problems = [int(path.split("/")[3]) for path in plan.paths if path.startswith("/api/problems/")]
    if task.endpoint == "problem":
        return lambda number: _need(every.problems.get_problem(problems[number % len(problems)]))
    if task.endpoint == "history":
        return lambda number: _need(every.history.list_user_history(task.users[0], limit=20).items)
    body = json.loads(plan.body or "{}")
    limits = ACTIONS["execution"].limits(DEFAULTS["execution"])

    def record(number: int) -> None:
        is_latest = every.problems.remembers_cases(body["problem_id"])
        problem, user = every.problems.get_head_and_user(
            body["problem_id"], task.users[number // plan.uses % len(task.users)], consistent=is_latest
        )
        assert user is not None
        assert problem is not None
        _need(every.usage.admit(user["user_id"], "execution", limits, problem["problem_id"]).allowed)
        version = problem["version"] if is_latest else None
        _need(every.problems.expected_outputs(body["problem_id"], [], version=version).test_case_ids)
        passed = sum(result["status"] == "AC" for result in body["results"])
        every.history.create_history({
            "user_id": user["user_id"], "problem_id": problem["problem_id"], "platform": problem["platform"],
            "problem_number": problem["problem_number"], "problem_title": problem["title"],
            "language": body["language"], "code": body["code"], "passed_count": passed,
            "failed_count": len(body["results"]) - passed, "total_count": len(body["results"]),
            "is_code_public": False, "result_summary": f"Wrong answer ({passed}/{len(body['results'])})",
            "test_results": body["results"],
        })  # fmt: skip

    return record


def _need(answer: Any) -> None:
    if not answer:
        raise SystemExit("the table does not hold what was asked for")


def _calls(operation: Callable[[int], object], numbers: Iterable[int]) -> list[str]:
    """The data layer's calls of the last of these operations, by name."""
    from api.dynamodb.metering.meter import recording

    operations: list[str] = []
    for number in numbers:
        with recording() as recorded:
            operation(number)
        operations = recorded.operations
    return operations


def measure(program: str, task: Task) -> dict[str, Any]:
    """Microseconds of CPU and of time an operation, and the calls that one makes."""
    plan = Plan(**task.plan)
    operation = {"application": _application, "data": _data, "floor": _floor}[program](task, plan)
    # What the process remembers for a while, such as plans, is read by the first requests alone.
    calls = _calls(operation, range(plan.warmup))
    numbers = range(plan.warmup, plan.warmup + plan.requests)
    cpu, wall = time.process_time(), time.perf_counter()
    for number in numbers:
        operation(number)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "cpu": cpu / plan.requests * MICROSECONDS, "wall": wall / plan.requests * MICROSECONDS, "calls": calls,
    }  # fmt: skip


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(measure(sys.argv[1], Task(**json.loads(line)))), flush=True)

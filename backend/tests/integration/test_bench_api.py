"""`make bench-api` runs and reports what it should; the figures themselves are not looked at here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest

from benchmarks.figures import Figures
from benchmarks.lab import PeerFailed, PeerMissing
from benchmarks.service.client import Plan, Run, cpu_clock
from benchmarks.service.endpoints import ENDPOINTS, check_same
from benchmarks.service.lab import DRF
from benchmarks.service.report import METHOD, targets
from benchmarks.service.sections import SECTIONS, Sizes
from config.environment import BACKEND_DIR
from engines.mariadb import find_server
from engines.processes import EngineUnavailable
from tests.support.scripts import script_environment

EVERY = [section.name for section in SECTIONS]
PINNED = re.compile(r"^([a-z0-9-]+)==([^ ]+)", re.MULTILINE)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What a quick run prints and writes; it may miss targets, it must not fail."""
    try:
        DRF.python()
        find_server()
    except (PeerMissing, EngineUnavailable) as missing:
        pytest.skip(str(missing))
    file = tmp_path_factory.mktemp("bench-api") / "bench.json"
    done = subprocess.run(
        [sys.executable, "benchmarks/bench_api.py", "--quick", "--json", str(file)], cwd=BACKEND_DIR,
        env=script_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return done.stdout, json.loads(file.read_text())


def test_it_prints_every_target_with_what_was_measured(measured: tuple[str, dict[str, Any]]) -> None:
    printed, document = measured
    expected = [(target.section, target.value) for target in targets(Figures({}), EVERY, 3)]
    assert [(target["section"], target["value"]) for target in document["targets"]] == expected
    for target in document["targets"]:
        assert isinstance(target["met"], bool)
        assert target["figure"] in printed
    assert METHOD in printed
    assert re.search(r"targets missed|every measured target is met", printed)


def test_it_prints_every_service_at_every_endpoint(measured: tuple[str, dict[str, Any]]) -> None:
    printed, document = measured
    for endpoint in ENDPOINTS.values():
        assert endpoint.title in printed
        for section in (endpoint.name, f"{endpoint.name}_many"):
            assert set(document["medians"][section]) == {"product", "drf", "gunicorn"}
            for figures in document["medians"][section].values():
                assert set(figures) == {"requests", "cpu", "rate", "p50", "p99"}
                assert figures["requests"] == Sizes.quick().requests
    for name in ("product, page 1", "product, page 3", "drf, page 1", "drf, page 3"):
        assert name in printed


def test_own_code_is_what_the_application_takes_above_its_data_calls(
    measured: tuple[str, dict[str, Any]],
) -> None:
    medians = measured[1]["medians"]
    for target in measured[1]["targets"]:
        if target["value"] == "own":
            inside = medians[f"{target['section']}_inside"]
            assert target["measured"] == pytest.approx(inside["application"]["cpu"] - inside["data"]["cpu"])
            assert 0 < inside["floor"]["cpu"] < inside["application"]["cpu"]


def test_a_late_page_takes_the_calls_and_units_of_the_first(measured: tuple[str, dict[str, Any]]) -> None:
    counts = measured[1]["medians"]["pages_counts"]
    assert counts["first"] == counts["late"]
    assert counts["first"]["calls"] == 1
    assert counts["first"]["rcu"] >= 0.5


def test_the_peer_runs_on_the_releases_of_the_product() -> None:
    product, bench = (
        dict(PINNED.findall((BACKEND_DIR / name).read_text()))
        for name in ("requirements.txt", "requirements-bench.txt")
    )
    assert DRF.distribution in bench
    for name in ("django", "pymysql", "pyjwt", "gunicorn"):
        assert bench[name] == product[name], f"{name}: run make requirements ARGS=--upgrade"


def _bodies(**said: Any) -> dict[str, str]:
    return {"/api/history/": json.dumps(said)}


def test_an_answer_that_differs_from_the_peer_s_is_an_error_that_names_the_field() -> None:
    endpoint = ENDPOINTS["record"]
    check_same(endpoint, {"product": _bodies(history_id=1, code="a", version=1), "drf": _bodies(code="a")})
    with pytest.raises(PeerFailed, match=r"/api/history/: .*'code': \('a', 'b'\)"):
        check_same(endpoint, {"product": _bodies(code="a"), "drf": _bodies(code="b")})


def test_entries_of_a_page_may_say_more_than_the_peer_s_but_not_less() -> None:
    endpoint, peer = ENDPOINTS["history"], _bodies(results=[{"history_id": 2}, {"history_id": 1}])
    more = [{"history_id": 2, "verdict_basis": "reported"}, {"history_id": 1}]
    check_same(endpoint, {"product": _bodies(items=more), "drf": peer})
    for items in (more[:1], [{"history_id": 2}, {}], [{"history_id": 2}, {"history_id": 3}]):
        with pytest.raises(PeerFailed, match="differ"):
            check_same(endpoint, {"product": _bodies(items=items), "drf": peer})


def test_a_section_alone_has_its_targets_alone() -> None:
    assert {target.section for target in targets(Figures({}), ["pages"], 100)} == {"pages"}
    assert [target.met for target in targets(Figures({}), ["pages"], 100)] == [None, None, None]


class Answers(StreamRequestHandler):
    """Answers each request of a connection with its path, and `/late/` with a different one each time."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            path = line.split()[1]
            body = str(time.perf_counter_ns()).encode() if path == b"/late/" else path
            status = b"404 Not Found" if path == b"/none/" else b"200 OK"
            self.wfile.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server in a thread."""
    with ThreadingTCPServer(("127.0.0.1", 0), Answers) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(120)


def _run(port: int, *paths: str) -> dict[str, Any]:
    plan = Plan(
        port=port,
        pid=os.getpid(),
        paths=list(paths),
        tokens=["a"],
        status=200,
        requests=20,
        warmup=4,
        clients=3,
    )
    return Run(plan).measure()


def test_the_client_sends_what_it_was_asked_and_times_it(port: int) -> None:
    found = _run(port, "/a/", "/b/")
    assert found["requests"] == 20
    assert found["answers"] == {"/a/": "/a/", "/b/": "/b/"}
    assert found["p50"] <= found["p99"]
    assert found["cpu"] > 0


@pytest.mark.parametrize(
    ("path", "reason"), [("/none/", "answered 404"), ("/late/", "something else than before")]
)
def test_the_client_refuses_a_wrong_answer(port: int, path: str, reason: str) -> None:
    with pytest.raises(ConnectionError, match=reason):
        _run(port, path)


def test_people_take_turns_after_their_uses() -> None:
    plan = Plan(
        port=1, pid=1, paths=["/"], tokens=["first", "second"], status=201, requests=9, uses=3, body="{}"
    )
    asked = [re.findall(rb"Bearer (\w+)", plan.request(number))[0] for number in range(7)]
    assert asked == [b"first"] * 3 + [b"second"] * 3 + [b"first"]
    assert plan.request(0).startswith(b"POST / HTTP/1.1\r\n")
    assert plan.request(0).endswith(b"Content-Length: 2\r\n\r\n{}")


def test_the_cpu_clock_of_a_process_is_its_own_cpu_time() -> None:
    clock = cpu_clock(os.getpid())
    before, own, after = time.clock_gettime(clock), time.process_time(), time.clock_gettime(clock)
    assert before <= own <= after
    with pytest.raises(OSError, match="cannot be read"):
        cpu_clock(2**22 + 1)

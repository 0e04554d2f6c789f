"""`make bench` runs and reports what it should; the figures themselves are not looked at here."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import lab
from benchmarks.bench import arguments
from benchmarks.figures import Figures, Target, columns
from benchmarks.report import METHOD, targets
from benchmarks.sections import SECTIONS
from benchmarks.stub_server import StubServer
from config.environment import BACKEND_DIR
from tests.support.scripts import script_environment

# All of them, so that they stay together: they share a run of the benchmarks.
pytestmark = pytest.mark.long

ANSWER = {"Item": {"id": {"N": "7"}, "nm": {"S": "김철수"}}}
# Those that need no environment of their own.
OWN = "product,boto3-client,query-and-count,add-then-put,own connection,urllib3,compiled codec,closures"


def bench(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "benchmarks/bench.py", *options], cwd=BACKEND_DIR, env=script_environment(),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What a quick run of every section prints and writes; it may miss targets, it must not fail."""
    file = tmp_path_factory.mktemp("bench") / "bench.json"
    done = bench("--quick", "--peers", OWN, "--json", str(file))
    assert done.returncode in (0, 1), done.stderr
    return done.stdout, json.loads(file.read_text())


def test_it_measures_every_section(measured: tuple[str, dict[str, Any]]) -> None:
    medians = measured[1]["medians"]
    assert set(medians) >= {section.name for section in SECTIONS} - {"codec"} | {"decode", "encode"}
    for section, values in {"get": {"cpu", "wall"}, "threads": {"rate"}, "race": {"over", "failed"}}.items():
        assert set(medians[section]["product"]) >= values


def test_targets_are_ratios_of_the_product_to_its_peers(measured: tuple[str, dict[str, Any]]) -> None:
    found = {f"{target['section']} {target['value']}": target for target in measured[1]["targets"]}
    medians = measured[1]["medians"]
    for name, value in [("get", "cpu"), ("get", "wall"), ("list", "cpu"), ("admit", "cpu"), ("cold", "wall")]:
        mine, theirs = medians[name]["product"][value], medians[name]["boto3-client"][value]
        assert found[f"{name} {value}"]["measured"] == pytest.approx(mine / theirs)
        assert isinstance(found[f"{name} {value}"]["met"], bool)


def test_what_a_peer_that_took_no_part_is_needed_for_is_neither_met_nor_missed(
    measured: tuple[str, dict[str, Any]],
) -> None:
    rust = [target for target in measured[1]["targets"] if target["against"] == "pydynox"]
    assert [target["met"] for target in rust] == [None, None]
    assert measured[0].count("not measured") == 2


def test_the_product_reads_in_one_round_trip_and_admits_in_one_for_one_wcu(
    measured: tuple[str, dict[str, Any]],
) -> None:
    medians = measured[1]["medians"]
    assert medians["get_counts"]["product"]["calls"] == 1
    assert medians["list_counts"]["product"]["calls"] == 1
    assert medians["admit_counts_small"]["product"] == {"calls": 1, "read_units": 0, "write_units": 1}
    assert medians["admit_counts"]["product"]["calls"] == 1


def test_the_engine_and_the_sizes_of_the_items_agree_on_what_an_admission_costs(
    measured: tuple[str, dict[str, Any]],
) -> None:
    medians = measured[1]["medians"]
    sized = medians["admit_sizes"]["product"]
    assert sized["first"] == 1
    assert sized["mean"] == medians["admit_counts"]["product"]["write_units"]


def test_it_counts_the_calls_of_other_limiters(measured: tuple[str, dict[str, Any]]) -> None:
    counts = measured[1]["medians"]["admit_counts"]
    assert counts["query-and-count"]["calls"] == counts["add-then-put"]["calls"] == 2
    assert counts["query-and-count"]["read_units"] > 0
    assert counts["add-then-put"]["write_units"] == 2


def test_a_known_denial_costs_no_round_trip(measured: tuple[str, dict[str, Any]]) -> None:
    denial = measured[1]["medians"]["denial"]
    assert denial["product"]["calls"] == 0
    assert denial["add-then-put"]["calls"] == 1


def test_a_race_tells_all_attempts_and_the_product_admits_none_too_many(
    measured: tuple[str, dict[str, Any]],
) -> None:
    for peer, runs in measured[1]["runs"]["race"].items():
        for run in runs:
            assert run["attempts"] == measured[1]["sizes"]["attempts"]
            assert run["over"] == max(0, run["admitted"] - run["limit"]), peer
    assert [run["over"] for run in measured[1]["runs"]["race"]["product"]] == [0]


def test_the_product_starts_without_boto3(measured: tuple[str, dict[str, Any]]) -> None:
    assert measured[1]["medians"]["cold"]["product"]["boto3"] == 0
    assert measured[1]["medians"]["cold"]["boto3-client"]["boto3"] == 1


def test_it_prints_its_tables_and_its_method(measured: tuple[str, dict[str, Any]]) -> None:
    printed, document = measured
    assert "to reach" in printed
    assert METHOD in printed
    assert document["method"] == " ".join(METHOD.split())
    assert 600 < document["item_bytes"] < 800


def test_only_some_sections_can_be_run(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    done = bench(
        "--quick", "--only", "threads", "--rounds", "2", "--peers", "product,boto3-client", "--json", str(file)
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    document = json.loads(file.read_text())
    assert set(document["medians"]) == {"threads"}
    assert [target["value"] for target in document["targets"]] == ["rate"]
    assert len(document["runs"]["threads"]["product"]) == 2


def test_a_peer_that_does_not_exist_is_named() -> None:
    done = bench("--quick", "--peers", "product,nothing")
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no peer 'nothing': choose from product, ")


def test_a_peer_that_is_not_installed_is_an_error_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lab, "BENCH_VENV", tmp_path)
    with pytest.raises(
        lab.PeerMissing, match=r"pynamodb is not installed in \.venv-bench: run `make \.venv-bench`"
    ):
        lab.PYNAMODB.python()


def test_every_section_can_be_named() -> None:
    for section in SECTIONS:
        assert arguments().parse_args(["--only", section.name]).only == [section.name]


@pytest.mark.parametrize(
    ("measured", "at_most", "met"),
    [(0.25, True, True), (0.26, True, False), (5, False, True), (4.9, False, False)],
)
def test_a_target_is_met_at_its_limit(measured: float, at_most: bool, met: bool) -> None:
    target = Target("get", "cpu", "get_user", "boto3", "ratio", measured, 0.25 if at_most else 5, at_most)
    assert target.met is met
    assert target.row()[-1] == ("met" if met else "MISSED")


def test_medians_count_and_the_worst_run_where_it_must() -> None:
    runs = {"product": [{"wall": 1.0}, {"wall": 9.0}, {"wall": 2.0}], "boto3-client": [{"wall": 4.0}]}
    figures = Figures({"cold": runs})
    assert figures.median("cold", "product", "wall") == 2
    assert figures.worst("cold", "product", "wall") == 9
    assert [target.measured for target in targets(figures, ["cold"])] == [0.5]


def test_columns_are_aligned() -> None:
    assert columns([["a", "bb"], ["ccc", ""]]) == "  a    bb\n  ---  --\n  ccc"


@pytest.fixture
def stub() -> Iterator[int]:
    """The port of a stub server that runs in a thread."""
    server = StubServer({"GetItem": ANSWER})
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            server.turn(0.02)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.port
    stop.set()
    thread.join(120)
    server.close()


def request(operation: str, body: str = "{}") -> bytes:
    return (
        f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def answers(connection: socket.socket, number: int) -> list[tuple[int, Any]]:
    """So many answers, read one after the other from one connection, each checked by its checksum."""
    found = []
    with connection.makefile("rb") as file:
        for _ in range(number):
            status = int(file.readline().split()[1])
            headers = http.client.parse_headers(file)
            body = file.read(int(headers["Content-Length"]))
            assert int(headers["x-amz-crc32"]) == zlib.crc32(body)
            found.append((status, json.loads(body)))
    return found


def test_the_stub_answers_many_requests_of_one_connection(stub: int) -> None:
    with socket.create_connection(("127.0.0.1", stub), timeout=5) as connection:
        connection.sendall(request("GetItem") * 3)
        assert answers(connection, 3) == [(200, ANSWER)] * 3


def test_the_stub_waits_for_the_rest_of_a_request(stub: int) -> None:
    whole = request("GetItem", "x" * 1000)
    with socket.create_connection(("127.0.0.1", stub), timeout=5) as connection:
        for start in range(0, len(whole), 97):
            connection.sendall(whole[start : start + 97])
        connection.sendall(request("Nonsense"))
        (first, second) = answers(connection, 2)
    assert first == (200, ANSWER)
    assert second[0] == 400


def test_the_stub_outlives_a_client_that_goes_away(stub: int) -> None:
    with socket.create_connection(("127.0.0.1", stub), timeout=5) as connection:
        connection.sendall(request("GetItem")[:20])
    with socket.create_connection(("127.0.0.1", stub), timeout=5) as connection:
        connection.sendall(request("GetItem"))
        assert answers(connection, 1) == [(200, ANSWER)]

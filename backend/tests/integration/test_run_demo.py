"""`make run`: the first run moves and proves everything, the second starts quickly, all stops cleanly."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from api.dynamodb.repositories import SearchHistoryRepository, UserRepository
from api.dynamodb.transport import factory
from config.environment import BACKEND_DIR
from engines.ministack import start_ministack
from engines.processes import free_port, is_listening
from tests.support.scripts import run_script, script_environment

SMALL = ("--users", "12", "--problems", "6", "--history", "60", "--usage", "80")


@pytest.fixture(scope="session")
def small_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration source of a few rows."""
    path = tmp_path_factory.mktemp("demo") / "legacy.sqlite3"
    done = run_script("seed_demo", *SMALL, settings={"LEGACY_SQLITE": str(path)})
    assert done.returncode == 0, done.stderr
    return path


class Runner:
    """Starts `scripts/run_demo.py` on ports and in a folder of its own."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.folder = folder
        self.web_port = free_port()
        self.engine_port = free_port()
        self.log = folder / "output"
        self.process: subprocess.Popen[bytes] | None = None
        shutil.copy(source, folder / "legacy.sqlite3")

    @property
    def settings(self) -> dict[str, str]:
        return {
            "ALGOITNY_STATE_DIR": str(self.folder / "state"),
            "ALGOITNY_PORT": str(self.web_port),
            "ALGOITNY_ENGINE_PORT": str(self.engine_port),
            "LEGACY_SQLITE": str(self.folder / "legacy.sqlite3"),
            # Neither is to be followed: the demonstration has an engine and a source of its own.
            "LOCALSTACK_URL": f"http://127.0.0.1:{free_port()}",
        }

    def start(self, *, options: Sequence[str] = (), **settings: str) -> None:
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "scripts/run_demo.py", *options],
                cwd=BACKEND_DIR,
                env=script_environment({**self.settings, **settings}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def output(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self, seconds: float = 120) -> None:
        assert self.process is not None
        deadline = time.monotonic() + seconds
        while "AlgoItny serves" not in self.output() or self.get("/api/health/ready/") != 200:
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.05)

    def get(self, address: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=60)
        try:
            connection.request("GET", address)
            return connection.getresponse().status
        finally:
            connection.close()

    def sign_in_link(self) -> str:
        """The path and query of the printed link."""
        (link,) = re.findall(
            rf"^http://127.0.0.1:{self.web_port}(/sign-in/\S+)$", self.output(), re.MULTILINE
        )
        return str(link)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Sends a signal to the runner alone; returns its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def nothing_listens(self, seconds: float = 20) -> bool:
        deadline = time.monotonic() + seconds
        while is_listening(self.web_port) or is_listening(self.engine_port):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


@pytest.fixture
def runner(tmp_path: Path, small_source: Path) -> Iterator[Runner]:
    made = Runner(tmp_path, small_source)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop(signal.SIGTERM)


def work_as_people_do() -> int:
    """A user's new name and a new run; the run's id."""
    users, history = UserRepository(), SearchHistoryRepository()
    (user, *_) = users.list_users(limit=1)
    users.update_user(user["user_id"], {"name": "Alice Changed"})
    run = history.create_history(
        {"user_id": user["user_id"], "problem_id": 1, "platform": "p", "problem_number": "1", "problem_title": "t",
         "language": "python", "code": "print(7)"}
    )  # fmt: skip
    return run["history_id"]


def what_they_did(run_id: int) -> tuple[str | None, str | None]:
    """The changed name and the new run's code, None for what is not there any more."""
    names = [user["name"] for user in UserRepository().list_users(limit=100)]
    run = SearchHistoryRepository().get_history(run_id)
    return ("Alice Changed" if "Alice Changed" in names else None), (run["code"] if run else None)


@pytest.mark.long
def test_it_moves_proves_and_serves_and_then_starts_quickly_on_what_it_kept(
    runner: Runner, use_settings: Callable[..., None]
) -> None:
    runner.start()
    runner.wait_until_ready()
    first = runner.output()
    steps = [
        "Fill the source",
        "Create the table",
        "Dry run of the migration",
        "Migrate the data",
        "Verify the migration",
        "Bring the statements",
        "Serve",
    ]
    places = [first.index(f"== {step}") for step in steps]
    assert places == sorted(places)
    assert runner.get("/api/health/") == 200
    link = runner.sign_in_link()
    assert runner.get(link) == 303
    assert runner.get(link + "x") == 404
    use_settings(LOCALSTACK_URL=f"http://127.0.0.1:{runner.engine_port}", DYNAMODB_TABLE="algoitny_main")
    factory.clear_cache()
    run_id = work_as_people_do()
    assert runner.stop(signal.SIGINT) == 0
    assert runner.nothing_listens(seconds=0)

    runner.start()
    runner.wait_until_ready()
    assert "what was done since" in runner.output()
    assert "== Migrate the data" not in runner.output()
    assert what_they_did(run_id) == ("Alice Changed", "print(7)")
    assert runner.get(link) == 404, "it was for the first run"
    assert runner.get(runner.sign_in_link()) == 303
    assert runner.stop(signal.SIGTERM) == 0
    assert runner.nothing_listens(seconds=0)

    with start_ministack(runner.folder / "state" / "ministack", port=runner.engine_port, keep_state=True):
        runner.start()
        runner.wait_until_ready()
        assert "already, and stays" in runner.output()
        assert runner.stop() == 0
        assert is_listening(runner.engine_port)

    shutil.rmtree(runner.folder / "state" / "ministack")
    runner.start()
    runner.wait_until_ready()
    assert "== Migrate the data" in runner.output()
    assert what_they_did(run_id) == (None, None)
    run_id = work_as_people_do()
    assert runner.stop() == 0

    again = run_script("seed_demo", *SMALL, "--seed", "7", "--force", settings=runner.settings)
    assert again.returncode == 0, again.stderr
    runner.start()
    runner.wait_until_ready()
    assert "filled from another source: moving everything again" in runner.output()
    assert what_they_did(run_id) == (None, None)
    assert runner.stop() == 0


@pytest.mark.long
def test_stopped_in_the_middle_it_goes_on_and_neither_then_nor_killed_leaves_anything_running(
    runner: Runner,
) -> None:
    runner.start()
    deadline = time.monotonic() + 60
    while "== Dry run of the migration" not in runner.output() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert runner.stop() == 0
    assert runner.nothing_listens(seconds=0)
    assert "Traceback" not in runner.output()
    runner.start()
    runner.wait_until_ready()
    runner.stop(signal.SIGKILL)
    assert runner.nothing_listens()


@pytest.mark.long
@pytest.mark.parametrize(
    ("port", "setting"), [("engine_port", "ALGOITNY_ENGINE_PORT"), ("web_port", "ALGOITNY_PORT")]
)
def test_a_port_in_use_is_one_line_that_names_the_process_and_the_setting(
    runner: Runner, port: str, setting: str
) -> None:
    with socket.create_server(("127.0.0.1", getattr(runner, port))):
        runner.start()
        assert runner.process is not None
        assert runner.process.wait(timeout=60) == 2
    assert runner.output().count("\n") == 1
    assert setting in runner.output()
    assert (
        f"port {getattr(runner, port)} of 127.0.0.1 is in use by process {os.getpid()} (" in runner.output()
    )


def test_a_service_that_cannot_be_loaded_is_one_line_before_anything_is_started(runner: Runner) -> None:
    runner.start(DJANGO_DEBUG="0", DJANGO_SECRET_KEY="short")
    assert runner.process is not None
    assert runner.process.wait(timeout=60) == 2
    assert runner.output().startswith("run: the service cannot be loaded: ")
    assert "algoitny.E003" in runner.output()
    assert runner.output().count("\n") == 1
    assert not (runner.folder / "state" / "ministack").exists()


def test_the_ports_can_be_given_as_options(runner: Runner) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        runner.start(options=("--port", str(port)))
        assert runner.process is not None
        assert runner.process.wait(timeout=60) == 2
    assert f"port {port} of" in runner.output()

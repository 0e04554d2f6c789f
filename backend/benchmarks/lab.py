"""Where the peers are measured: a private engine with the same items for all, a stub server, one process a run."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, cast

from benchmarks import figures
from benchmarks.figures import JSON
from config.environment import BACKEND_DIR, PROJECT_DIR
from engines.ministack import start_ministack
from engines.processes import die_with_parent, terminate

BENCH_VENV = PROJECT_DIR / ".venv-bench"
HINT = "run `make .venv-bench` at the top of the checkout"
REGION = "us-east-1"
TABLE = "algoitny_bench"
USER_ID = 12345
PAGE = 20
SECONDS = 300.0
START_SECONDS = 30.0


class PeerFailed(Exception):
    """A measured program ended with an error."""


class PeerMissing(Exception):
    """A library that is to be measured is not installed."""


@dataclass(frozen=True)
class Peer:
    """A measured program: its name in tables, its module, and the distribution that it needs beside the product's."""

    name: str
    module: str
    distribution: str | None = None

    def python(self) -> str:
        """The interpreter that has what the peer needs. Raises `PeerMissing`."""
        if self.distribution is None:
            return sys.executable
        python = BENCH_VENV / "bin" / "python"
        if not python.exists() or self.version() is None:
            raise PeerMissing(f"{self.distribution} is not installed in .venv-bench: {HINT}")
        return str(python)

    def version(self) -> str | None:
        """The release of the peer's library; None where it is not installed."""
        folders = [str(folder) for folder in BENCH_VENV.glob("lib/python*/site-packages")]
        installed = distributions(path=folders)
        return next((d.version for d in installed if d.metadata["Name"] == self.distribution), None)


PRODUCT = Peer(figures.PRODUCT, "product")
BOTO3_CLIENT = Peer("boto3-client", "boto3_client")
BOTO3_TABLE = Peer("boto3-table", "boto3_table")
PYNAMODB = Peer("pynamodb", "pynamodb_models", "pynamodb")
PYDYNOX = Peer("pydynox", "pydynox_models", "pydynox")
ZAE_LIMITER = Peer("zae-limiter", "zae_limiter_quota", "zae-limiter")
QUERY_AND_COUNT = Peer("query-and-count", "query_and_count")
ADD_THEN_PUT = Peer("add-then-put", "add_then_put")
SOCKETS = Peer("own connection", "transport_sockets")
URLLIB3 = Peer("urllib3", "transport_urllib3")
COMPILED = Peer("compiled codec", "codec_compiled")
CLOSURES = Peer("closures", "codec_closures")

CLIENTS = (PRODUCT, BOTO3_CLIENT, BOTO3_TABLE, PYNAMODB, PYDYNOX)
LIMITERS = (PRODUCT, ZAE_LIMITER, QUERY_AND_COUNT, ADD_THEN_PUT)
TRANSPORTS = (SOCKETS, URLLIB3)
CODECS = (COMPILED, CLOSURES)
PEERS = {peer.name: peer for peer in (*CLIENTS, *LIMITERS, *TRANSPORTS, *CODECS)}


def surroundings(endpoint: str) -> dict[str, str]:
    """The environment of a measured program: nothing of the caller's settings changes what is measured."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return keep | {
        "LOCALSTACK_URL": endpoint, "DYNAMODB_TABLE": TABLE, "ALGOITNY_ENV_FILE": "",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "127.0.0.1", "PYTHONPATH": str(BACKEND_DIR),
    }  # fmt: skip


def run_python(
    env: Mapping[str, str], *arguments: str, stdin: str | None = None, seconds: float | None = SECONDS
) -> str:
    """Runs Python in `backend/` with the given environment; its output. Raises `PeerFailed`."""
    try:
        completed = subprocess.run(
            [sys.executable, *arguments], cwd=BACKEND_DIR, env=dict(env), input=stdin, capture_output=True,
            text=True, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise PeerFailed(f"{' '.join(arguments)} did not end within {seconds:.0f} s") from None
    if completed.returncode:
        last_words = (completed.stdout + completed.stderr).strip()[-2000:]
        raise PeerFailed(f"{' '.join(arguments)} failed: {last_words}")
    return completed.stdout


class Lab:
    """Runs peers; every run has an environment of its own, and users that no other run has."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.stub = endpoint
        self.expected: JSON = {}
        self._next_user = 1_000_000

    def users(self, number: int) -> int:
        """The first of so many users whom no run has used yet."""
        first = self._next_user
        self._next_user += number
        return first

    def start(self, peer: Peer, *, stub: bool = False, **task: Any) -> subprocess.Popen[str]:
        """Starts a peer on a task (see `peers/program.py`), against the engine or the stub."""
        endpoint = self.stub if stub else self.endpoint
        limit = task.get("limit", 50)
        defaults = {
            "endpoint": endpoint, "region": REGION, "table": TABLE, "limiter_table": f"zae-limit-{limit}",
            "warmup": 0, "threads": 1, "user_id": USER_ID, "page": PAGE, "limit": limit, "first_user": 0,
            "expect": self.expected.get(task.get("operation", "")),
        }  # fmt: skip
        return subprocess.Popen(
            [peer.python(), "-m", f"benchmarks.peers.{peer.module}", json.dumps({**defaults, **task})],
            cwd=BACKEND_DIR, env=surroundings(endpoint), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, preexec_fn=die_with_parent(),
        )  # fmt: skip

    def finish(self, peer: Peer, process: subprocess.Popen[str]) -> JSON:
        """What a peer printed last. Raises `PeerFailed`."""
        try:
            output, errors = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise PeerFailed(f"{peer.name} did not end within {SECONDS:.0f} s") from None
        if process.returncode:
            raise PeerFailed(f"{peer.name} failed: {errors.strip()[-2000:]}")
        return cast(JSON, json.loads(output.splitlines()[-1]))

    def run(self, peer: Peer, *, stub: bool = False, **task: Any) -> JSON:
        """One run of one peer, to its end."""
        return self.finish(peer, self.start(peer, stub=stub, **task))


@contextmanager
def _stub_server(folder: Path, answers: JSON) -> Iterator[str]:
    """The stub server in a process of its own; its address."""
    file = folder / "answers.json"
    file.write_text(json.dumps(answers))
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.stub_server", str(file)], cwd=BACKEND_DIR, stdout=subprocess.PIPE,
        preexec_fn=die_with_parent(),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        terminate(process, seconds=5)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def laboratory(folder: Path) -> Iterator[Lab]:
    """MiniStack with the items, and the stub with the user's; both are stopped at the end."""
    with start_ministack(folder / "engine") as engine:
        lab = Lab(engine.endpoint_url)
        lab.expected = lab.run(Peer("fill", "fill"))
        with _stub_server(folder, {"GetItem": {"Item": lab.expected["item"]}}) as lab.stub:
            yield lab


def wait_for_line(process: subprocess.Popen[str], expected: str) -> bool:
    """Whether the process printed that line, within the time that a start may take."""
    assert process.stdout is not None
    deadline = time.monotonic() + START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if selector.select(left):
                return process.stdout.readline().strip() == expected
    return False

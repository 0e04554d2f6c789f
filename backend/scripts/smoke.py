"""make smoke: the first start of the last commit as a newcomer sees it, in an empty folder with nothing installed.

It clones the commit, runs `make run` there on free ports, uses the service as a browser does, stops it with Ctrl-C,
and starts it once more on the data it kept. It needs Python's standard library alone. Everything is written to a
temporary folder, except what pip adds to its cache. Exit code 0: everything worked; 1: a step failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
MAKE = (shutil.which("make") or "make", f"PYTHON={sys.executable}")
# What a step may take on a busy machine; each takes a fraction of it on a quiet one.
FIRST_START_SECONDS = 600.0
SECOND_START_SECONDS = 120.0
STOP_SECONDS = 180.0
COMMAND_SECONDS = 600.0
TAIL_LINES = 40
# A newcomer's environment: no setting of the project, nothing of the `make` that runs this.
PASSED_ON = ("HOME", "LANG", "PATH", "PYENV_ROOT", "SSL_CERT_FILE", "TERM", "USER", "XDG_CACHE_HOME")
PASSED_ON_PREFIXES = ("LC_", "PIP_")
PROXIES = ("http_proxy", "https_proxy", "no_proxy")


class SmokeFailed(Exception):
    """A step failed; the message says what was expected."""


@contextmanager
def step(title: str) -> Iterator[None]:
    """Prints a step with the seconds that it took."""
    start = time.monotonic()
    yield
    print(f"{time.monotonic() - start:7.1f} s  {title}", flush=True)


def newcomers_environment(folder: Path) -> dict[str, str]:
    """The environment of every command; temporary files go to `folder`."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES) or name.lower() in PROXIES
    }
    temporary = folder / "tmp"
    temporary.mkdir()
    return {**environment, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}


def free_ports(count: int) -> list[int]:
    """So many different TCP ports that nothing listens on."""
    probes = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def is_listening(port: int) -> bool:
    """Whether a connection to the port is accepted."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def processes_of(session: int) -> dict[int, str]:
    """The processes of a session and their names; none where there is no /proc."""
    processes = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, fields = file.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue  # it ended meanwhile
        state, _parent, _group, its_session = fields.split()[:4]
        if int(its_session) == session and state != "Z":
            processes[int(file.parent.name)] = name
    return processes


class Browser:
    """Opens pages and sends forms as a browser does, with cookies and redirects."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.path = ""
        self.page = ""
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def open(self, path: str, form: Mapping[str, str] | None = None) -> str:
        """Opens a path, or sends a form to it; the page after all redirects. Raises `SmokeFailed` unless it is 200."""
        body = None if form is None else urllib.parse.urlencode(form).encode()
        url = self.origin + path
        request = urllib.request.Request(url, body, {"Referer": url})  # noqa: S310 (an http URL of its own)
        try:
            with self._opener.open(request, timeout=30) as response:
                self.path = urllib.parse.urlsplit(response.url).path
                self.page = response.read().decode()
        except (OSError, urllib.error.HTTPError) as error:
            address = path.partition("?")[0]  # without the secret of the sign-in link
            raise SmokeFailed(f"{'GET' if form is None else 'POST'} {address}: {error}") from None
        return self.page

    def find(self, pattern: str) -> str:
        """The first group of a pattern in the page that is open. Raises `SmokeFailed` when it is not there."""
        match = re.search(pattern, self.page)
        if match is None:
            raise SmokeFailed(f"{self.path} has nothing that matches {pattern}")
        return match[1]

    def submit(self, path: str, **fields: str) -> str:
        """Sends a form with the token of the page that is open."""
        return self.open(
            path, {"csrfmiddlewaretoken": self.find(r'name="csrfmiddlewaretoken" value="(\w+)"'), **fields}
        )

    def expect_path(self, pattern: str) -> None:
        """Raises `SmokeFailed` unless the last request ended at such a path."""
        if not re.fullmatch(pattern, self.path):
            raise SmokeFailed(f"ended at {self.path} instead of {pattern}")


class Checkout:
    """A clone of the last commit, with the commands that are run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "algoitny"
        self.log = folder / "output.log"
        self.environment = newcomers_environment(folder)
        self.web_port, self.engine_port = free_ports(2)
        self.service: subprocess.Popen[bytes] | None = None
        self._start_of_output = 0

    @property
    def origin(self) -> str:
        """Where the service is."""
        return f"http://{HOST}:{self.web_port}"

    def clone(self) -> None:
        """Clones the commit that is checked out here; what is not committed stays behind."""
        self.command(
            "git", "clone", "--quiet", "--depth", "1", PROJECT_DIR.as_uri(), str(self.folder), cwd=PROJECT_DIR
        )

    def command(self, *command: str, cwd: Path | None = None) -> None:
        """Runs a command to its end, its output in the log. Raises `SmokeFailed` unless it ends with 0."""
        with self.log.open("ab") as output:
            process = subprocess.run(
                command, cwd=cwd or self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, timeout=COMMAND_SECONDS, check=False,
            )  # fmt: skip
        if process.returncode != 0:
            raise SmokeFailed(f"{' '.join(command)} ended with code {process.returncode}")

    def make(self, *arguments: str) -> None:
        """Runs make to its end."""
        self.command(*MAKE, *arguments)

    def start(self, seconds: float) -> None:
        """Starts `make run` in a session of its own and waits until the service is ready."""
        ports = f"--port {self.web_port} --engine-port {self.engine_port}"
        with self.log.open("ab") as output:
            self._start_of_output = output.tell()
            self.service = subprocess.Popen(
                [*MAKE, "run", f"ARGS={ports}"], cwd=self.folder, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + seconds
        while not self._is_ready():
            if self.service.poll() is not None:
                raise SmokeFailed(f"make run ended with code {self.service.returncode}")
            if time.monotonic() > deadline:
                raise SmokeFailed(f"the service is not ready after {seconds:.0f} s")
            time.sleep(0.1)

    def sign_in_link(self) -> str | None:
        """The path and query of the sign-in link that this start has printed, None before it has."""
        output = self.log.read_bytes()[self._start_of_output :].decode(errors="replace")
        link = re.search(rf"^{self.origin}(/sign-in/\S+)$", output, re.MULTILINE)
        return link[1] if link else None

    def _is_ready(self) -> bool:
        if self.sign_in_link() is None or not is_listening(self.web_port):
            return False
        try:
            Browser(self.origin).open("/api/health/ready/")
        except SmokeFailed:
            return False
        return True

    def interrupt(self) -> None:
        """Sends what Ctrl-C on a terminal sends. Raises `SmokeFailed` when anything is left running."""
        if self.service is None:
            return
        session = self.service.pid
        os.killpg(session, signal.SIGINT)
        try:
            self.service.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise SmokeFailed(f"make run goes on {STOP_SECONDS:.0f} s after Ctrl-C") from None
        left = processes_of(session)
        if left:
            raise SmokeFailed(f"still running after Ctrl-C: {left}")
        for port in (self.web_port, self.engine_port):
            if is_listening(port):
                raise SmokeFailed(f"port {port} is still open after Ctrl-C")
        self.service = None

    def kill(self) -> None:
        """Ends whatever `interrupt` has not ended."""
        if self.service is None:
            return
        for number, seconds in ((signal.SIGINT, 30), (signal.SIGKILL, 5)):
            for process in processes_of(self.service.pid):
                try:
                    os.kill(process, number)
                except ProcessLookupError:
                    continue
            try:
                self.service.wait(seconds)
            except subprocess.TimeoutExpired:
                continue

    def tail(self) -> str:
        """The last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])


def check_help(checkout: Checkout) -> None:
    """Help is printed and nothing is installed. Raises `SmokeFailed`."""
    for target in ("run", "dynamodb-migrate", "dynamodb-gsi-add", "bench"):
        checkout.make(target, "ARGS=--help")
    created = [path.name for pattern in (".venv*", ".env") for path in checkout.folder.glob(pattern)]
    if created:
        raise SmokeFailed(f"ARGS=--help made {', '.join(created)}")


def look_around(browser: Browser) -> str:
    """Opens the public pages and the API document; the path of a problem."""
    browser.open("/")
    problem = browser.find(r'href="(/problems/\d+/)"')
    for path in (problem, "/timeline/", "/sign-in/", "/api/docs"):
        browser.open(path)
    paths = json.loads(browser.open("/api/openapi.json"))["paths"]
    if "/api/history/" not in paths:
        raise SmokeFailed(
            f"the API document describes {len(paths)} paths, and /api/history/ is not among them"
        )
    return problem


def sign_in(browser: Browser, checkout: Checkout) -> None:
    """Opens the printed link, and signs in as the first user that the sign-in page offers. Raises `SmokeFailed`."""
    browser.open(checkout.sign_in_link() or "/sign-in/")
    browser.expect_path("/sign-in/")
    browser.submit("/sign-in/development/", email=browser.find(r'name="email" value="([^"]+)"'))
    browser.open("/account/")
    browser.expect_path("/account/")


def record_run(browser: Browser, problem: str, code: str) -> str:
    """Records a run of a problem by its form; the path of the run."""
    path = f"{problem}record/"
    browser.open(path)
    browser.submit(path, language="python", code=code, overall="AC", visibility="private")
    browser.expect_path(r"/runs/\d+/")
    return browser.path


def smoke(checkout: Checkout) -> None:
    """All steps, in order. Raises `SmokeFailed` at the first that fails."""
    with step("clone the commit"):
        checkout.clone()
    with step("print help, install nothing"):
        check_help(checkout)
    with step("install the runtime requirements and import every module"):
        checkout.make("imports")
    with step("make run, until the service is ready"):
        checkout.start(FIRST_START_SECONDS)
    name = f"smoke_{secrets.token_hex(8)}"
    browser = Browser(checkout.origin)
    with step("open the pages and the API document"):
        problem = look_around(browser)
    with step("sign in"):
        sign_in(browser, checkout)
    with step("record a run"):
        run = record_run(browser, problem, f"{name} = 1\n")
        browser.find(f"({name})")
    with step("Ctrl-C, until nothing is left running"):
        checkout.interrupt()
    with step("make run again, until the service is ready"):
        checkout.start(SECOND_START_SECONDS)
    with step("sign in again and find the recorded run"):
        browser = Browser(checkout.origin)
        sign_in(browser, checkout)
        browser.open(run)
        browser.find(f"({name})")
    with step("Ctrl-C, until nothing is left running"):
        checkout.interrupt()


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    return argparse.ArgumentParser(
        description="Clone the last commit into an empty folder, start it with make run, use the service, stop it, "
        "and start it again. Exit code 1 when a step fails.",
        allow_abbrev=False,
    )


def main() -> int:
    """0 when every step worked, 1 with the step and the end of the log when one did not."""
    arguments().parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="algoitny-smoke-") as folder:
        checkout = Checkout(Path(folder))
        try:
            smoke(checkout)
        except (SmokeFailed, OSError, subprocess.SubprocessError, ValueError) as error:
            print(f"smoke: {error}; the log ends with", checkout.tail(), sep="\n", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        finally:
            checkout.kill()
    print(f"{time.monotonic() - start:7.1f} s  in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())

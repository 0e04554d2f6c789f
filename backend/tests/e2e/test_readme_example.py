"""The README's example of the API, run as it is written, on the service that the browsers use."""

from __future__ import annotations

import json
import re
import subprocess

from api.dynamodb.repositories import ProblemRepository
from config.environment import PROJECT_DIR
from tests.e2e.live import Live

README = (PROJECT_DIR / "README.md").read_text()


def test_it_signs_in_finds_problems_tells_what_is_left_and_records_a_run(live: Live) -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    assert "site=http://127.0.0.1:8000\n" in script
    script = script.replace("site=http://127.0.0.1:8000", f"site={live.url}").replace(
        "curl -s ", "curl -sS --fail "
    )
    script, count = re.subn(r"\nsecret=\S+", f"\nsecret={live.sign_in_secret}", script)
    assert count == 1
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", script.replace("\ncurl", "\necho\ncurl")],
        capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": "/usr/bin:/bin", "NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    problems, usage, run = (json.loads(line) for line in done.stdout.splitlines() if line)
    assert len(problems["items"]) == 2
    assert {"hint", "execution"} <= {use["action"] for use in usage["items"]}
    count = len(ProblemRepository(live.table).get_test_cases(1, limit=100).items)
    assert count > 1
    assert (run["passed_count"], run["result_summary"]) == (1, f"Incomplete (1/{count})")

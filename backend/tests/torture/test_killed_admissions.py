"""kill -9 in a loop of admissions, wherever it hits: the ledger and the log never disagree."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from config.environment import BACKEND_DIR
from tests.support.scripts import script_environment
from tests.torture.admission_process import LIMIT, MOMENT
from tests.torture.figures import Report
from tests.torture.run_sizes import Scale
from tests.torture.torture_table import TortureTable

USERS = 1_000  # more than one process gets through


def killed(torture_table: TortureTable, first: int, dice: random.Random, log: Path) -> list[list[str]]:
    """Starts an admission process, kills it after some admissions, and returns the lines that it had written."""
    wanted, rest = dice.randrange(1, 90), dice.uniform(0, 0.004)
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.torture.admission_process", str(first), str(dice.randrange(2**32))],
            cwd=BACKEND_DIR, env=script_environment(torture_table.settings()),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
        ) as process,
    ):  # fmt: skip
        assert process.stdout
        try:
            lines = [process.stdout.readline() for _ in range(wanted)]
            assert lines[-1], f"it ended by itself: {log.read_text()}"
            time.sleep(rest)
        finally:
            process.kill()
        lines += process.stdout.readlines()
    return [line.decode().split() for line in lines if line.endswith(b"\n")]


def test_a_killed_process_leaves_the_ledger_and_the_log_in_agreement(
    torture_table_on_ministack: TortureTable, scale: Scale, tmp_path: Path, report: Report
) -> None:
    torture_table, dice = torture_table_on_ministack, random.Random(11)
    wrong: list[str] = []
    reported = unreported = apart = 0
    for kill in range(scale.kills):
        first = 1_000_000 + kill * USERS
        lines = killed(torture_table, first, dice, tmp_path / "admissions.log")
        counted = 0
        for user_id in range(first, int(lines[-1][0]) + 2):
            mine = [line for line in lines if line[0] == str(user_id)]
            book = torture_table.book(user_id, MOMENT)
            wrong += [f"user {user_id}: {what}" for what in book.disagreements()]
            missing = {line[1] for line in mine if line[2] == "-"} - book.ids
            missing |= {line[2] for line in mine if line[2] != "-"} - set(book.logs)
            if missing or book.count > LIMIT:
                wrong.append(f"user {user_id}: {book.count} counted, {missing} missing")
            counted += book.count
            apart += book.apart
        if not len(lines) <= counted <= len(lines) + 1:
            wrong.append(f"{counted} counted, {len(lines)} reported")
        reported += len(lines)
        unreported += counted - len(lines)
    report.add("kill -9: processes killed", scale.kills)
    report.add("kill -9: admissions reported", reported)
    report.add("kill -9: of these with a log apart", apart)
    report.add("kill -9: charged but not reported any more", unreported, low=0, high=scale.kills)
    report.exactly("kill -9: ledger and log disagree, or a reported use is not there", len(wrong), 0)
    assert wrong == []

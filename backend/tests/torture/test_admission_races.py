"""32 workers on two processes want more than there is: not one use too many, not one too few, all in the ledger."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR
from tests.support.scripts import script_environment
from tests.torture.figures import Report
from tests.torture.race_process import Race, Result
from tests.torture.run_sizes import Scale
from tests.torture.torture_table import DayBook, TortureTable

DAY, MINUTE = 86_400, 60
MOMENT = datetime(2036, 11, 21, 3, tzinfo=UTC)
PROCESSES, THREADS, ATTEMPTS = 2, 16, 400


@dataclass(frozen=True)
class Form:
    """A kind of race and how many uses it must admit, neither more nor less."""

    name: str
    limits: tuple[tuple[int, int], ...]
    admits: int
    minutes: float = 0.0
    metadata_bytes: int = 0
    remembers: bool = True
    apart: bool = False


MAIN = Form("50 a day", ((50, DAY),), 50)
VARIANTS = [
    Form("50 a day, no denial remembered", ((50, DAY),), 50, remembers=False),
    Form("50 a day, 20 a minute", ((50, DAY), (20, MINUTE)), 20),
    Form("48 a day, 10 a minute, 5 minutes", ((48, DAY), (10, MINUTE)), 48, minutes=5),
    Form("300 a day, 10 a minute, 5 minutes", ((300, DAY), (10, MINUTE)), 50, minutes=5, apart=True),
    Form("300 a day, logs apart", ((300, DAY),), 300, apart=True),
    Form("50 a day, 600 bytes of metadata, logs apart", ((50, DAY),), 50, metadata_bytes=600, apart=True),
]


class RaceProcesses:
    """The two processes; each race starts in both at one moment."""

    def __init__(self, processes: list[subprocess.Popen[str]], log: Path) -> None:
        self._processes = processes
        self._log = log

    def run(self, form: Form, user_id: int) -> Result:
        """One race of a user whom nobody knows yet."""
        race = Race(
            user_id=user_id, limits=[list(limit) for limit in form.limits],
            attempts=ATTEMPTS // PROCESSES, threads=THREADS, start=time.monotonic() + 0.02,
            moment=MOMENT.isoformat(), minutes=form.minutes, metadata_bytes=form.metadata_bytes,
            remembers=form.remembers,
        )  # fmt: skip
        for number, process in enumerate(self._processes):
            assert process.stdin
            mine = replace(race, moment=(MOMENT + timedelta(milliseconds=number)).isoformat())
            process.stdin.write(json.dumps(asdict(mine)) + "\n")
            process.stdin.flush()
        total = Result()
        for process in self._processes:
            assert process.stdout
            line = process.stdout.readline()
            assert line, f"a race process ended: {self._log.read_text()}"
            result = Result(**json.loads(line))
            total.receipts += [(use_id, log_key, minute) for use_id, log_key, minute in result.receipts]
            total.denied += result.denied
            total.errors += result.errors
            total.outcomes = dict(Counter(total.outcomes) + Counter(result.outcomes))
        return total


@contextmanager
def race_processes(torture_table: TortureTable, log: Path) -> Iterator[RaceProcesses]:
    with ExitStack() as stack:
        output = stack.enter_context(log.open("w"))
        processes = []
        for _ in range(PROCESSES):
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.torture.race_process"],
                cwd=BACKEND_DIR, env=script_environment(torture_table.settings()),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, text=True,
            )  # fmt: skip
            stack.enter_context(process)
            stack.callback(process.kill)
            processes.append(process)
        yield RaceProcesses(processes, log)


def wrong_in(form: Form, result: Result, book: DayBook) -> list[str]:
    """What a race's ledger says otherwise than its decisions."""
    receipts = {use_id: log_key for use_id, log_key, _ in result.receipts}
    inline = {use_id for use_id, log_key in receipts.items() if log_key is None}
    apart = [log_key for log_key in receipts.values() if log_key is not None]
    found = [*result.errors, *book.disagreements()]
    if len(receipts) != len(result.receipts):
        found.append("two uses have one id")
    if result.denied + len(receipts) != ATTEMPTS:
        found.append(f"{result.denied} denied and {len(receipts)} admitted of {ATTEMPTS}")
    if (book.ids, sorted(book.logs)) != (inline, sorted(apart)):
        found.append("the ledger's uses are not the admitted ones")
    if form.apart != bool(apart) or form.apart == bool(inline):
        found.append("the logs are not where this race wants them")
    shorter = [limit for limit in form.limits if limit[1] < DAY]
    if shorter and not form.apart:  # the other form removes windows that are over
        per_minute = Counter(minute for _, _, minute in result.receipts)
        if sorted(map(len, book.windows.values())) != sorted(per_minute.values()):
            found.append("the minutes' uses are not the admitted ones")
    for limit, seconds in shorter:
        assert seconds == MINUTE
        per_minute = Counter(minute for _, _, minute in result.receipts)
        found += [f"{count} in minute {m}" for m, count in per_minute.items() if count > limit]
    return found


def race(torture_table: TortureTable, form: Form, runs: int, tmp_path: Path, report: Report) -> None:
    over = under = throttled = asked = 0
    wrong: list[str] = []
    with race_processes(torture_table, tmp_path / "races.log") as processes:
        for _ in range(runs):
            user_id = torture_table.new_user()
            result = processes.run(form, user_id)
            book = torture_table.book(user_id, MOMENT)
            wrong += wrong_in(form, result, book)
            over = max(over, len(result.receipts) - form.admits, book.count - form.admits)
            under = max(under, form.admits - len(result.receipts), form.admits - book.count)
            throttled += result.outcomes.get("throttled", 0)
            asked += result.outcomes.get("table", 0)
    name = f"race on {torture_table.engine.name}, {form.name}"
    report.exactly(f"{name}: admitted too many, worst of {runs} runs", over, 0)
    report.exactly(f"{name}: admitted too few, worst of {runs} runs", under, 0)
    report.exactly(f"{name}: ledger and decisions differ", len(wrong), 0)
    report.add(f"{name}: decisions by the table, of {ATTEMPTS}", round(asked / runs, 1))
    if throttled:
        report.add(f"{name}: attempts refused as too busy, a run", round(throttled / runs, 1))
    assert (wrong, over, under) == ([], 0, 0)


def test_a_race_for_fifty_uses_admits_fifty(
    torture_table: TortureTable, scale: Scale, tmp_path: Path, report: Report
) -> None:
    race(torture_table, MAIN, scale.race_runs, tmp_path, report)


@pytest.mark.any_engine
@pytest.mark.parametrize("form", VARIANTS, ids=lambda form: form.name.replace(" ", "-"))
def test_a_race_is_exact_in_every_form(
    torture_table: TortureTable, scale: Scale, tmp_path: Path, report: Report, form: Form
) -> None:
    race(torture_table, form, scale.race_variant_runs, tmp_path, report)


def test_the_check_of_a_race_sees_what_is_wrong() -> None:
    good = Result([(f"id{n}", None, 0) for n in range(50)], 350)
    ids = {use_id for use_id, _, _ in good.receipts}
    book = DayBook(ids=ids, entries=ids)
    assert wrong_in(MAIN, good, book) == []
    assert wrong_in(MAIN, good, replace(book, entries=ids - {"id1"})) == ["id id1 has no entry"]
    assert wrong_in(MAIN, good, replace(book, ids=ids | {"x"}, entries=ids | {"x"}))
    assert wrong_in(MAIN, good, replace(book, apart=1))
    assert wrong_in(MAIN, replace(good, denied=349), book)
    assert wrong_in(MAIN, replace(good, receipts=[*good.receipts[:-1], ("id0", None, 0)]), book)

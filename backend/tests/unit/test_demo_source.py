"""The demonstration's source: the same for the same seed, as large as asked, and like real data."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoDbBlocker

from config.environment import environment
from legacy.demo import (
    COLUMNS,
    DEFAULT_SEED,
    TABLES,
    DemoSize,
    ProblemFolderError,
    Row,
    SeedingError,
    demo_rows,
    fill_sqlite,
    read_info,
)
from scripts import seed_demo

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
SMALL = DemoSize(users=40, problems=25, history=200, usage=300, large_cases=2)
FULL = DemoSize()


def digest(table: str, size: DemoSize, seed: int, as_of: datetime = AS_OF) -> str:
    made = hashlib.sha256()
    for row in demo_rows(table, size, seed, as_of):
        made.update(repr(row).encode())
    return made.hexdigest()


def column(table: str, name: str) -> list[object]:
    at = COLUMNS[table].index(name)
    return [row[at] for row in full(table)]


_kept: dict[str, list[Row]] = {}


def full(table: str) -> list[Row]:
    """The default demonstration's rows of a table, made once for the whole module."""
    if table not in _kept:
        _kept[table] = list(demo_rows(table, FULL, DEFAULT_SEED, AS_OF))
    return _kept[table]


@pytest.fixture(scope="module", autouse=True)
def forget_rows() -> Iterator[None]:
    yield
    _kept.clear()


@pytest.fixture
def sqlite_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> Iterator[Path]:
    """A path of which the command is told by LEGACY_SQLITE; Django may open databases meanwhile."""
    path = tmp_path / "legacy.sqlite3"
    for name in ("MYSQL_HOST", "MYSQL_PASSWORD"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("LEGACY_SQLITE", str(path))
    environment.cache_clear()
    with django_db_blocker.unblock():
        yield path
    monkeypatch.undo()
    environment.cache_clear()


class TestDeterminism:
    @pytest.mark.parametrize("table", TABLES)
    def test_the_same_parameters_give_the_same_rows(self, table: str) -> None:
        assert digest(table, SMALL, 7) == digest(table, SMALL, 7)

    @pytest.mark.parametrize("table", [table for table in TABLES if table != "subscription_plans"])
    def test_another_seed_gives_other_rows(self, table: str) -> None:
        assert digest(table, SMALL, 7) != digest(table, SMALL, 8)

    def test_the_same_moment_in_another_zone_gives_the_same_rows(self) -> None:
        seoul = AS_OF.astimezone(ZoneInfo("Asia/Seoul"))
        assert digest("usage_logs", SMALL, 7) == digest("usage_logs", SMALL, 7, seoul)

    def test_rows_are_made_one_at_a_time(self) -> None:
        huge = DemoSize(users=50, problems=10, history=10**9, usage=10**9)
        assert [next(demo_rows(table, huge, 7, AS_OF))[0] for table in TABLES] == [1] * len(TABLES)


class TestSizes:
    def test_the_default_is_what_the_demonstration_promises(self) -> None:
        counts = {table: len(full(table)) for table in TABLES}
        assert counts.pop("test_cases") >= 3_000
        assert counts == {
            "subscription_plans": 4,
            "users": 500,
            "problems": 300,
            "search_history": 20_000,
            "usage_logs": 50_000,
        }

    @pytest.mark.parametrize("table", TABLES)
    def test_every_row_has_its_columns_and_ids_ascend_without_a_gap(self, table: str) -> None:
        rows = full(table)
        assert {len(row) for row in rows} == {len(COLUMNS[table])}
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1))

    @pytest.mark.parametrize("usage", [0, 1, 2, 5, 50])
    def test_small_numbers_of_logs_are_kept_exactly(self, usage: int) -> None:
        size = DemoSize(users=1, problems=1, history=0, usage=usage, large_cases=0)
        assert len(list(demo_rows("usage_logs", size, 7, AS_OF))) == usage

    def test_a_size_that_cannot_be_is_refused(self) -> None:
        with pytest.raises(ValueError, match="users is 0"):
            DemoSize(users=0)

    def test_a_time_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            list(demo_rows("users", SMALL, 7, datetime(2026, 3, 1)))  # noqa: DTZ001 - the point of the test

    def test_each_problem_has_3_to_40_cases_in_order(self) -> None:
        positions: dict[object, list[object]] = {}
        for _, problem, _, _, _, position in full("test_cases"):
            positions.setdefault(problem, []).append(position)
        assert len(positions) == FULL.problems
        for found in positions.values():
            assert found == list(range(1, len(found) + 1))
            assert 3 <= len(found) <= 40


class TestRealism:
    @pytest.mark.parametrize("name", ["email", "google_id"])
    def test_accounts_are_unique_where_they_are_known(self, name: str) -> None:
        values = column("users", name)
        known = [str(value).lower() for value in values if value is not None]
        assert len(set(known)) == len(known) < len(values)

    def test_everybody_can_sign_in_somehow(self) -> None:
        pairs = zip(column("users", "email"), column("users", "google_id"), strict=True)
        assert all(email or google for email, google in pairs)

    def test_some_users_have_no_plan_and_some_names_hold_four_byte_characters(self) -> None:
        assert None in column("users", "subscription_plan_id")
        assert any(ord(letter) > 0xFFFF for name in column("users", "name") if name for letter in str(name))

    def test_problems_are_unique_and_their_titles_are_korean_and_english(self) -> None:
        keys = list(zip(column("problems", "platform"), column("problems", "problem_id"), strict=True))
        titles = [str(title) for title in column("problems", "title")]
        korean = sum(any("가" <= letter <= "힣" for letter in title) for title in titles)
        assert len(set(keys)) == len(set(titles)) == FULL.problems
        assert korean > 100
        assert sum(title.isascii() for title in titles) > 80
        assert len({platform for platform, _ in keys}) == 5

    def test_many_problems_stay_unique(self) -> None:
        size = DemoSize(users=1, problems=20_000, large_cases=0)
        rows = list(demo_rows("problems", size, 7, AS_OF))
        assert len({(row[1], str(row[2]).lower()) for row in rows}) == len(rows)

    def test_inputs_go_from_a_few_bytes_to_two_megabytes_easy_and_hard_to_compress(self) -> None:
        texts = [str(text).encode() for text in column("test_cases", "input")]
        large = sorted((text for text in texts if len(text) >= 100_000), key=len)
        assert min(map(len, texts)) < 8
        assert len(large[-1]) == len(large[-2]) == 2 * 1024 * 1024
        ratios = [len(zlib.compress(text, 1)) / len(text) for text in large]
        assert min(ratios) < 0.05
        assert max(ratios) > 0.4

    def test_runs_are_in_five_languages_of_programs_that_differ(self) -> None:
        codes = [str(code) for code in column("search_history", "code")]
        assert set(column("search_history", "language")) == {"python", "cpp", "java", "javascript", "go"}
        assert len(set(codes)) > 15_000
        assert all(code.count("\n") >= 5 and "$" not in code for code in codes)
        assert min(map(len, codes)) > 250
        assert max(map(len, codes)) > 300_000

    def test_a_run_copies_its_problem_and_counts_its_cases(self) -> None:
        problems = {row[0]: row[1:4] for row in full("problems")}
        cases = Counter(row[1] for row in full("test_cases"))
        for row in full("search_history"):
            _, _, problem, platform, number, title, *_ = row
            passed, failed, total = row[9:12]
            assert isinstance(passed, int)
            assert isinstance(failed, int)
            assert passed + failed == total
            if problem is not None:
                assert (platform, number, title) == problems[problem]
                assert total == cases[problem]

    def test_some_runs_are_anonymous_or_of_a_lost_problem_and_about_15_percent_are_public(self) -> None:
        public = [row for row in full("search_history") if row[12]]
        assert None in column("search_history", "user_id")
        assert None in column("search_history", "problem_id")
        assert 0.12 < len(public) / FULL.history < 0.18
        assert all(row[1] is not None for row in public)

    def test_a_few_people_do_most(self) -> None:
        counts = Counter(user for user in column("search_history", "user_id") if user is not None)
        assert max(counts.values()) > 2_000
        assert sorted(counts.values())[len(counts) // 2] < 30

    def test_json_columns_hold_json_that_is_not_escaped(self) -> None:
        for table, name in (
            ("problems", "tags"), ("problems", "hints"), ("problems", "metadata"),
            ("search_history", "test_results"), ("search_history", "hints"), ("usage_logs", "metadata"),
        ):  # fmt: skip
            texts = [str(text) for text in column(table, name) if text is not None]
            assert texts
            assert all(json.dumps(json.loads(text), ensure_ascii=False) == text for text in texts)

    @pytest.mark.parametrize("table", ["users", "problems", "search_history", "usage_logs"])
    def test_rows_were_written_in_the_order_of_their_ids_before_as_of(self, table: str) -> None:
        times = [str(time) for time in column(table, "created_at")]
        assert times == sorted(times)
        assert times[0] >= f"{AS_OF - timedelta(days=3 * 366):%Y-%m-%d}"
        assert times[-1] <= f"{AS_OF:%Y-%m-%d %H:%M:%S.%f}"
        assert all(len(time) == len("2026-03-01 00:00:00.000000") for time in times)

    @pytest.mark.parametrize("hour", [0, 7, 15])
    def test_usage_logs_are_of_the_very_day_in_seoul_and_older_than_their_ttl(self, hour: int) -> None:
        as_of = AS_OF.replace(hour=hour)
        times = [
            datetime.fromisoformat(str(row[5])).replace(tzinfo=UTC)
            for row in demo_rows("usage_logs", SMALL, 7, as_of)
        ]
        seoul = ZoneInfo("Asia/Seoul")
        today = [time for time in times if time.astimezone(seoul).date() == as_of.astimezone(seoul).date()]
        expired = [time for time in times if time < as_of - timedelta(days=90)]
        recent = [time for time in times if time >= as_of - timedelta(days=120)]
        assert len(today) >= 3
        assert len(expired) > len(times) * 0.08
        assert len(recent) > len(times) * 0.85


class TestFile:
    def test_it_holds_the_rows_in_the_migrated_schema_and_breaks_no_reference(
        self, sqlite_source: Path
    ) -> None:
        fill_sqlite(sqlite_source, SMALL, 7, AS_OF)
        connection = sqlite3.connect(sqlite_source)
        for table in TABLES:
            names = ", ".join(COLUMNS[table])
            stored = connection.execute(f"SELECT {names} FROM {table} ORDER BY id").fetchall()
            assert stored == list(demo_rows(table, SMALL, 7, AS_OF))
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        applied = connection.execute("SELECT name FROM django_migrations WHERE app = 'legacy'").fetchall()
        connection.close()
        assert ("0001_initial",) in applied

    def test_it_is_the_same_file_byte_for_byte_but_for_when_the_schema_was_made(
        self, sqlite_source: Path
    ) -> None:
        dumps = []
        for _ in range(2):
            fill_sqlite(sqlite_source, SMALL, 7, AS_OF)
            connection = sqlite3.connect(sqlite_source)
            dumps.append([line for line in connection.iterdump() if "django_migrations" not in line])
            connection.close()
        assert dumps[0] == dumps[1]

    def test_it_remembers_what_it_was_filled_with(self, sqlite_source: Path) -> None:
        assert read_info(sqlite_source) is None
        written = fill_sqlite(sqlite_source, SMALL, 7, AS_OF)
        assert read_info(sqlite_source) == written
        assert written.tables["users"].rows == SMALL.users

    def test_a_failure_leaves_the_old_file_and_nothing_beside_it(
        self, sqlite_source: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill_sqlite(sqlite_source, SMALL, 7, AS_OF)
        before = sqlite_source.read_bytes()

        def broken(*_: object) -> Iterator[Row]:
            raise OSError("disk full")

        with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
            patch.setattr("legacy.demo.fill.demo_rows", broken)
            fill_sqlite(sqlite_source, SMALL, 8, AS_OF)
        assert sqlite_source.read_bytes() == before
        assert list(sqlite_source.parent.iterdir()) == [sqlite_source]

    def test_what_a_killed_seeding_left_is_no_obstacle(self, sqlite_source: Path) -> None:
        sqlite_source.with_name("legacy.sqlite3.partial").write_bytes(b"half a file" * 1000)
        fill_sqlite(sqlite_source, SMALL, 7, AS_OF)
        assert list(sqlite_source.parent.iterdir()) == [sqlite_source]

    def test_a_file_with_other_data_is_refused(self, sqlite_source: Path) -> None:
        connection = sqlite3.connect(sqlite_source)
        connection.execute("CREATE TABLE diary (text TEXT)")
        connection.close()
        with pytest.raises(SeedingError, match="holds other data"):
            read_info(sqlite_source)


class TestCommand:
    SMALL = ("--users", "20", "--problems", "10", "--history", "30", "--usage", "40")

    def test_it_fills_once_and_then_says_so(
        self, sqlite_source: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert seed_demo.main([*self.SMALL, "--as-of", "2026-03-01"]) == 0
        assert "usage_logs" in capsys.readouterr().out
        before = sqlite_source.stat()
        assert seed_demo.main([]) == 0
        assert "already filled with seed" in capsys.readouterr().out
        assert sqlite_source.stat() == before

    def test_other_parameters_need_force(
        self, sqlite_source: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert seed_demo.main([*self.SMALL, "--seed", "7"]) == 0
        assert seed_demo.main(["--seed", "8"]) == 2
        error = capsys.readouterr().err
        assert "--seed 7" in error
        assert "--force" in error
        assert seed_demo.main([*self.SMALL, "--seed", "8", "--force"]) == 0
        info = read_info(sqlite_source)
        assert info is not None
        assert info.seed == 8

    def test_without_problems_it_is_the_practice_set_and_volume_is_asked_for(
        self, sqlite_source: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        few = ("--users", "5", "--history", "20", "--usage", "30")
        assert seed_demo.main([*few]) == 0
        info = read_info(sqlite_source)
        assert info is not None
        assert info.size == DemoSize.practice(users=5, history=20, usage=30)
        assert seed_demo.main([]) == 0
        for volume in (("--synthetic",), ("--problems", "40")):
            assert seed_demo.main([*volume]) == 2
            assert "was filled with the original problems: add --force" in capsys.readouterr().err
        assert seed_demo.main([*few, "--synthetic", "--force"]) == 0
        info = read_info(sqlite_source)
        assert info is not None
        assert info.size == DemoSize(users=5, history=20, usage=30)

    @pytest.mark.usefixtures("sqlite_source")
    def test_a_problem_that_is_not_in_the_form_is_one_line(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def refuse() -> None:
            raise ProblemFolderError("umbrella_days/solution.js is missing")

        monkeypatch.setattr("legacy.demo.practice.folders.read_folders", refuse)
        assert seed_demo.main([]) == 2
        assert capsys.readouterr().err == "seed_demo: umbrella_days/solution.js is missing\n"

    def test_json_is_one_object(self, sqlite_source: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert seed_demo.main([*self.SMALL, "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["filled"] is True
        assert report["source"] == sqlite_source.name
        assert report["tables"]["search_history"]["rows"] == 30

    @pytest.mark.parametrize(
        ("variables", "arguments", "message"),
        [
            ({"MYSQL_HOST": "db.example", "MYSQL_PASSWORD": "hidden"}, (), "give --into-mysql"),
            ({"LEGACY_SQLITE": ""}, (), "LEGACY_SQLITE is not set"),
            ({"LEGACY_SQLITE": "/dev/null/demo.sqlite3"}, (), "check LEGACY_SQLITE"),
            ({}, ("--users", "0"), "--users is 0"),
        ],
    )
    @pytest.mark.usefixtures("sqlite_source")
    def test_what_cannot_be_done_is_one_line(
        self,
        variables: dict[str, str],
        arguments: tuple[str, ...],
        message: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        environment.cache_clear()
        assert seed_demo.main(list(arguments)) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
        assert "hidden" not in error

    def test_every_option_has_help(self) -> None:
        assert all(action.help for action in seed_demo.parser()._actions)

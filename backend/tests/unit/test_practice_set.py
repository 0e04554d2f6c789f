"""The original problems: each folder is in the form, and its programs do what the demonstration says of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from api.problems.platforms import PLATFORMS
from api.problems.tag_vocabulary import TAGS
from legacy.demo.practice import (
    LANGUAGES,
    PLATFORM,
    PROBLEMS,
    PracticeProblem,
    ProblemFolderError,
    Program,
    practice_problems,
    read_folders,
)
from legacy.demo.practice.folders import LEVELS
from legacy.demo.practice.problem_set import inputs_of

SLUGS = sorted(path.parent.name for path in PROBLEMS.glob("*/problem.toml"))
EXAMPLE = PROBLEMS / "umbrella_days"


@cache
def problems() -> dict[str, PracticeProblem]:
    return {problem.folder.slug: problem for problem in practice_problems()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A set of one problem, to be damaged."""
    shutil.copytree(EXAMPLE, tmp_path / "umbrella_days")
    return tmp_path


def test_each_folder_is_a_problem_with_a_number_and_titles_of_its_own() -> None:
    folders = read_folders()
    assert sorted(folder.slug for folder in folders) == SLUGS
    titles = Counter(title for folder in folders for title in folder.titles.values())
    assert titles.most_common(1)[0][1] == 1
    assert PLATFORMS[PLATFORM].difficulties == LEVELS


@pytest.mark.parametrize("slug", SLUGS)
class TestProblem:
    def test_its_tags_are_names_of_the_vocabulary(self, slug: str) -> None:
        assert set(problems()[slug].folder.tags) <= set(TAGS)

    def test_its_texts_are_in_their_languages_and_without_code(self, slug: str) -> None:
        folder = problems()[slug].folder
        for language in LANGUAGES:
            for text in (folder.statements[language], *folder.hints[language]):
                is_korean = any("가" <= letter <= "힣" for letter in text)
                assert is_korean == (language == "ko")
            assert not any("```" in hint or "print(" in hint for hint in folder.hints[language])

    def test_its_generator_yields_the_same_inputs_again(self, slug: str) -> None:
        problem = problems()[slug]
        assert inputs_of(problem.folder) == [case.input for case in problem.cases]

    def test_its_samples_come_first_and_are_small(self, slug: str) -> None:
        problem = problems()[slug]
        samples = [case.is_sample for case in problem.cases]
        assert samples == sorted(samples, reverse=True)
        assert 1 <= sum(samples) <= 3
        assert all(len(case.input) + len(case.output) <= 400 for case in problem.cases if case.is_sample)

    def test_its_solution_prints_the_same_in_a_process_of_its_own(self, slug: str) -> None:
        problem = problems()[slug]
        case = problem.cases[-1]
        done = subprocess.run(
            [sys.executable, "-S", "-c", problem.folder.python],
            input=case.input.encode(),
            capture_output=True,
            timeout=60,
        )
        assert (done.stdout.decode(), done.stderr) == (case.output, b"")

    @pytest.mark.parametrize("number", [1, 2])
    def test_each_wrong_program_passes_some_cases_and_fails_others(self, slug: str, number: int) -> None:
        problem = problems()[slug]
        outcomes = problem.mistakes[number - 1].outcomes
        passed = [
            outcome.error is None and outcome.output == case.output
            for outcome, case in zip(outcomes, problem.cases, strict=True)
        ]
        assert set(passed) == {True, False}


class TestForm:
    @pytest.mark.parametrize(
        ("file", "old", "new", "message"),
        [
            ("problem.toml", "number = 1001", "number = 7", "number is 7: it must be from 1001"),
            ("problem.toml", '"Level 1"', '"Easy"', "choose one of Level 1, Level 2"),
            ("problem.toml", "samples = 2", 'samples = "2"', "samples is '2': it must be a int"),
            ("problem.toml", "samples = 2\n", "", "the fields are number, title_ko"),
            ("problem.toml", "samples = 2", "samples = two", "umbrella_days/problem.toml"),
            ("statement.en.md", "## Notes", "## Note", "the headings are Input, Output, Constraints, Notes"),
            ("statement.ko.md", "## 출력", "출력", "the headings are 입력, 출력, 제한, 예제 설명"),
            ("hints.en.md", "---\n", "", "it must have 4 hints, with a line --- between them, not 1"),
            ("solution.py", "\n", "\r\n", "ends in a line feed"),
            ("solution.py", "print(", "print((", "umbrella_days/solution.py: line 3"),
            ("solution.py", "amount >= k", "amount >= j", "solution.py: input 1: NameError: name 'j'"),
            ("generator.py", "def inputs", "def outputs", "umbrella_days/generator.py: KeyError: 'inputs'"),
            ("generator.py", "(2, 5, 10, 50, 365, 1000)", "()", "yields 11 inputs, it must be 15 to 100"),
            (
                "generator.py",
                "_text(1, [0, 0, 0])",
                "_text(10, [3, 12, 10, 9, 30])",
                "input 2 is the same as input 1",
            ),
        ],
    )
    def test_what_is_wrong_is_one_line_that_names_the_file(
        self, root: Path, file: str, old: str, new: str, message: str
    ) -> None:
        path = root / "umbrella_days" / file
        text = path.read_bytes().decode()
        path.write_bytes(text.replace(old, new).encode())
        assert old in text
        with pytest.raises(ProblemFolderError) as failure:
            practice_problems(root)
        assert message in str(failure.value)
        assert "\n" not in str(failure.value)

    def test_a_missing_file_is_named(self, root: Path) -> None:
        (root / "umbrella_days" / "solution.js").unlink()
        with pytest.raises(ProblemFolderError, match=r"umbrella_days/solution\.js is missing"):
            read_folders(root)

    def test_a_number_belongs_to_one_problem(self, root: Path) -> None:
        shutil.copytree(root / "umbrella_days", root / "snow_days")
        with pytest.raises(ProblemFolderError, match="has number 1001 too"):
            read_folders(root)


class TestProgram:
    @pytest.mark.parametrize(
        ("code", "output"),
        [
            ("print(int(input()) + 1)", "8\n"),
            ("import sys\nprint(sys.stdin.read().strip() * 2)", "77\n"),
            ("import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())", "7\n"),
            ("print(open(0).read(), end='')", "7\n"),
            ("print(1)\nexit = __import__('sys').exit\nexit(0)\nprint(2)", "1\n"),
        ],
    )
    def test_it_reads_and_prints_as_programs_do(self, code: str, output: str) -> None:
        assert Program(code, "solution.py").run("7\n") == (output, None)

    def test_a_crash_keeps_the_output_and_names_the_line(self) -> None:
        outcome = Program("print(1)\n\nprint([][0])\n", "solution.py").run("")
        assert outcome == ("1\n", "IndexError: list index out of range (line 3)")

    def test_it_leaves_the_process_as_it_was(self) -> None:
        before = sys.stdin, sys.stdout, sys.getrecursionlimit()
        Program("import sys\nsys.setrecursionlimit(5000)\nraise ValueError", "solution.py").run("")
        assert (sys.stdin, sys.stdout, sys.getrecursionlimit()) == before

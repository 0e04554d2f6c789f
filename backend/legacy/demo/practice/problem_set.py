"""The practice set with its test cases: generated inputs, outputs of the solutions, results of the wrong programs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple

from legacy.demo.practice.execution import Outcome, Program, generated_inputs
from legacy.demo.practice.folders import PROBLEMS, ProblemFolder, ProblemFolderError, read_folders

PLATFORM = "algoitny"
LEAST_CASES, MOST_CASES, MOST_CHARACTERS = 15, 100, 8_000


class Case(NamedTuple):
    """A test case of a problem."""

    input: str
    output: str
    is_sample: bool


class Attempt(NamedTuple):
    """A program that somebody may hand in: its language, code, and what it does on each case."""

    language: str
    code: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class PracticeProblem:
    """A problem with its cases and the programs that people hand in. JavaScript prints what Python prints."""

    folder: ProblemFolder
    cases: tuple[Case, ...]
    solutions: tuple[Attempt, ...]
    mistakes: tuple[Attempt, ...]


@lru_cache(maxsize=2)
def practice_problems(root: Path = PROBLEMS) -> tuple[PracticeProblem, ...]:
    """All problems in the order of their numbers; the programs run once in each process.

    Raises `ProblemFolderError` for a folder that is not in the form, and for a generator or a solution that fails.
    """
    return tuple(_problem(folder) for folder in read_folders(root))


def inputs_of(folder: ProblemFolder) -> list[str]:
    """The inputs that the problem's generator yields, the same ones each time.

    Raises `ProblemFolderError` if the generator fails, or yields too few, too long or equal inputs.
    """
    name = f"{folder.slug}/generator.py"
    try:
        generate = generated_inputs(folder.generator, name)
        texts = list(islice(generate(Random(folder.number)), MOST_CASES + 1))
    except Exception as error:
        raise ProblemFolderError(f"{name}: {type(error).__name__}: {error}") from error
    if not LEAST_CASES <= len(texts) <= MOST_CASES:
        raise ProblemFolderError(
            f"{name}: yields {len(texts)} inputs, it must be {LEAST_CASES} to {MOST_CASES}"
        )
    numbers: dict[str, int] = {}
    for number, text in enumerate(texts, 1):
        if not text.endswith("\n") or len(text) >= MOST_CHARACTERS:
            raise ProblemFolderError(
                f"{name}: input {number} must end in a line feed and have fewer than {MOST_CHARACTERS} characters"
            )
        if text in numbers:
            raise ProblemFolderError(f"{name}: input {number} is the same as input {numbers[text]}")
        numbers[text] = number
    return texts


def _problem(folder: ProblemFolder) -> PracticeProblem:
    texts = inputs_of(folder)
    solution = _attempt(folder.python, f"{folder.slug}/solution.py", texts)
    for number, outcome in enumerate(solution.outcomes, 1):
        if outcome.error is not None or not outcome.output.endswith("\n"):
            raise ProblemFolderError(
                f"{folder.slug}/solution.py: input {number}: {outcome.error or 'the last line does not end'}"
            )
    cases = tuple(
        Case(text, outcome.output, number < folder.samples)
        for number, (text, outcome) in enumerate(zip(texts, solution.outcomes, strict=True))
    )
    return PracticeProblem(
        folder,
        cases,
        (solution, Attempt("javascript", folder.javascript, solution.outcomes)),
        tuple(
            _attempt(code, f"{folder.slug}/wrong_{number}.py", texts)
            for number, code in enumerate(folder.wrong, 1)
        ),
    )


def _attempt(code: str, name: str, texts: list[str]) -> Attempt:
    try:
        program = Program(code, name)
    except SyntaxError as error:
        raise ProblemFolderError(f"{name}: line {error.lineno}: {error.msg}") from error
    return Attempt("python", code, tuple(program.run(text) for text in texts))

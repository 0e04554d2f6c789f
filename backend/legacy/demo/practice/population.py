"""Who practises what and when: the people of the practice set's demonstration and the runs that they record."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import lru_cache
from random import Random
from typing import NamedTuple

from legacy.demo.catalogue import Listing
from legacy.demo.population import DemoProblem, Population, stream
from legacy.demo.practice.problem_set import PLATFORM, Attempt, PracticeProblem, practice_problems
from legacy.demo.size import DemoSize
from legacy.demo.vocabulary import Topic

_LONGEST_US = 2 * 3_600_000_000  # of a sitting, which has at most three runs
_PUBLISHED_SHARE = 0.05  # all problems are published in this first part of the time
_NEXT_PROBLEMS = 8  # somebody tries one of this many easiest problems that he has not solved
_REMARKS = (
    "다시 풀어 보기",
    "스터디 3주차",
    "첫 시도",
    "notes for my study group",
    "second try",
    "입력 형식 주의",
)


class PracticeRun(NamedTuple):
    """One recorded run: `hints` steps of the problem's hints were opened after it."""

    moment: int
    user: int | None
    problem: int
    attempt: Attempt
    code: str
    hints: int
    is_public: bool


class _Sitting(NamedTuple):
    """How one person's work on one problem goes: wrong runs, steps of hints, and whether the last run is right."""

    mistakes: int
    hints: int
    is_solved: bool

    @property
    def runs(self) -> int:
        return self.mistakes + self.is_solved


class PracticePopulation(Population):
    """The users, the problems and the runs, in memory: a run is about 200 bytes, its code and results are shared."""

    days = 400
    skew = 0.75

    def __init__(self, size: DemoSize, seed: int, as_of: datetime) -> None:
        # The last number was published first, so that the list of problems, newest first, begins with the easiest.
        self.practice = practice_problems()[::-1]
        super().__init__(size, seed, as_of)
        self.runs = self._runs(stream(seed, "practice runs"))

    def _problems(self, rng: Random, count: int) -> list[DemoProblem]:
        span = int((self.end_us - self.start_us) * _PUBLISHED_SHARE)
        problems, first = [], 1
        for index, problem in enumerate(self.practice[:count]):
            created = self.start_us + span * index // count + rng.randrange(1, span // count)
            problems.append(DemoProblem(index + 1, _listing(problem), first, len(problem.cases), created))
            first += len(problem.cases)
        return problems

    def _runs(self, rng: Random) -> list[PracticeRun]:
        """As many runs as the size asks for, by time."""
        sittings: list[_Sitting] = []
        missing = self.size.history
        while missing > 0:
            sittings.append(_sitting(rng))
            missing -= sittings[-1].runs
        solved: defaultdict[int, set[int]] = defaultdict(set)
        runs: list[PracticeRun] = []
        # The first sitting is over some time after the last problem is published.
        first = self.problems[-1].created_us + _LONGEST_US
        pace = (self.end_us - first) / (self.end_us - self.start_us)
        for index, sitting in enumerate(sittings):
            end = first + int((self.moment(index, len(sittings), rng) - self.start_us) * pace)
            user = self.user_at(end - _LONGEST_US, rng)
            problem = self._next_problem(rng, solved[user])
            if sitting.is_solved:
                solved[user].add(problem)
            runs += self._sitting_runs(rng, sitting, user, problem, end)
        runs.sort(key=lambda run: run.moment)
        return runs[len(runs) - self.size.history :]

    def _next_problem(self, rng: Random, solved: set[int]) -> int:
        """The index of one of the easiest problems that are not solved, or of any."""
        unsolved = [index for index in range(len(self.problems)) if index not in solved]
        return rng.choice(unsolved[-_NEXT_PROBLEMS:] or range(len(self.problems)))

    def _sitting_runs(
        self, rng: Random, sitting: _Sitting, user: int, problem: int, end: int
    ) -> list[PracticeRun]:
        practice = self.practice[problem]
        attempts = rng.sample(practice.mistakes, sitting.mistakes)
        if sitting.is_solved:
            # Wrong programs are in Python, and nobody changes the language in the middle.
            is_javascript = not attempts and rng.random() < (0.9 if user % 3 == 0 else 0.25)
            attempts.append(practice.solutions[int(is_javascript)])
        remark = rng.choice(_REMARKS) if rng.random() < 0.3 else None
        author = user if rng.random() >= 0.02 else None
        runs: list[PracticeRun] = []
        moment = end
        for number, attempt in reversed(list(enumerate(attempts, 1))):
            hints = sitting.hints if number == sitting.mistakes else 0
            share = 0.35 if number > sitting.mistakes else 0.08
            is_public = author is not None and rng.random() < share
            runs.append(
                PracticeRun(moment, author, problem, attempt, _code(attempt, remark), hints, is_public)
            )
            moment -= rng.randrange(_LONGEST_US // 50, _LONGEST_US // 3)
        return runs


def _sitting(rng: Random) -> _Sitting:
    mistakes = rng.choices((0, 1, 2), (45, 40, 15))[0]
    is_solved = mistakes == 0 or rng.random() < 0.8
    hints = rng.randint(1, 3) if mistakes and rng.random() < 0.4 else 0
    return _Sitting(mistakes, hints, is_solved)


def _code(attempt: Attempt, remark: str | None) -> str:
    mark = "#" if attempt.language == "python" else "//"
    return f"{mark} {remark}\n{attempt.code}" if remark else attempt.code


def title_of(problem: PracticeProblem) -> str:
    """The title in both languages: the legacy schema has one column for it."""
    titles = problem.folder.titles
    return f"{titles['ko']} · {titles['en']}"


def _listing(problem: PracticeProblem) -> Listing:
    folder = problem.folder
    topic = Topic(folder.titles["ko"], folder.titles["en"], folder.tags)
    return Listing(
        PLATFORM, str(folder.number), title_of(problem), topic, "", folder.difficulty, is_korean=True
    )


@lru_cache(maxsize=2)
def shared_practice(size: DemoSize, seed: int, as_of: datetime) -> PracticePopulation:
    """The population for these parameters; cached because five tables need the same one."""
    return PracticePopulation(size, seed, as_of)

"""Problems and test cases as staff send and see them: whole, with solution and hints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.dynamodb.schema.entities import STATEMENT_LANGUAGES
from api.dynamodb.schema.records import Problem, TestCase
from api.hints.ladder import other_solutions, texts_of
from api.history.languages import LANGUAGES
from api.history.models import MAX_CODE
from api.http.request_bodies import RequestBody, Whole
from api.http.text_rules import NO_NUL
from api.problems import validation as rules
from api.problems.models import ProblemOut, problem_document
from api.problems.statements import MAX_STATEMENT

# At least one character that Python does not take for a space.
_NOT_BLANK = r"[^\s\x1c-\x1f]"
Name = Annotated[str, Field(min_length=1, max_length=rules.MAX_NAME, pattern=_NOT_BLANK)]
Title = Annotated[str, Field(min_length=1, max_length=rules.MAX_TITLE, pattern=_NOT_BLANK)]
Url = Annotated[str, Field(max_length=rules.MAX_URL, pattern=r"^https?://")]
Difficulty = Annotated[str, Field(max_length=rules.MAX_NAME)]
Tags = Annotated[list[Annotated[str, Field(max_length=rules.MAX_TAG)]], Field(max_length=rules.MAX_TAGS)]
Hints = Annotated[
    list[Annotated[str, Field(max_length=rules.MAX_HINT)]],
    Field(max_length=rules.MAX_HINTS, description="nudge, approach, and the outline in one to three texts"),
]
Constraints = Annotated[str, Field(max_length=rules.MAX_CONSTRAINTS)]
Language = Annotated[str, Field(description="of the solution", json_schema_extra={"enum": list(LANGUAGES)})]
Code = Annotated[str, Field(max_length=MAX_CODE, description="the ladder's last step; it needs `language`")]
Seconds = Annotated[float, Field(ge=rules.MIN_SECONDS, le=rules.MAX_SECONDS, description="seconds")]
Megabytes = Annotated[Whole, Field(ge=1, le=rules.MAX_MEGABYTES, description="MB")]


def _left_out() -> None:
    """The value of a field that was not sent. A factory has no place in the schema, where it would read as a value."""


class _Edited(RequestBody):
    url: Url | None = Field(default_factory=_left_out)
    difficulty: Difficulty | None = Field(default_factory=_left_out)
    tags: Tags | None = Field(default_factory=_left_out)
    constraints: Constraints | None = Field(default_factory=_left_out)
    hints: Hints | None = Field(default_factory=_left_out)
    language: Language | None = Field(default_factory=_left_out)
    solution_code: Code | None = Field(default_factory=_left_out)
    time_limit: Seconds | None = Field(default_factory=_left_out)
    memory_limit: Megabytes | None = Field(default_factory=_left_out)

    def sent_fields(self) -> dict[str, Any]:
        """The fields that were sent, null ones too."""
        return self.model_dump(exclude_unset=True)


class ProblemIn(_Edited):
    """A new problem; it becomes a draft."""

    platform: Name = Field(examples=["baekjoon"])
    problem_number: Name = Field(examples=["1000"])
    title: Title


class ProblemChanges(_Edited):
    """What to change of a problem: fields that are left out stay, null removes one."""

    platform: Name = Field(default_factory=str)
    problem_number: Name = Field(default_factory=str)
    title: Title = Field(default_factory=str)


class StatementIn(RequestBody):
    """A problem's statement in one language; null removes a text."""

    statement: str | None = Field(
        max_length=MAX_STATEMENT, description="Markdown; formulas are LaTeX between dollar signs"
    )
    title: Annotated[str, Field(max_length=rules.MAX_TITLE)] | None = Field(default=None)
    hints: Hints | None = Field(default=None)


class StaffProblemOut(ProblemOut):
    """A problem, whole: what staff see and edit."""

    hints: list[str]
    translated_hints: dict[str, list[str]] = Field(description="by the language of their readers")
    solutions: dict[str, str] = Field(description="beside `solution_code`, by programming language")
    language: str | None
    solution_code: str | None
    is_published: bool = Field(description="false for a draft")


class CaseIn(RequestBody):
    """A test case to store."""

    input: str = Field(json_schema_extra=NO_NUL)
    output: str = Field(json_schema_extra=NO_NUL)
    is_sample: bool = Field(default=False, description="samples are shown to everyone")


class CasesIn(RequestBody):
    """Test cases in order; all texts together may have 10 MB."""

    cases: list[CaseIn] = Field(min_length=1, max_length=rules.MAX_CASES)

    def records(self) -> list[dict[str, Any]]:
        """The cases."""
        return [
            {"input": case.input, "output": case.output, "is_sample": case.is_sample} for case in self.cases
        ]


class CaseChanges(RequestBody):
    """What to change of a test case: fields that are left out stay."""

    input: str = Field(default_factory=str, json_schema_extra=NO_NUL)
    output: str = Field(default_factory=str, json_schema_extra=NO_NUL)
    is_sample: bool = Field(default_factory=bool)

    def sent_fields(self) -> dict[str, Any]:
        """The fields that were sent."""
        return self.model_dump(exclude_unset=True)


class PlaceIn(RequestBody):
    """Where a test case shall stand."""

    place: Whole = Field(
        ge=1, le=1_000_000, description="its place among all test cases of the problem, from 1"
    )


class StaffCaseOut(BaseModel):
    """A test case, whole."""

    test_case_id: int
    position: int
    is_sample: bool
    input: str
    output: str


class StoredCase(BaseModel):
    """A test case that was stored, without its texts."""

    test_case_id: int
    position: int
    is_sample: bool
    input_bytes: int
    output_bytes: int


class StoredCases(BaseModel):
    """The test cases that were stored, in order."""

    items: list[StoredCase]


def staff_document(problem: Problem) -> dict[str, Any]:
    """A `StaffProblemOut`; of hints what is text, the legacy column may hold any JSON."""
    fields: Mapping[str, Any] = problem
    translated = {language: texts_of(fields[f"hints_{language}"]) for language in STATEMENT_LANGUAGES}
    return {
        **problem_document(problem),
        "hints": texts_of(problem["hints"]),
        "translated_hints": {language: texts for language, texts in translated.items() if texts},
        "solutions": other_solutions(problem),
        "language": problem["language"],
        "solution_code": problem["solution_code"],
        "is_published": problem["is_completed"],
    }


def case_document(case: TestCase) -> Mapping[str, Any]:
    """A `StaffCaseOut`."""
    return {name: value for name, value in case.items() if name in StaffCaseOut.model_fields}


def cases_document(cases: Sequence[TestCase]) -> Mapping[str, Any]:
    """A `StoredCases`."""
    return {
        "items": [
            {
                "test_case_id": case["test_case_id"],
                "position": case["position"],
                "is_sample": case["is_sample"],
                "input_bytes": len(case["input"].encode()),
                "output_bytes": len(case["output"].encode()),
            }
            for case in cases
        ]
    }

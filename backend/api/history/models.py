"""Runs as clients send and see them. A public run shows no more of its author than name and picture."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from api.dynamodb.schema.ids import MAX_ID
from api.dynamodb.schema.records import ChangedRun, Run, RunSummary, User
from api.history.languages import LANGUAGES
from api.history.output_comparison import RULE
from api.history.verdicts import NAMES, Basis, Status, basis_of
from api.http.paging import Next
from api.http.request_bodies import RequestBody, Whole
from api.http.text_rules import NO_NUL, TEXT, shown_name

MAX_CODE = 256_000
MAX_RESULTS = 500
MAX_OUTPUT = 16_000


class CaseResult(RequestBody):
    """What a run did with one of the problem's test cases.

    An `output` is compared with the expected one, which decides between AC and WA; `status` says the others.
    """

    test_case_id: Whole = Field(ge=0, le=MAX_ID)
    status: Status | None = Field(
        default=None,
        description=", ".join(f"{code} {name.lower()}" for code, name in NAMES.items()),
    )
    output: str | None = Field(
        default=None, max_length=MAX_OUTPUT, description=f"What the program printed. {RULE}"
    )
    output_digest: str | None = Field(
        default=None,
        pattern=r"^1[A-Za-z0-9_-]{20}$",
        description=f"in place of an output above {MAX_OUTPUT:,} characters: `1` and the BLAKE2b digest, 15 bytes in "
        "URL-safe Base64, of what counts of it in UTF-8",
    )
    stderr: str | None = Field(default=None, max_length=MAX_OUTPUT)
    time_ms: Whole | None = Field(default=None, ge=0, le=86_400_000)
    memory_kb: Whole | None = Field(default=None, ge=0, le=1_000_000_000)


class RunIn(RequestBody):
    """A run to record."""

    problem_id: Whole = Field(ge=0, le=MAX_ID)
    language: str = Field(examples=["python"], json_schema_extra={"enum": list(LANGUAGES)})
    code: Annotated[str, TEXT] = Field(min_length=1, max_length=MAX_CODE, json_schema_extra=NO_NUL)
    results: list[CaseResult] = Field(default_factory=list, max_length=MAX_RESULTS)
    is_code_public: bool = False

    @field_validator("language")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in LANGUAGES:
            raise PydanticCustomError(
                "choices", "Choose one of {choices}.", {"choices": ", ".join(LANGUAGES)}
            )
        return value


class VisibilityIn(RequestBody):
    """Whether everyone may see a run."""

    is_code_public: bool


class Author(BaseModel):
    """Whose run it is, as far as everyone may know."""

    name: str | None
    picture: str | None
    profile: str | None = Field(
        description="where the author's public profile is, such as `/people/7/`; null without"
    )


class RunSummaryOut(BaseModel):
    """A run of mine as lists show it."""

    history_id: int
    problem_id: int | None
    platform: str
    problem_number: str
    problem_title: str
    language: str
    passed_count: int
    failed_count: int
    total_count: int = Field(
        description="the problem's test cases, also those without a result; 0 without any"
    )
    is_code_public: bool
    created_at: datetime
    verdict_basis: Basis | None = Field(
        description="how the verdict is known: every output was compared; what outputs do not show was observed in "
        "the author's browser; or the author reported it; null without results"
    )


class ChangedRunOut(RunSummaryOut):
    """A run of mine after a change, as lists show it."""

    version: int


class RunPage(BaseModel):
    """A page of my runs, newest first."""

    items: list[RunSummaryOut]
    next: Next


class PublicRunSummaryOut(RunSummaryOut):
    """A public run as the timeline shows it; `author` is null when the account is gone."""

    author: Author | None


class TimelinePage(BaseModel):
    """A page of everyone's public runs, newest first."""

    items: list[PublicRunSummaryOut]
    next: Next


class RunOut(RunSummaryOut):
    """A run, whole. `hints` are the opened steps, null unless the run is mine."""

    code: str
    result_summary: str | None
    test_results: Any = Field(description="a list of results by test case, or what was recorded before")
    author: Author | None
    is_mine: bool
    hints: Any
    version: int


def summary_document(run: RunSummary) -> dict[str, Any]:
    """A `RunSummaryOut`."""
    return {
        "history_id": run["history_id"],
        "problem_id": run["problem_id"],
        "platform": run["platform"],
        "problem_number": run["problem_number"],
        "problem_title": run["problem_title"],
        "language": run["language"],
        "passed_count": run["passed_count"],
        "failed_count": run["failed_count"],
        "total_count": run["total_count"],
        "is_code_public": run["is_code_public"],
        "created_at": run["created_at"],
        "verdict_basis": basis_of(run),
    }


def changed_document(run: ChangedRun) -> dict[str, Any]:
    """A `ChangedRunOut`."""
    return {**summary_document(run), "version": run["version"]}


def author_document(user: User | None) -> dict[str, Any] | None:
    """An `Author`; None for an account that is gone or closed."""
    if user is None or not user["is_active"]:
        return None
    profile = f"/people/{user['user_id']}/" if user["is_profile_public"] else None
    return {"name": shown_name(user["name"]), "picture": user["picture"], "profile": profile}


def public_document(run: RunSummary, author: User | None) -> dict[str, Any]:
    """A `PublicRunSummaryOut`."""
    return {**summary_document(run), "author": author_document(author)}


def run_document(run: Run, author: User | None, is_mine: bool) -> dict[str, Any]:
    """A `RunOut`, with the hints only for whom they are."""
    return {
        **summary_document(run),
        "code": run["code"],
        "result_summary": run["result_summary"],
        "test_results": run["test_results"],
        "author": author_document(author),
        "is_mine": is_mine,
        "hints": run["hints"] if is_mine else None,
        "version": run["version"],
    }

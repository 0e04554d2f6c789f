"""Search for problems: what people type, filters that combine, order, and the total."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, Field

from api.accounts.bearer import maybe_signed_in
from api.accounts.identity import Identity, identity_of
from api.composition import repositories
from api.http.errors import ApiError
from api.http.json_responses import json_response
from api.http.openapi import LINK, responses, with_headers
from api.http.paging import CursorQuery, LimitQuery, Next, next_address, seal, unseal
from api.http.problem_types import INVALID, UNAUTHENTICATED
from api.problems.models import ProblemSummaryOut
from api.problems.queries import MAX_WORDS
from api.problems.search.query import MAX_TAGS, MAX_TEXT, SearchQuery, Sort, Status
from api.problems.search.results import NO_ATTEMPTS, Attempts, Lifted, Near, NotApplied
from api.problems.search.service import search

router = Router(tags=["problems"], auth=maybe_signed_in)
Text = Annotated[
    str, Query(max_length=MAX_TEXT, description="words, a number (`BOJ 1249`, `1077A`), or an address")
]
Name = Annotated[str, Query(max_length=MAX_WORDS)]
Tags = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=MAX_WORDS)]],
    Query(max_length=MAX_TAGS, description="may be repeated; any name of a tag, in Korean or English"),
]
Step = Annotated[str, Query(max_length=MAX_WORDS, description="on the platform's scale, included")]


class NearOut(BaseModel):
    """A search that finds something: `without` says what of this one it leaves out or changes."""

    without: Lifted
    total: int
    q: str
    platform: str
    easiest: str
    hardest: str
    tag: list[str]
    match: Literal["all", "any"]
    status: Status | None


class ProblemSearchPage(BaseModel):
    """A page of the problems that match."""

    items: list[ProblemSummaryOut]
    next: Next
    total: int | None = Field(description="of all pages; null without the list in memory")
    corrected: str | None = Field(
        description="what was searched for in place of a misspelt `q`; null otherwise"
    )
    near: list[NearOut] = Field(description="searches that find something, if this one finds nothing")
    not_applied: list[NotApplied] = Field(description="what was asked for and needs the list in memory")


@router.get(
    "/",
    response=responses(ProblemSearchPage, UNAUTHENTICATED, INVALID),
    operation_id="search_problems",
    openapi_extra=with_headers(200, LINK),
)
def search_problems(
    request: HttpRequest,
    q: Text = "",
    platform: Name = "",
    easiest: Step = "",
    hardest: Step = "",
    tag: Tags = [],  # noqa: B006 (ninja copies it)
    match: Annotated[Literal["all", "any"], Query(description="whether every tag is needed, or one")] = "all",
    status: Annotated[
        Literal["any", "unsolved", "attempted", "solved", "bookmarked"],
        Query(description="others than `any` need an access token"),
    ] = "any",
    sort: Annotated[Sort, Query(description="`best` is the newest first without `q`")] = "best",
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> HttpResponse:
    """Problems by what people type: title, number, address, tag; small typos are corrected.

    Words match inside Korean words and without spaces. A server that does not have the list of problems in memory
    answers from its table: newest first, without `total`, and `not_applied` names what it left out.
    """
    who = identity_of(request)
    query = SearchQuery(q.strip(), platform.strip(), easiest.strip(), hardest.strip(), tuple(tag), match == "any",
                        None if status == "any" else status, sort)  # fmt: skip
    scope = f"search|{who.reader}"
    attempts = NO_ATTEMPTS if query.status is None else _attempts_of(who, query.status)
    results = search(query, attempts, limit=limit, cursor=unseal(cursor, scope))
    following = seal(results.cursor, scope)
    response = json_response({
        "items": results.items, "next": following, "total": results.total, "corrected": results.corrected,
        "near": [_near_document(near) for near in results.near], "not_applied": results.not_applied,
    })  # fmt: skip
    if following is not None:
        response["Link"] = f'<{next_address(request, following)}>; rel="next"'
    return response


def _attempts_of(who: Identity, status: Status) -> Attempts:
    """What the caller solved and attempted, or their bookmarks. Raises `ApiError`: 401.

    Costs as `ProgressRepository.solved_problems`; bookmarks as `PracticeRepository.get_practice`.
    """
    if not who.is_known:
        raise ApiError("sign_in_required")
    if status == "bookmarked":
        bookmarks = repositories().practice.get_practice(who.user_id).bookmarks
        return Attempts(bookmarked=frozenset(bookmarks))
    progress = repositories().progress.solved_problems(who.user_id)
    return Attempts(progress.ids, progress.attempted)


def _near_document(near: Near) -> dict[str, Any]:
    """A `NearOut`."""
    query = near.query
    return {
        "without": near.lifted, "total": near.total, "q": query.text, "platform": query.platform,
        "easiest": query.easiest, "hardest": query.hardest, "tag": list(query.tags),
        "match": "any" if query.any_tag else "all", "status": query.status,
    }  # fmt: skip

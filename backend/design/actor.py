"""Who asks for what in a request, and over how many partitions the shared lists are spread."""

from __future__ import annotations

from dataclasses import dataclass

from api.dynamodb import keys
from design import samples


@dataclass(frozen=True)
class Shape:
    """The spread of what everybody shares; the defaults are the declared ones.

    `cached` is the share of reads of shared things (problems, test cases, lists, the timeline) that the
    service answers from its own memory.
    """

    timeline_shards: int = keys.TIMELINE_SHARDS
    list_shards: int = keys.PROBLEM_LIST_SHARDS
    single_list_shards: int = 1
    cached: float = 0.0

    def partitions(self, facet: keys.Facet) -> list[str]:
        """The partitions of a problem list under this shape."""
        shards = self.list_shards if facet.shards > 1 else self.single_list_shards
        return keys.Facet(facet.name, shards).partitions()


DECLARED = Shape()


@dataclass(slots=True)
class Actor:
    """The parameters of one request. `new_id` is the id of what the request creates."""

    user_id: int
    problem_id: int
    run_id: int
    new_id: int
    email: str
    google_id: str
    platform: str
    number: str
    difficulty: str
    tags: list[str]
    words: list[str]
    action: str
    shape: Shape = DECLARED


def typical_actor(shape: Shape = DECLARED) -> Actor:
    """The request that the tables of the document are made from."""
    user, problem = samples.USER, samples.PROBLEM
    return Actor(
        samples.USER_ID, samples.PROBLEM_ID, samples.RUN_ID, samples.RUN_ID, user["email"], user["google_id"],
        problem["platform"], problem["problem_number"], problem["difficulty"], samples.TAGS,
        keys.title_words(problem["title"]), "hint", shape,
    )  # fmt: skip

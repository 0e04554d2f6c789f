"""The users of the simulation, and the keys of recorded calls as other users would use them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import NamedTuple

from api.dynamodb.schema import keys
from api.dynamodb.schema.key_rules import PROBLEM_RULES
from design.samples import PROBLEM, TAGS
from design.units import Call

# What the parts of a recorded key are replaced by: fields of an `Actor`.
_PARTS = {
    r"(?<=^USR#)\d+": "{a.user_id}",
    r"(?<=^RUN#)\d+": "{a.run_id}",
    r"(?<=PRB#)\d+": "{a.problem_id}",
    r"(?<=^SOL#)\d+": "{a.problem_id}",
    r"(?<=#USE#).+": "{a.action}",
    r"(?<=^EML#).+": "{a.email}",
    r"(?<=^GID#).+": "{a.google_id}",
    r"(?<=^NUM#).+": "{a.platform}#{a.number}",
    r"(?<=^NON#).+": "{a.new_id:022d}",
    r"(?<=^ADR#).+": "{a.address}",
    r"(?<=#PLT:).+(?=#)": "{a.platform}",
    r"(?<=#DIF:).+(?=#)": "{a.difficulty}",
    **{rf"(?<=#TAG:){tag}(?=#)": f"{{a.tags[{n}]}}" for n, tag in enumerate(TAGS)},
    **{
        f"(?<=^PRBWORD#){title_word[:2]}": f"{{a.words[{n}]:.2}}"
        for n, title_word in enumerate(PROBLEM_RULES.current.title_words(PROBLEM["title"]))
    },
}
_CREATED = re.compile(r"(?:USR|PRB|RUN)#\d+")
# The lists that are spread over shards by an id: its field, and the number of shards (None: the timeline's).
_SPREAD = {
    r"(USRLIST#)\d+": ("user_id", keys.USER_LIST_SHARDS),
    r"(PRBLIST#(?:ALL|PLT:.+|DIF:.+)#)\d+": ("problem_id", keys.PROBLEM_LIST_SHARDS),
    r"(PUB#)\d+": ("run_id", None),
}


@dataclass(frozen=True)
class Shape:
    """How the load on shared items is spread.

    timeline_shards: the timeline's shards, by default the declared number.
    cached: the share of reads of shared items (problems, test cases, lists, the timeline) that the service
    answers from its own memory.
    """

    timeline_shards: int = keys.TIMELINE_SHARDS
    cached: float = 0.0


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

    @property
    def address(self) -> IPv4Address:
        """The user's network address; most people have one of their own."""
        return IPv4Address(self.user_id % 2**32)


class ActorTouch(NamedTuple):
    """The units that a request is charged on one key, which depends on the actor.

    pk: a format of the key. id_field, shards: of the id that picks the shard.
    """

    resource: str
    pk: str
    id_field: str
    shards: int
    reads: float
    writes: float

    def key(self, actor: Actor) -> str | None:
        """The partition key; None for a tag or word that the actor's problem does not have."""
        try:
            return self.pk.format(a=actor, shard=getattr(actor, self.id_field) % self.shards)
        except IndexError:
            return None


def for_actors(calls: Iterable[Call], existing: Set[str], timeline_shards: int) -> list[ActorTouch]:
    """The touches of recorded calls for any actor.

    existing: the partition keys that had items before the calls, which tell what the calls created.
    """
    touches = [touch for call in calls for touch in call.touches]
    created = [t.pk for t in touches if t.writes and t.pk not in existing and _CREATED.fullmatch(t.pk)]
    actor_touches = []
    for resource, pk, reads, writes in touches:
        text, id_field, shards = pk, "new_id", 1
        for pattern, spread in _SPREAD.items() if writes else ():
            if re.fullmatch(pattern, pk):
                text = re.sub(pattern, r"\g<1>{shard}", pk)
                id_field, shards = "new_id" if created else spread[0], spread[1] or timeline_shards
        for pattern, replacement in _PARTS.items():
            text = re.sub(pattern, "{a.new_id}" if pk in created else replacement, text)
        actor_touches.append(ActorTouch(resource, text, id_field, shards, reads, writes))
    return actor_touches

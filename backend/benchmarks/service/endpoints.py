"""The three measured endpoints: their requests, who makes them, and what a right answer holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import JSON, PRODUCT
from benchmarks.lab import PeerFailed
from benchmarks.service.lab import DRF, ServiceLab
from benchmarks.service.population import READER, Population

PAGE = 20
LONG_PAGE = 10  # of the long history: MiniStack looks at all of its runs for a page, and its time is bounded
USES = 15  # of the 20 that the free plan allows a minute
RUNS_PATH = "/api/history/"


@dataclass(frozen=True)
class Endpoint:
    """An endpoint: the fixed part of its plan for the client, who asks, what is compared of an answer."""

    name: str
    title: str
    request: Callable[[Population], JSON]
    compared: Callable[[JSON], JSON]
    writes: bool = False

    def plan(self, population: Population, requests: int, warmup: int) -> JSON:
        """The plan without its tokens."""
        return {**self.request(population), "requests": requests, "warmup": warmup}

    def users(self, lab: ServiceLab, name: str, requests: int) -> list[int]:
        """Who makes so many requests of a service: for writing, people who have not done so there yet."""
        return lab.writers(name, -(-requests // USES)) if self.writes else [READER]


def _problems(population: Population) -> JSON:
    return {"paths": [f"/api/problems/{problem.id}/" for problem in population.problems], "status": 200}


def _page(_world: Population) -> JSON:
    return {"paths": [f"{RUNS_PATH}?limit={PAGE}"], "status": 200}


def _run(population: Population) -> JSON:
    return {"paths": [RUNS_PATH], "status": 201, "uses": USES, "body": json.dumps(population.new_run())}


def items_of(page: JSON) -> list[JSON]:
    """The entries of a page, which each framework names differently."""
    entries: list[JSON] = page["items"] if "items" in page else page["results"]
    return entries


def _without_its_own(run: JSON) -> JSON:
    """A new run without what differs each time."""
    return {name: value for name, value in run.items() if name not in ("history_id", "created_at")}


ENDPOINTS: Mapping[str, Endpoint] = {
    endpoint.name: endpoint
    for endpoint in (
        Endpoint("problem", "GET /api/problems/ID/", _problems, lambda problem: problem),
        Endpoint("history", "GET /api/history/?limit=20", _page, lambda page: {"items": items_of(page)}),
        Endpoint("record", "POST /api/history/", _run, _without_its_own, writes=True),
    )
}


def _says(actual: Any, expected: Any) -> bool:
    """Whether all that is expected is said, entry by entry and field by field."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(_says(actual.get(name), value) for name, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(actual) == len(expected) and all(map(_says, actual, expected))
    return bool(actual == expected)


def check_same(endpoint: Endpoint, answers: Mapping[str, Mapping[str, str]]) -> None:
    """Raises `PeerFailed` unless the product says all that its peer says, in the same words.

    `answers` are bodies by path, by service. The product may say more: the legacy schema lacks versions, and how a
    verdict is known.
    """
    if not {PRODUCT, DRF.name} <= answers.keys():
        return
    for path, text in answers[DRF.name].items():
        expected = endpoint.compared(json.loads(text))
        actual = endpoint.compared(json.loads(answers[PRODUCT][path]))
        different = {
            name: (actual.get(name), value)
            for name, value in expected.items()
            if not _says(actual.get(name), value)
        }
        if different:
            raise PeerFailed(f"{path}: the product and its peer differ: {str(different)[:1000]}")


def check_stored(lab: ServiceLab, name: str, token: str) -> None:
    """Raises `PeerFailed` unless the service lists all runs that somebody recorded."""
    from benchmarks.service.client import Plan

    request: dict[str, Any] = {"paths": [f"{RUNS_PATH}?limit=50"], "tokens": [token], "status": 200}
    page = lab.answer(name, Plan(port=lab.services[name].port, pid=0, requests=1, **request))
    if len(items_of(page)) != USES:
        raise PeerFailed(f"{name} lists {len(items_of(page))} runs of somebody who recorded {USES}")

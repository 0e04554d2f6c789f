"""The parts of `make bench-api`: what is asked of whom, how often, in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from benchmarks.figures import JSON, PRODUCT, Runs, interleaved
from benchmarks.lab import PeerFailed
from benchmarks.service.client import Plan
from benchmarks.service.endpoints import (
    ENDPOINTS,
    LONG_PAGE,
    RUNS_PATH,
    USES,
    Endpoint,
    check_same,
    check_stored,
    items_of,
)
from benchmarks.service.lab import APPLICATION, DATA, DRF, FLOOR, SERVER, DemoRows, ServiceLab
from benchmarks.service.population import FIRST_LONG_RUN, LONG_READER

SERVICES = (PRODUCT, DRF.name, SERVER.name)
DEMO = DemoRows(users=200, problems=200, history=5_000, usage=10_000)
LITTLE = DemoRows(users=5, problems=20, history=10, usage=10)


@dataclass(frozen=True)
class Sizes:
    """How much is done: requests a run, rounds of runs, pages of the long history, rows that lie beside."""

    rounds: int = 5
    requests: int = 800
    page_requests: int = 60
    warmup: int = 50
    clients: int = 4
    pages: int = 100
    demo: DemoRows = DEMO

    @classmethod
    def quick(cls) -> Sizes:
        """Enough to see that everything runs; the figures mean nothing."""
        return cls(rounds=1, requests=20, page_requests=4, warmup=USES, clients=2, pages=3, demo=LITTLE)

    @property
    def long_runs(self) -> int:
        """Runs of the long reader: the last measured page is full, and another follows."""
        return (self.pages + 1) * LONG_PAGE

    @property
    def writers(self) -> int:
        """People who record runs of the product: at two numbers of clients, and in three loops."""
        return self.rounds * (2 + 3) * ((self.requests + self.warmup) // USES + 1)


@dataclass(frozen=True)
class Section:
    """One part, by the name that `--only` takes."""

    name: str
    title: str
    measure: Callable[[ServiceLab, Sizes], dict[str, Runs]]


def _served(
    endpoint: Endpoint, sizes: Sizes, clients: int, lab: ServiceLab, answers: dict[str, Any], name: str
) -> JSON:
    """One run of one service; the server alone answers its own status to everything."""
    plan = endpoint.plan(lab.population, sizes.requests, sizes.warmup) | {"clients": clients}
    if name == SERVER.name:
        return _figures(lab.load(name, **plan | {"tokens": [""], "status": 200}))
    tokens = lab.tokens(name, endpoint.users(lab, name, sizes.requests + sizes.warmup))
    result = lab.load(name, **plan, tokens=tokens)
    answers[name] = result["answers"]
    if endpoint.writes:
        check_stored(lab, name, tokens[0])
    return _figures(result)


def _figures(result: JSON) -> JSON:
    return {name: value for name, value in result.items() if name != "answers"}


def _inside(endpoint: Endpoint, sizes: Sizes, lab: ServiceLab, program: str) -> JSON:
    """One run of the product's application, or of its data calls, in a loop."""
    users = endpoint.users(lab, PRODUCT, sizes.requests + sizes.warmup)
    plan = endpoint.plan(lab.population, sizes.requests, sizes.warmup)
    addressed = {**plan, "port": lab.services[PRODUCT].port, "pid": 0, "tokens": lab.tokens(PRODUCT, users)}
    return lab.inside(program, endpoint=endpoint.name, plan=addressed, users=users)


def endpoint_section(name: str, lab: ServiceLab, sizes: Sizes) -> dict[str, Runs]:
    """An endpoint with one client and with several; then its code and its data calls without a server."""
    endpoint = ENDPOINTS[name]
    runs_by_section: dict[str, Runs] = {}
    for key, clients in ((name, 1), (f"{name}_many", sizes.clients)):
        answers: dict[str, Any] = {}
        run = {
            service: partial(_served, endpoint, sizes, clients, lab, answers, service) for service in SERVICES
        }
        runs_by_section[key] = interleaved(sizes.rounds, run, f"{endpoint.title}, clients: {clients}")
        check_same(endpoint, answers)
    loops = {
        program: partial(_inside, endpoint, sizes, lab, program) for program in (APPLICATION, DATA, FLOOR)
    }
    inside = interleaved(sizes.rounds, loops, f"{endpoint.title}, without a server")
    _check_calls(endpoint, inside)
    return {**runs_by_section, f"{name}_inside": inside}


def _check_calls(endpoint: Endpoint, inside: Runs) -> None:
    """Raises `PeerFailed` if the loop of data calls does not make those that the endpoint makes."""
    call_lists = {
        tuple(calls) for program, runs in inside.items() for run in runs
        if (calls := run.pop("calls")) or program != FLOOR
    }  # fmt: skip
    if len(call_lists) != 1:
        raise PeerFailed(f"{endpoint.title} and the loop of its data calls make different ones: {call_lists}")


def _next_path(page: JSON) -> str:
    """Where the next page is: the product gives a cursor, its peer a whole address."""
    following = str(page["next"])
    if following.startswith("http"):
        parts = urlsplit(following)
        return f"{parts.path}?{parts.query}"
    return f"{RUNS_PATH}?limit={LONG_PAGE}&cursor={quote(following)}"


def _walk(lab: ServiceLab, name: str, token: str, pages: int) -> str:
    """The path of a late page, found as a reader finds it; the first and the last page are checked."""
    path = f"{RUNS_PATH}?limit={LONG_PAGE}"
    for number in range(1, pages + 1):
        plan = Plan(lab.services[name].port, 0, [path], [token], 200, 1)
        page = lab.answer(name, plan)
        newest = FIRST_LONG_RUN + lab.population.long_runs - 1 - (number - 1) * LONG_PAGE
        if [run["history_id"] for run in items_of(page)] != list(range(newest, newest - LONG_PAGE, -1)):
            raise PeerFailed(f"{name} answers the wrong runs on page {number}")
        if number < pages:
            path = _next_path(page)
    return path


def _page_run(
    lab: ServiceLab, sizes: Sizes, name: str, paths: Mapping[str, Mapping[str, str]], label: str
) -> JSON:
    token = lab.tokens(name, [LONG_READER])
    return _figures(
        lab.load(
            name, paths=[paths[name][label]], tokens=token, status=200, requests=sizes.page_requests, warmup=3
        )
    )


def _counts(lab: ServiceLab, path: str, page: int, units: Sequence[float]) -> JSON:
    """What the product's log says of the calls for a page, and what its items cost by their sizes."""
    marked = f"bench-api-page-{page}"
    lab.load(
        PRODUCT, paths=[path], tokens=lab.tokens(PRODUCT, [LONG_READER]), status=200, requests=3,
        headers=[f"X-Request-ID: {marked}"],
    )  # fmt: skip
    (logged,) = {(line["db_calls"], line["rcu"]) for line in lab.log_lines(PRODUCT, marked)}
    return {"calls": logged[0], "rcu_reported": logged[1], "rcu": units[page - 1]}


def pages(lab: ServiceLab, sizes: Sizes) -> dict[str, Runs]:
    """The first and a late page of a long history, in turn; the product's calls and RCU of both."""
    first = f"{RUNS_PATH}?limit={LONG_PAGE}"
    paths = {
        name: {"first": first, "late": _walk(lab, name, lab.tokens(name, [LONG_READER])[0], sizes.pages)}
        for name in (PRODUCT, DRF.name)
    }
    run = {
        f"{name} {label}": partial(_page_run, lab, sizes, name, paths, label)
        for name in paths
        for label in ("first", "late")
    }
    units = lab.page_units(LONG_READER, LONG_PAGE)
    counted = {
        "first": [_counts(lab, first, 1, units)],
        "late": [_counts(lab, paths[PRODUCT]["late"], sizes.pages, units)],
    }
    return {"pages": interleaved(sizes.rounds, run, "pages"), "pages_counts": counted}


SECTIONS = (
    *(Section(e.name, e.title, partial(endpoint_section, e.name)) for e in ENDPOINTS.values()),
    Section("pages", "the first and the hundredth page of a history", pages),
)


def measure(lab: ServiceLab, sizes: Sizes, chosen: Sequence[str]) -> dict[str, Runs]:
    """The chosen sections."""
    runs_by_section: dict[str, Runs] = {}
    for section in SECTIONS:
        if section.name in chosen:
            runs_by_section |= section.measure(lab, sizes)
    return runs_by_section

"""What `make bench-api` says: targets and how they came out, the tables, the method."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from benchmarks.figures import PRODUCT, Figures, Target, columns, number, target_table
from benchmarks.service.endpoints import ENDPOINTS
from benchmarks.service.lab import APPLICATION, DATA, DRF, FLOOR, SERVER
from benchmarks.service.sections import SERVICES

METHOD = """\
Both services run behind gunicorn with one worker of four threads, DEBUG off, at the same time on one machine, and are
asked in turn (A, B, C, A, B, C, ...); medians of the rounds count. The peer's worker is gunicorn's gthread; that of
the product and of gunicorn alone is the one that the product ships, which extends gthread. A client in a process of
its own keeps its connections alive, sends the same requests to both, with a Bearer JWT, and checks every answer; what
the product answers is compared with what its peer answers, field by field. CPU is that of the worker process, user and
system, all its threads, by the kernel's clock of that process, after a warm-up. The peer is written the ordinary way:
Django REST Framework (JSON only, model serializers, cursor pages), Django's ORM with PyMySQL on MariaDB over
persistent connections, the middleware of `startproject`, no access log; a token's user is loaded, as simplejwt does; a
use is admitted by counting the day's rows and adding one in a transaction, without a lock. The product runs as it
ships, with its line of log for each request, before MiniStack. MariaDB is filled with the demonstration and moved into
the table, so that both hold the same rows; the reader has 40 runs, as the demonstration's people have on average. A
run that is recorded has the results of ten test cases; each person records 15. "gunicorn" is the server with an
application that answers two kilobytes at once. Without a server, the product's WSGI application runs in a loop, and so
do, in a process of their own, the repository calls that the endpoint makes, against the same engine; the difference is
the framework's and our own code. The floor is a Django view without middleware that answers the same bytes and makes
no call, in such a loop: what Django itself takes. Calls of a page are those that the request's log line counts; RCU
follow from the sizes of its items by DynamoDB's rules, as MiniStack reports half a unit for any page. MiniStack sorts
all runs of a person for every page, which takes time, but none of the worker's CPU; requests a second and times tell
of the engines as well."""

# By endpoint: the worker's CPU against the peer's, and microseconds of the framework and our own code.
_LIMITS = {"problem": (0.30, 200.0), "history": (0.30, 400.0), "record": (0.35, 350.0)}
_LATE = 1.15


def own_code(figures: Figures, endpoint: str) -> float | None:
    """Microseconds of CPU that a request takes above its data calls, the server apart."""
    total = figures.median(f"{endpoint}_inside", APPLICATION, "cpu")
    data = figures.median(f"{endpoint}_inside", DATA, "cpu")
    return None if total is None or data is None else total - data


def targets(figures: Figures, sections: Collection[str], pages: int) -> list[Target]:
    """What is to be reached in these sections, with what was measured of it."""
    every = []
    for name, endpoint in ENDPOINTS.items():
        limit, own_limit = _LIMITS[name]
        ratio = figures.ratio(name, DRF.name, "cpu")
        title = f"{endpoint.title}, the worker's CPU"
        every.append(Target(name, "cpu", title, "DRF and ORM on MariaDB", "ratio", ratio, limit))
        own = own_code(figures, name)
        title = f"{endpoint.title}, framework and own code"
        every.append(Target(name, "own", title, "its data calls", "us", own, own_limit))
        for value, section, clients in (("rate", name, "1 client"), ("rate_many", f"{name}_many", "several")):
            rate = figures.ratio(section, DRF.name, "rate")
            title = f"{endpoint.title}, requests/s, {clients}"
            every.append(
                Target(name, value, title, "DRF and ORM on MariaDB", "ratio", rate, 1, at_most=False)
            )
    for value, figure in (("calls", "data calls"), ("rcu", "RCU")):
        quotient = figures.quotient("pages_counts", value, "late", "first")
        every.append(Target("pages", value, f"page {pages}, {figure}", "page 1", "ratio", quotient, 1))
    late = figures.quotient("pages", "cpu", f"{PRODUCT} late", f"{PRODUCT} first")
    every.append(Target("pages", "cpu", f"page {pages}, the worker's CPU", "page 1", "ratio", late, _LATE))
    return [target for target in every if target.section in sections]


_HEADING = ["service", "CPU, us", "requests/s", "p50, ms", "p99, ms"]


def _row(figures: Figures, section: str, name: str, title: str) -> list[str]:
    values = [
        (value, ",.0f" if value in ("cpu", "rate") else ",.2f") for value in ("cpu", "rate", "p50", "p99")
    ]
    return [title, *(number(figures.median(section, name, value), digits) for value, digits in values)]


def _endpoint_table(figures: Figures, endpoint: str, clients: int) -> str:
    rows = [_HEADING]
    for section, suffix in ((endpoint, "1 client"), (f"{endpoint}_many", f"{clients} clients")):
        for name in SERVICES:
            label = f"{name} alone" if name == SERVER.name else name
            rows.append(_row(figures, section, name, f"{label}, {suffix}"))
    return f"{ENDPOINTS[endpoint].title}\n{columns(rows)}"


def _inside_table(figures: Figures, endpoints: Sequence[str]) -> str:
    """Where the worker's CPU goes."""
    rows = [[
        "CPU, us", "worker", "gunicorn alone", "application", "data calls", "framework and own code", "floor",
    ]]  # fmt: skip
    for name in endpoints:
        parts = [
            figures.median(name, PRODUCT, "cpu"),
            figures.median(name, SERVER.name, "cpu"),
            figures.median(f"{name}_inside", APPLICATION, "cpu"),
            figures.median(f"{name}_inside", DATA, "cpu"),
            own_code(figures, name),
            figures.median(f"{name}_inside", FLOOR, "cpu"),
        ]
        rows.append([ENDPOINTS[name].title, *(number(part) for part in parts)])
    return f"The product, in parts\n{columns(rows)}"


def _pages_table(figures: Figures, pages: int) -> str:
    rows = [[*_HEADING, "calls", "RCU", "RCU, MiniStack"]]
    for name in (PRODUCT, DRF.name):
        for label, page in (("first", 1), ("late", pages)):
            counts = [
                number(figures.median("pages_counts", label, value), "g") if name == PRODUCT else ""
                for value in ("calls", "rcu", "rcu_reported")
            ]
            rows.append([*_row(figures, "pages", f"{name} {label}", f"{name}, page {page}"), *counts])
    return f"A history of {pages + 1} pages\n{columns(rows)}"


def text(figures: Figures, reached: Sequence[Target], *, clients: int, pages: int) -> str:
    """The whole result, for people."""
    measured = [name for name in ENDPOINTS if name in figures.runs]
    parts = [target_table(reached), *(_endpoint_table(figures, name, clients) for name in measured)]
    if measured:
        parts.append(_inside_table(figures, measured))
    if "pages" in figures.runs:
        parts.append(_pages_table(figures, pages))
    return "\n\n".join([*parts, f"Method: {METHOD}"])

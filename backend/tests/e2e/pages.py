"""Every page of the site, and who looks at it: what is tested on each page is tested on these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.e2e.population import Population

Place = Callable[[Population], dict[str, Any]]


def _nowhere(_population: Population) -> dict[str, Any]:
    return {}


class SitePage(NamedTuple):
    """A page: its URL name (or its path), who looks at it (None: nobody known), the arguments of its address."""

    name: str
    who: str | None = None
    place: Place = _nowhere
    query: str = ""
    called: str = ""
    status: int = 200

    @property
    def title(self) -> str:
        """What tests and pictures call it."""
        return self.called or self.name

    def address(self, population: Population) -> str:
        """Where it is."""
        if self.name.startswith("/"):
            return self.name
        return reverse(self.name, kwargs=self.place(population)) + self.query


def _problem(population: Population) -> dict[str, Any]:
    return {"problem_id": population.problem_id}


def _case(population: Population) -> dict[str, Any]:
    return {"problem_id": population.problem_id, "case_id": population.case_id}


def _draft(population: Population) -> dict[str, Any]:
    return {"problem_id": population.draft_id}


def _run(population: Population) -> dict[str, Any]:
    return {"history_id": population.run_id}


def _public_run(population: Population) -> dict[str, Any]:
    return {"history_id": population.public_run_id}


PAGES = (
    SitePage("home", called="welcome"),
    SitePage("home", "gina"),
    SitePage("my-notes", "gina"),
    SitePage("note", "gina", _problem),
    SitePage("problems"),
    SitePage("problems", "alice", query="?words=lanterns", called="problems-found"),
    SitePage("problems", query="?words=nothing+of+this", called="problems-none"),
    SitePage("problem", None, _problem),
    SitePage("problem", "alice", _problem, called="problem-signed-in"),
    SitePage("problem-cases", "alice", _problem),
    SitePage("solutions", "charlie", _problem),
    SitePage("solutions", None, _problem, query="?show=anyway", called="solutions-shown"),
    SitePage("person", None, lambda population: {"user_id": population.users["bob"]}),
    SitePage("sign-in"),
    SitePage("record-run", "alice", _problem),
    SitePage("my-runs", "alice"),
    SitePage("my-runs", "charlie", called="my-runs-none"),
    SitePage("run", "alice", _run),
    SitePage("run", None, _public_run, called="run-of-another"),
    SitePage("delete-run", "alice", _run),
    SitePage("timeline"),
    SitePage("hints", "alice", _run),
    SitePage("problem-hints", "charlie", _problem),
    SitePage("account", "alice"),
    SitePage("delete-account", "alice"),
    SitePage("/no/such/page/", "alice", called="missing", status=404),
    SitePage("staff", "dora"),
    SitePage("staff-problems", "dora"),
    SitePage("staff-new-problem", "dora"),
    SitePage("staff-problem", "dora", _draft),
    SitePage("staff-statement", "dora", lambda population: {**_problem(population), "language": "ko"}),
    SitePage("staff-hint-gaps", "dora"),
    SitePage("staff-cases", "dora", _problem),
    SitePage("staff-case", "dora", _case),
    SitePage("staff-case-delete", "dora", _case),
    SitePage("staff-publish", "dora", _draft),
    SitePage("staff-retire", "dora", _problem),
    SitePage("staff-users", "dora"),
    SitePage("staff-user", "dora", lambda population: {"user_id": population.users["alice"]}),
    SitePage("staff-plans", "dora"),
    SitePage("staff-plan", "dora", lambda population: {"plan_id": population.plan_id}),
    SitePage("staff-users", "dora", query="?who=example", called="staff-users-found"),
    SitePage("staff-audit", "dora"),
)
# Addresses that show no page of their own: they take a form, lead elsewhere, or give a file.
NO_PAGES = {
    "robots", "random-problem", "case-text", "development-sign-in", "development-link", "google-sign-in",
    "google-callback", "sign-out", "sign-out-everywhere", "language", "theme", "spoilers", "run-visibility", "export",
    "end-session", "create-token", "revoke-token", "case-archive", "public-profile", "runner",
    "run-cases", "record-from-browser", "bookmark", "reviewed", "time-zone",
}  # fmt: skip


def names_of_the_site() -> set[str]:
    """The URL names of all that is not the API's."""
    return set(_names(get_resolver().url_patterns))


def _names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "api":
                yield from _names(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name

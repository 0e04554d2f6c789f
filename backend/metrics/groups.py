"""The names of groups: routes by area, calls by operation and index, decisions by action, plan and outcome."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

Outcome = Literal["allowed", "denied", "denied from memory", "allowed locally", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("allowed", "denied", "denied from memory", "allowed locally", "refused")

ROUTE, CALL, LIMIT, JOB, SHADOW = "route", "call", "limit", "job", "shadow"
# How the comparison of a shadow read ended.
SHADOW_OUTCOMES = ("equal", "different", "failed", "skipped")
_SAFE = ("GET", "HEAD", "OPTIONS")


@lru_cache(maxsize=1024)
def route_group(route: str | None, method: str | None) -> str:
    """The group of a request: `route api problems`, or `route page runs, write` for a method that changes something.

    route: Django's pattern of the matched address; None for an address that does not exist.
    """
    if route is None:
        return f"{ROUTE} unknown address"
    kind, area = "page", route
    if route.startswith("api/"):
        kind, area = "api", route.removeprefix("api/")
    area = area.partition("/")[0].partition("<")[0] or "problems"
    return f"{ROUTE} {kind} {area}{'' if method in _SAFE else ', write'}"


@lru_cache(maxsize=256)
def call_group(operation: str, index: str | None) -> str:
    """The group of a data call: `call Query GSI1`."""
    return f"{CALL} {operation}" if index is None else f"{CALL} {operation} {index}"


@lru_cache(maxsize=1024)
def limit_group(action: str, plan_id: int | None, outcome: Outcome) -> str:
    """The group of a decision of the limiter: `limit hint/2/denied`; plan 0 stands for none."""
    return f"{LIMIT} {action}/{plan_id or 0}/{outcome}"


def parts_of_limit(group: str) -> tuple[str, str, str]:
    """Action, plan and outcome of a `limit_group`."""
    action, plan, outcome = group.removeprefix(f"{LIMIT} ").split("/", 2)
    return action, plan, outcome


@lru_cache(maxsize=256)
def shadow_group(path: str, used: str, shadow: str, outcome: str) -> str:
    """The group of a shadow read: `shadow sign_in/email_guard/gsi1_query/equal`."""
    return f"{SHADOW} {path}/{used}/{shadow}/{outcome}"


def parts_of_shadow(group: str) -> tuple[str, str, str, str]:
    """Path, used and other strategy, and outcome of a `shadow_group`."""
    path, used, shadow, outcome = group.removeprefix(f"{SHADOW} ").split("/", 3)
    return path, used, shadow, outcome


def job_group(name: str) -> str:
    """The group of a background job: `job erasure`."""
    return f"{JOB} {name}"

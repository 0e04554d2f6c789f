"""The audit log page, with filters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from api.composition import repositories
from web.staff.audit_lines import ACTIONS, TARGETS, lines_of, name_of
from web.staff.listing import cursor_of, pager
from web.staff.users import find_user
from web.visitors import staff

_PAGE = 25
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
_NUMBER = re.compile(r"\d{1,16}")


class AuditFilters(NamedTuple):
    """What of the log is shown, as typed: `by` is an address or id, `kind` and `number` are the target's."""

    by: str
    action: str
    kind: str
    number: str
    month: str

    @classmethod
    def of(cls, query: Mapping[str, str]) -> AuditFilters:
        """The filters of a URL; what cannot be one is ignored."""
        texts = {name: query.get(name, "").strip()[:254] for name in cls._fields}
        if texts["kind"] not in TARGETS:
            texts["kind"] = texts["number"] = ""
        if not _NUMBER.fullmatch(texts["number"]):
            texts["number"] = ""
        if not _MONTH.fullmatch(texts["month"]):
            texts["month"] = ""
        return cls(**texts)

    @property
    def is_any(self) -> bool:
        """Whether something is filtered."""
        return any(self)

    @property
    def target(self) -> str | None:
        """The target as the log has it."""
        return f"{self.kind} {int(self.number)}" if self.number else self.kind or None


@staff
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """The changes made by staff that match the filters, newest first. Cost as `list_audit` and `lines_of`."""
    filters = AuditFilters.of(request.GET)
    member = find_user(filters.by) if filters.by else None
    context: dict[str, Any] = {
        "area": "audit", "filters": filters, "unknown_by": bool(filters.by) and member is None,
        "by_name": name_of(member, member["user_id"]) if member else "",
        "actions": _titled_actions(filters.action),
        "kinds": [(kind, title) for kind, title in _kinds().items()],
        "months": repositories().audit.list_months(),
    }  # fmt: skip
    if not context["unknown_by"]:
        scope = "audit|" + "|".join(filters)
        page = repositories().audit.list_audit(
            limit=_PAGE, cursor=cursor_of(request, scope), staff_id=member["user_id"] if member else None,
            action=filters.action or None, target=filters.target, month=filters.month or None,
        )  # fmt: skip
        context |= {"lines": lines_of(page.items), **pager(request, scope, page)}
    return render(request, "web/staff/audit.html", context)


def _kinds() -> dict[str, str]:
    return {"user": _("User"), "problem": _("Problem"), "plan": _("Plan")}


def _titled_actions(chosen: str) -> list[tuple[str, str]]:
    """The actions to choose from, the chosen one among them."""
    kinds = {**_kinds(), "test_cases": _("Test cases"), "test_case": _("Test case")}
    names = [*ACTIONS, *([chosen] if chosen and chosen not in ACTIONS else ())]
    return [(name, f"{kinds.get(name.partition('.')[0], '')} · {ACTIONS.get(name, name)}") for name in names]

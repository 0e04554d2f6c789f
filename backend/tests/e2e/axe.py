"""axe-core on a page: the rules of WCAG 2.2 AA and good practice."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# The size of what is touched is a rule of WCAG 2.2 that axe asks for only when told to.
_OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
_axe = Axe()


def violations(page: Page) -> list[str]:
    """Every rule that the page breaks, each with the elements and why."""
    found: list[Any] = _axe.run(page, options=_OPTIONS).response["violations"]
    return [
        f"{rule['id']} ({rule['help']}): {node['target']} {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]

"""What pages call the steps of a ladder of hints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

STEP_NAMES: Mapping[str, Any] = {
    "nudge": gettext_lazy("Nudge"),
    "approach": gettext_lazy("Approach"),
    "outline": gettext_lazy("Outline"),
    "solution": gettext_lazy("Solution"),
}
STEP_ABOUT: Mapping[str, Any] = {
    "nudge": gettext_lazy("A nudge in the right direction."),
    "approach": gettext_lazy("The key idea behind the solution."),
    "outline": gettext_lazy("The solution step by step, without code."),
    "solution": gettext_lazy("A complete solution in code."),
}

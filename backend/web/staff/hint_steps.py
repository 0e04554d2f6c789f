"""What the forms of a problem's hints have in common."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from api.hints.ladder import HINT_STEPS


class HintStepsForm(forms.Form):
    """A form with a field for each of `HINT_STEPS`."""

    def clean(self) -> dict[str, Any]:
        """The values. A hint step requires the steps before it."""
        values = super().clean() or {}
        for earlier, later in pairwise(HINT_STEPS):
            if values.get(later, "").strip() and not values.get(earlier, "").strip():
                self.add_error(earlier, _("Fill in this step before the later ones."))
        return values

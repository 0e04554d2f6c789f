"""The form of a plan: its name and how many uses a day it has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from api.staff.plans import MAX_NAME, MAX_USES

LISTED = ("name", "max_hints_per_day", "max_executions_per_day")


class PlanForm(forms.Form):
    """A plan as staff write it."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)
    max_hints_per_day = forms.IntegerField(label=_("Hints a day"), min_value=0, max_value=MAX_USES)
    max_executions_per_day = forms.IntegerField(label=_("Executions a day"), min_value=0, max_value=MAX_USES)
    is_active = forms.BooleanField(
        label=_("Offered"), required=False,
        help_text=_("Who has a plan that is not offered has the limits that the service starts with."),
    )  # fmt: skip

    def changes(self) -> dict[str, Any]:
        """The fields that were changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

"""The form of a plan: its name and its daily limits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from api.http.errors import field_error
from api.http.text_rules import InvalidText, checked_name
from api.staff.plans import MAX_NAME, MAX_USES

LISTED = ("name", "max_hints_per_day", "max_executions_per_day")


class PlanForm(forms.Form):
    """The fields of a plan."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)
    max_hints_per_day = forms.IntegerField(label=_("Hints per day"), min_value=0, max_value=MAX_USES)
    max_executions_per_day = forms.IntegerField(label=_("Runs per day"), min_value=0, max_value=MAX_USES)
    is_active = forms.BooleanField(
        label=_("Active"), required=False,
        help_text=_("Users on an inactive plan get the default limits."),
    )  # fmt: skip

    def clean_name(self) -> str:
        """The name as it is stored."""
        try:
            return checked_name(self.cleaned_data["name"], MAX_NAME)
        except InvalidText as invalid:
            message = field_error("name", invalid.code, **invalid.parameters).message(gettext)
            raise forms.ValidationError(message, code=invalid.code) from None

    def changes(self) -> dict[str, Any]:
        """The changed fields."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

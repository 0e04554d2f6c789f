"""The form of a user: plan, account status and staff access."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from api.dynamodb.schema.records import Plan, User

FIELDS = ("subscription_plan_id", "is_active", "is_staff")


class UserForm(forms.Form):
    """The fields of a user that staff may change."""

    subscription_plan_id = forms.TypedChoiceField(
        label=_("Plan"), required=False, coerce=int, empty_value=None
    )
    is_active = forms.BooleanField(
        label=_("Active"), required=False,
        help_text=_("Deactivated users can't sign in, and their sessions end."),
    )  # fmt: skip
    is_staff = forms.BooleanField(
        label=_("Staff access"),
        required=False,
        help_text=_("Staff can view and change everything in this area."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, plans: Iterable[Plan], user: User, *arguments: Any, **how: Any) -> None:
        super().__init__(*arguments, **how)
        self._user = user
        choices = {"": gettext("no plan"), **{str(plan["plan_id"]): title_of(plan) for plan in plans}}
        plan_id = user["subscription_plan_id"]
        if plan_id is not None:
            choices.setdefault(str(plan_id), gettext("plan %(number)s (deleted)") % {"number": plan_id})
        field = self.fields["subscription_plan_id"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (it is declared so above)
        field.choices = list(choices.items())

    def changes(self) -> dict[str, Any]:
        """The changed fields."""
        return {name: self.cleaned_data[name] for name in FIELDS if name in self.changed_data}


def title_of(plan: Plan) -> str:
    """The plan's name in the list of choices."""
    return plan["name"] if plan["is_active"] else gettext("%(name)s (inactive)") % {"name": plan["name"]}


def initial_of(user: User) -> dict[str, Any]:
    """The form's initial values for a stored user."""
    return {
        "subscription_plan_id": user["subscription_plan_id"],
        "is_active": user["is_active"],
        "is_staff": user["is_staff"],
        "version": user["version"],
    }

"""The form of a user: plan, whether the account is open, and the staff right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from api.dynamodb.repositories.records import Plan, User

FIELDS = ("subscription_plan_id", "is_active", "is_staff")


class UserForm(forms.Form):
    """What staff may change of a user."""

    subscription_plan_id = forms.TypedChoiceField(
        label=_("Plan"), required=False, coerce=int, empty_value=None
    )
    is_active = forms.BooleanField(
        label=_("The account is open"), required=False,
        help_text=_("A closed account cannot sign in; its sessions end."),
    )  # fmt: skip
    is_staff = forms.BooleanField(
        label=_("Staff right"), required=False, help_text=_("Staff see and change all that these pages show.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, plans: Iterable[Plan], user: User, *arguments: Any, **how: Any) -> None:
        super().__init__(*arguments, **how)
        self._user = user
        choices = {"": _g("no plan"), **{str(plan["plan_id"]): title_of(plan) for plan in plans}}
        held = user["subscription_plan_id"]
        if held is not None:
            choices.setdefault(str(held), _g("plan %(number)s, which is gone") % {"number": held})
        field = self.fields["subscription_plan_id"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (it is declared so above)
        field.choices = list(choices.items())

    def changes(self) -> dict[str, Any]:
        """The fields that were changed."""
        return {name: self.cleaned_data[name] for name in FIELDS if name in self.changed_data}


def title_of(plan: Plan) -> str:
    """How a plan is called where it is chosen."""
    return plan["name"] if plan["is_active"] else _g("%(name)s (not offered)") % {"name": plan["name"]}


def initial_of(user: User) -> dict[str, Any]:
    """A stored user as the form shows it."""
    return {
        "subscription_plan_id": user["subscription_plan_id"],
        "is_active": user["is_active"],
        "is_staff": user["is_staff"],
        "version": user["version"],
    }

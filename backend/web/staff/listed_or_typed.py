"""A form field whose value is chosen from a list, or typed under "Other…"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

OTHER = "~other"


class ListedOrTypedInput(forms.Select):
    """A list that ends with "Other…", and beside it an input, which is shown only while that is chosen.

    The input's name ends with `_other`. A value that is not on the list is shown in it.
    """

    typed_label: Any = ""
    max_length: int = 100

    def _is_listed(self, value: str) -> bool:
        return any(
            value
            in (str(choice[0]) for choice in (group[1] if isinstance(group[1], list | tuple) else [group]))
            for group in self.choices
        )

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The list and the input."""
        text = str(value or "")
        chosen, typed = (text, "") if self._is_listed(text) else (OTHER, text)
        html_id = (attrs or {}).get("id", f"id_{name}")
        return format_html(
            '{}<span class="typed"><label for="{id}_other">{label}</label>'
            '<input type="text" name="{name}_other" id="{id}_other" value="{typed}" maxlength="{most}"></span>',
            super().render(name, chosen, attrs, renderer),
            id=html_id, label=self.typed_label, name=name, typed=typed, most=self.max_length,
        )  # fmt: skip

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """The chosen value, or the typed one if "Other…" is chosen."""
        chosen = super().value_from_datadict(data, files, name)
        return data.get(f"{name}_other", "") if chosen == OTHER else chosen


class ListedOrTyped(forms.CharField):
    """A text from a list, or another one.

    choices: pairs of value and title, or of a group's title and its pairs.
    typed_label: names the input for other values.
    """

    def __init__(self, *, choices: list[Any], typed_label: Any, max_length: int, **how: Any) -> None:
        widget = ListedOrTypedInput(choices=[("", "—"), *choices, (OTHER, _("Other…"))])
        widget.typed_label, widget.max_length = typed_label, max_length
        super().__init__(widget=widget, max_length=max_length, **how)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """None: a list has no length."""
        return {}

"""Form fields of the staff pages, and rows that show the stored value after a conflict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

from django import forms
from django.forms import BoundField


class Text(forms.CharField):
    """A multi-line text, kept unchanged except for CR LF line ends; it is never None."""

    def __init__(self, *, rows: int = 4, is_code: bool = False, **how: Any) -> None:
        attributes: dict[str, Any] = {"rows": rows}
        if is_code:
            attributes |= {"class": "code", "spellcheck": "false", "autocapitalize": "off", "wrap": "off"}
        super().__init__(strip=False, required=False, widget=forms.Textarea(attributes), **how)

    def to_python(self, value: Any) -> str:
        """The text."""
        return str(super().to_python(value)).replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the text changed, apart from line ends and trailing empty lines."""
        return self.to_python(data).rstrip("\n") != (initial or "").replace("\r\n", "\n").rstrip("\n")


class Tags(forms.CharField):
    """A list of short texts, separated by commas."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """The texts without duplicates."""
        if isinstance(value, list):
            return value
        parts = (part.strip() for part in str(super().to_python(value)).split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def prepare_value(self, value: Any) -> Any:
        """The texts as the input shows them."""
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def validate(self, value: Any) -> None:
        """Accepts any number of texts."""

    def run_validators(self, value: Any) -> None:
        """Leaves validation to the service."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the texts or their order changed."""
        return self.to_python(data) != (initial if isinstance(initial, list) else [])


class Row(NamedTuple):
    """A form field, and the stored value if it differs from the input."""

    field: BoundField
    stored: str | None

    @property
    def is_check(self) -> bool:
        """Whether the field is a checkbox."""
        return isinstance(self.field.field, forms.BooleanField)


def rows(form: forms.Form, names: Iterable[str], stored: Mapping[str, Any] | None = None) -> list[Row]:
    """The named fields of a form; after a conflict, `stored` has the stored values to show next to them."""
    form_rows = []
    for name in names:
        field = form[name]
        was = None
        if stored is not None and field.field.has_changed(stored.get(name), field.data):
            was = _shown(field.field, stored.get(name))
        form_rows.append(Row(field, was))
    return form_rows


def _shown(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.ChoiceField):
        titles = {str(key): str(title) for key, title in cast("Iterable[tuple[Any, Any]]", field.choices)}
        return titles.get(str(value), str(value or ""))
    return str(field.prepare_value(value) or "")


def add_faults(form: forms.Form, faults: Iterable[tuple[str, str]]) -> None:
    """Adds the service's errors to the form's fields, and those without a field to the form."""
    for location, message in faults:
        name = location.rpartition(".")[2] if "." in location else location
        form.add_error(name if name in form.fields else None, message)

"""Fields of staff's forms, and how a form shows what is stored beside what was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

from django import forms
from django.forms import BoundField


class Text(forms.CharField):
    """A text of several lines, taken as it is but for the line ends of browsers; nothing is None."""

    def __init__(self, *, rows: int = 4, is_code: bool = False, **how: Any) -> None:
        attributes: dict[str, Any] = {"rows": rows}
        if is_code:
            attributes |= {"class": "code", "spellcheck": "false", "autocapitalize": "off", "wrap": "off"}
        super().__init__(strip=False, required=False, widget=forms.Textarea(attributes), **how)

    def to_python(self, value: Any) -> str:
        """The text."""
        return str(super().to_python(value)).replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether it is another text; a browser's line ends and an empty line at the end make none."""
        return self.to_python(data).rstrip("\n") != (initial or "").replace("\r\n", "\n").rstrip("\n")


class Tags(forms.CharField):
    """Short texts, separated by commas."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """The texts, each once."""
        if isinstance(value, list):
            return value
        parts = (part.strip() for part in str(super().to_python(value)).split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def prepare_value(self, value: Any) -> Any:
        """The texts as they are typed."""
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def validate(self, value: Any) -> None:
        """Any number of them will do."""

    def run_validators(self, value: Any) -> None:
        """The service checks each of them."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether they are others, or in another order."""
        return self.to_python(data) != (initial if isinstance(initial, list) else [])


class Row(NamedTuple):
    """A field of a form, and what is stored of it where that differs from what was typed; None where not."""

    field: BoundField
    stored: str | None

    @property
    def is_check(self) -> bool:
        """Whether it is a box to be checked."""
        return isinstance(self.field.field, forms.BooleanField)


def rows(form: forms.Form, names: Iterable[str], stored: Mapping[str, Any] | None = None) -> list[Row]:
    """Fields of a form by name; with `stored`, after a conflict, each with what it would have shown of that."""
    found = []
    for name in names:
        field = form[name]
        was = None
        if stored is not None and field.field.has_changed(stored.get(name), field.data):
            was = _shown(field.field, stored.get(name))
        found.append(Row(field, was))
    return found


def _shown(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.ChoiceField):
        titles = {str(key): str(title) for key, title in cast("Iterable[tuple[Any, Any]]", field.choices)}
        return titles.get(str(value), str(value or ""))
    return str(field.prepare_value(value) or "")


def add_faults(form: forms.Form, faults: Iterable[tuple[str, str]]) -> None:
    """Puts what the service says of its fields beside those of the form, and the rest above them."""
    for place, message in faults:
        name = place.rpartition(".")[2] if "." in place else place
        form.add_error(name if name in form.fields else None, message)

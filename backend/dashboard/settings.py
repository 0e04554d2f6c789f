"""Numbers that a section of Streamlit's secrets sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from dashboard.errors import Unreadable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def read_settings(defaults: T, secrets: Mapping[str, Any], name: str) -> T:
    """A dataclass of numbers with what the section sets. Raises `Unreadable` for one that is no number."""
    configured = secrets.get(name)
    section: Mapping[str, Any] = configured if isinstance(configured, Mapping) else {}
    overrides: dict[str, float] = {}
    for field in fields(defaults):
        try:
            if field.name in section:
                overrides[field.name] = float(section[field.name])
        except (TypeError, ValueError):
            raise Unreadable(
                f"The threshold {field.name} is not a number", "Correct it in .streamlit/secrets.toml."
            ) from None
    return replace(defaults, **overrides)

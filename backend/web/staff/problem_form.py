"""The form of a problem: every field that staff write, with the steps of its hints one by one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from api.dynamodb.repositories.records import Problem
from api.history.languages import LANGUAGES
from api.problems.models import tags_of
from web.staff.fields import Tags, Text

STEPS = ("nudge", "approach", "outline")
BASICS = ("platform", "problem_number", "title", "url", "difficulty", "tags")
LIMITS = ("time_limit", "memory_limit")
SOLUTION = ("language", "solution_code")
_LANGUAGES = [("", "—"), *((name, language.title) for name, language in LANGUAGES.items())]


class ProblemForm(forms.Form):
    """A problem as staff write it; `version` is the one that the form was filled from, empty for a new one."""

    platform = forms.CharField(label=_("Platform"), max_length=100, help_text=_("As in baekjoon, leetcode."))
    problem_number = forms.CharField(label=_("Number on the platform"), max_length=100)
    title = forms.CharField(label=_("Title"), max_length=300)
    url = forms.URLField(
        label=_("Address of the statement"), required=False, max_length=2000, assume_scheme="https"
    )
    difficulty = forms.CharField(label=_("Difficulty"), required=False, max_length=100)
    tags = Tags(label=_("Tags"), required=False, help_text=_("Separated by commas."))
    time_limit = forms.FloatField(
        label=_("Time limit in seconds"), required=False, min_value=0.001, max_value=3_600
    )
    memory_limit = forms.IntegerField(
        label=_("Memory limit in MB"), required=False, min_value=1, max_value=1_000_000
    )
    constraints = Text(label=_("Constraints"))
    nudge = Text(label=_("Nudge"), rows=3, help_text=_("The first step: where to look."))
    approach = Text(label=_("Approach"), rows=4, help_text=_("The second step: which idea leads there."))
    outline = Text(
        label=_("Outline"), rows=6, help_text=_("The third step: what to do, one thing after another.")
    )
    language = forms.ChoiceField(
        label=_("Language of the solution"), required=False,
        choices=_LANGUAGES,
    )  # fmt: skip
    solution_code = Text(
        label=_("Solution"), rows=14, is_code=True, help_text=_("The last step, if there is one.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *arguments: Any, **how: Any) -> None:
        super().__init__(*arguments, **how)
        known = (self.initial or {}).get("language")
        field = self.fields["language"]
        if known and isinstance(field, forms.ChoiceField) and known not in LANGUAGES:
            field.choices = [*_LANGUAGES, (known, known)]

    def clean(self) -> dict[str, Any]:
        """The values; a step of the hints needs those before it."""
        values = super().clean() or {}
        for earlier, later in pairwise(STEPS):
            if values.get(later, "").strip() and not values.get(earlier, "").strip():
                self.add_error(earlier, _("A later step is written: this one comes before it."))
        if values.get("solution_code", "").strip() and not values.get("language"):
            self.add_error("language", _("Say which language the solution is in."))
        return values

    def record(self) -> dict[str, Any]:
        """All fields as a new problem has them; empty ones are None."""
        return record_of(self.cleaned_data)

    def changes(self) -> dict[str, Any]:
        """The fields that were changed, as the problem has them."""
        changed = set(self.changed_data)
        whole = record_of(self.cleaned_data)
        return {
            name: value
            for name, value in whole.items()
            if name in changed or (name == "hints" and changed & set(STEPS))
        }


def record_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The form's values as fields of a problem."""
    found = {name: values.get(name) or None for name in (*BASICS, *LIMITS, "constraints", *SOLUTION)}
    found["tags"] = values.get("tags") or []
    texts = [str(values.get(step) or "").strip() for step in STEPS]
    found["hints"] = [text for text in texts if text]
    return found


def initial_of(problem: Problem) -> dict[str, Any]:
    """A stored problem as the form shows it."""
    hints = problem["hints"]
    texts = [text.strip() for text in hints if isinstance(text, str)] if isinstance(hints, list) else []
    texts = [text for text in texts if text]
    steps = [*texts[:2], "\n\n".join(texts[2:])]
    return {
        **{name: problem[name] for name in (*BASICS, *LIMITS, "constraints", *SOLUTION)},  # type: ignore[literal-required]
        "tags": tags_of(problem),
        **dict.fromkeys(STEPS, ""),
        **dict(zip(STEPS, steps, strict=False)),
        "version": problem["version"],
    }

"""The form of a problem, with one field for each hint step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from api.dynamodb.schema.records import Problem
from api.hints.ladder import HINT_STEPS, hint_texts
from api.history.languages import LANGUAGES
from api.problems import validation as rules
from api.problems.models import tags_of
from api.problems.platforms import PLATFORMS
from web.staff.fields import Tags, Text
from web.staff.hint_steps import HintStepsForm
from web.staff.listed_or_typed import ListedOrTyped

BASICS = ("platform", "problem_number", "title", "url", "difficulty", "tags")
LIMITS = ("time_limit", "memory_limit")
SOLUTION = ("language", "solution_code")
_LANGUAGES = [("", "—"), *((name, language.title) for name, language in LANGUAGES.items())]


class ProblemForm(HintStepsForm):
    """The fields of a problem; `version` is the version that the form was filled from, empty for a new problem."""

    platform = ListedOrTyped(
        label=_("Platform"), max_length=rules.MAX_NAME, typed_label=_("Other platform"),
        choices=[(name, platform.title) for name, platform in PLATFORMS.items()],
    )  # fmt: skip
    problem_number = forms.CharField(label=_("Problem number"), max_length=rules.MAX_NAME)
    title = forms.CharField(label=_("Title"), max_length=rules.MAX_TITLE)
    url = forms.URLField(
        label=_("Problem URL"), required=False, max_length=rules.MAX_URL, assume_scheme="https"
    )
    difficulty = ListedOrTyped(
        label=_("Difficulty"), required=False, max_length=rules.MAX_NAME, typed_label=_("Other difficulty"),
        choices=[
            (platform.title, [(step, step) for step in platform.difficulties]) for platform in PLATFORMS.values()
        ],
    )  # fmt: skip
    tags = Tags(label=_("Tags"), required=False, help_text=_("Separate tags with commas."))
    time_limit = forms.FloatField(
        label=_("Time limit (seconds)"),
        required=False,
        min_value=rules.MIN_SECONDS,
        max_value=rules.MAX_SECONDS,
    )
    memory_limit = forms.IntegerField(
        label=_("Memory limit (MB)"), required=False, min_value=1, max_value=rules.MAX_MEGABYTES
    )
    constraints = Text(label=_("Constraints"))
    nudge = Text(label=_("Nudge"), rows=3, help_text=_("Step 1: where to look."))
    approach = Text(label=_("Approach"), rows=4, help_text=_("Step 2: the key idea."))
    outline = Text(label=_("Outline"), rows=6, help_text=_("Step 3: the solution step by step."))
    language = forms.ChoiceField(
        label=_("Solution language"), required=False,
        choices=_LANGUAGES,
    )  # fmt: skip
    solution_code = Text(
        label=_("Solution"), rows=14, is_code=True, help_text=_("Step 4 (optional): the full solution.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *arguments: Any, **how: Any) -> None:
        super().__init__(*arguments, **how)
        language = (self.initial or {}).get("language")
        field = self.fields["language"]
        if language and isinstance(field, forms.ChoiceField) and language not in LANGUAGES:
            field.choices = [*_LANGUAGES, (language, language)]

    def record(self) -> dict[str, Any]:
        """The fields of a new problem; empty ones are None."""
        return record_of(self.cleaned_data)

    def changes(self) -> dict[str, Any]:
        """The changed fields, as the problem stores them."""
        changed = set(self.changed_data)
        record = record_of(self.cleaned_data)
        return {
            name: value
            for name, value in record.items()
            if name in changed or (name == "hints" and changed & set(HINT_STEPS))
        }


def record_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The form's values as fields of a problem."""
    record = {name: values.get(name) or None for name in (*BASICS, *LIMITS, "constraints", *SOLUTION)}
    record["tags"] = values.get("tags") or []
    texts = [str(values.get(step) or "").strip() for step in HINT_STEPS]
    record["hints"] = [text for text in texts if text]
    return record


def initial_of(problem: Problem) -> dict[str, Any]:
    """The form's initial values for a stored problem."""
    return {
        **{name: problem[name] for name in (*BASICS, *LIMITS, "constraints", *SOLUTION)},  # type: ignore[literal-required]
        "tags": tags_of(problem),
        **dict.fromkeys(HINT_STEPS, ""),
        **hint_texts(problem),
        "version": problem["version"],
    }

"""The staff page of a problem's statement in one language: Markdown with a preview, title and hints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.dynamodb.schema.entities import STATEMENT_LANGUAGES
from api.dynamodb.schema.records import Problem
from api.hints.ladder import HINT_STEPS, translated_texts
from api.http.errors import ApiError
from api.http.problem_types import INVALID
from api.problems.editing import stored_problem
from api.problems.statements import MAX_STATEMENT, edit_statement
from api.problems.validation import MAX_TITLE
from web.redirects import SeeOther
from web.rendering.statements import statement_html
from web.responses import render_page
from web.staff.conflicts import Conflict, raising_conflicts, shown_version, staff_id
from web.staff.fields import Text, add_faults, rows
from web.staff.form_tokens import earlier_use, token_of
from web.staff.hint_steps import HintStepsForm
from web.visitors import staff

LANGUAGE_NAMES: Mapping[str, Any] = {"ko": gettext_lazy("Korean"), "en": gettext_lazy("English")}
_FIELDS = ("title", "statement")


class StatementForm(HintStepsForm):
    """The texts of a problem in one language."""

    title = forms.CharField(
        label=gettext_lazy("Title"), required=False, max_length=MAX_TITLE,
        help_text=gettext_lazy("Leave it empty to show the problem's own title."),
    )  # fmt: skip
    statement = Text(
        label=gettext_lazy("Statement"), rows=22,
        help_text=gettext_lazy("Markdown. Formulas are LaTeX between dollar signs: $n^2$, or $$...$$ set apart."),
    )  # fmt: skip
    nudge = Text(label=gettext_lazy("Nudge"), rows=3, help_text=gettext_lazy("Step 1: where to look."))
    approach = Text(label=gettext_lazy("Approach"), rows=4, help_text=gettext_lazy("Step 2: the key idea."))
    outline = Text(
        label=gettext_lazy("Outline"), rows=6, help_text=gettext_lazy("Step 3: the solution step by step.")
    )

    def changes(self) -> dict[str, Any]:
        """The changed texts, as `edit_statement` takes them."""
        changed = set(self.changed_data)
        texts: dict[str, Any] = {name: self.cleaned_data[name] for name in _FIELDS if name in changed}
        if changed & set(HINT_STEPS):
            texts["hints"] = [
                self.cleaned_data[step] for step in HINT_STEPS if self.cleaned_data[step].strip()
            ]
        return texts


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def statement(request: HttpRequest, problem_id: int, language: str) -> HttpResponse:
    """The form. `preview` shows what visitors would see, and stores nothing."""
    problem = stored_problem(problem_id)
    initial = _initial(problem, language)
    if request.method != "POST":
        return _page(request, problem, language, StatementForm(initial=initial))
    form = StatementForm(request.POST, initial=initial)
    if not form.is_valid():
        return _page(request, problem, language, form, status=422)
    if "preview" in request.POST:
        return _page(request, problem, language, form, is_preview=True)
    try:
        with raising_conflicts():
            edit_statement(
                staff_id(request), problem_id, language, form.changes(),
                expected_statement_version=shown_version(request), form_token=token_of(request),
            )  # fmt: skip
    except Conflict:
        if earlier_use(request) is None:
            latest = stored_problem(problem_id)
            stored = _initial(latest, language)
            form = StatementForm(request.POST, initial=stored)
            return _page(request, latest, language, form, status=412, stored=stored)
    except ApiError as error:
        if error.problem is not INVALID:
            raise
        add_faults(form, [(fault.field, fault.message(_)) for fault in error.fields])
        return _page(request, problem, language, form, status=422)
    messages.success(request, _("Saved."))
    return SeeOther(request.path)


def _initial(problem: Problem, language: str) -> dict[str, Any]:
    fields: Mapping[str, Any] = problem
    return {
        "title": fields[f"title_{language}"] or "",
        "statement": fields[f"statement_{language}"] or "",
        **dict.fromkeys(HINT_STEPS, ""),
        **translated_texts(problem, language),
    }


def _page(
    request: HttpRequest,
    problem: Problem,
    language: str,
    form: StatementForm,
    *,
    status: int = 200,
    is_preview: bool = False,
    stored: Mapping[str, Any] | None = None,
) -> HttpResponse:
    text = form.cleaned_data["statement"] if is_preview else ""
    if len(text) > MAX_STATEMENT:
        form.add_error("statement", _("Write at most {limit:,} characters.").format(limit=MAX_STATEMENT))
        status, is_preview = 422, False
    context = {
        "area": "problems", "problem": problem, "form": form, "conflict": stored is not None,
        "version": problem["statement_version"] or 0, "language": language,
        "language_name": LANGUAGE_NAMES[language], "is_foreign": language != get_language(),
        "choices": [(code, LANGUAGE_NAMES[code], code == language) for code in STATEMENT_LANGUAGES],
        "texts": rows(form, _FIELDS, stored), "hints": rows(form, HINT_STEPS, stored),
        "hints_open": any(form[step].value() or form[step].errors for step in HINT_STEPS),
        "is_preview": is_preview, "preview": statement_html(text) if text.strip() else "",
        "preview_title": (form.cleaned_data["title"] or problem["title"]) if is_preview else "",
    }  # fmt: skip
    return render_page(request, "web/staff/statement.html", context, status=status)

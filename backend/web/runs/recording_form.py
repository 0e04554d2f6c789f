"""The form that records a run: its input, its errors, and the run it describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from api.dynamodb.schema.ids import MAX_ID
from api.history.languages import LANGUAGES
from api.history.models import MAX_CODE, MAX_OUTPUT, MAX_RESULTS, RunIn
from api.http.error_texts import ERRORS
from web.runs.verdicts import STATUS_NAMES

NOT_RUN, COMPARE = "", "compare"
# The choices for one test case. Compile errors are chosen for the whole program.
CHOICES: Sequence[tuple[str, Any]] = [
    (NOT_RUN, gettext_lazy("Not run")),
    (COMPARE, gettext_lazy("Compare my output")),
    *((status, name) for status, name in STATUS_NAMES.items() if status != "CE"),
]
EACH, ALL_PASSED, NOT_COMPILED = "", "AC", "CE"
OVERALL: Sequence[tuple[str, Any]] = [
    (EACH, gettext_lazy("Set each test case below")),
    (ALL_PASSED, gettext_lazy("All test cases passed")),
    (NOT_COMPILED, gettext_lazy("Didn't compile")),
]


@dataclass
class RecordingForm:
    """The form's state.

    token: see `form_token`.
    statuses, outputs, case_errors: by test case id.
    """

    token: str = ""
    language: str = ""
    code: str = ""
    overall: str = EACH
    compiler_message: str = ""
    is_public: bool = False
    statuses: dict[int, str] = field(default_factory=dict)
    outputs: dict[int, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    case_errors: dict[int, str] = field(default_factory=dict)

    @classmethod
    def sent(cls, request: HttpRequest) -> RecordingForm:
        """The submitted form. An uploaded file replaces typed code."""
        post = request.POST
        form = cls(
            token=post.get("token", ""),
            language=post.get("language", ""),
            code=unix_text(post.get("code", "")),
            overall=overall if (overall := post.get("overall", EACH)) in dict(OVERALL) else EACH,
            compiler_message=unix_text(post.get("compiler_message", "")),
            is_public=post.get("visibility") == "public",
            statuses=_by_case(post, "status-"),
            outputs={case: text.replace("\r\n", "\n") for case, text in _by_case(post, "output-").items()},
        )
        upload = request.FILES.get("code_file")
        if isinstance(upload, UploadedFile) and upload.size:
            form._take(upload)
        return form

    def _take(self, upload: UploadedFile[Any]) -> None:
        try:
            self.code = unix_text(upload.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.errors["code"] = _("This file isn't UTF-8 text. Save it as UTF-8, or paste your code.")

    def run(self, problem_id: int, case_ids: Sequence[int]) -> RunIn | None:
        """The run that the form describes; None if it is invalid, with the reasons in `errors`.

        `case_ids` are the ids of all test cases, used if `overall` applies to all of them.
        """
        results = self._results(case_ids)
        if self.compiler_message and self.overall != NOT_COMPILED:
            self.errors["compiler_message"] = _(
                "Choose “Didn't compile” as the overall result, or remove this message."
            )
        if not self.code.strip():
            self.errors.setdefault("code", _("Paste your code or choose a file."))
        try:
            run_input = RunIn(
                problem_id=problem_id, language=self.language, code=self.code, results=results,
                is_code_public=self.is_public,
            )  # fmt: skip
        except ValidationError as invalid:
            self._note(invalid, results)
            return None
        return None if self.errors or self.case_errors else run_input

    def _results(self, case_ids: Sequence[int]) -> list[Any]:
        if self.overall != EACH:
            results = [self._overall_result(case) for case in case_ids[:MAX_RESULTS]]
            if results and self.overall == NOT_COMPILED and self.compiler_message:
                results[0]["stderr"] = self.compiler_message
            return results
        return [
            result for case in self.statuses if (result := self._result(case)) is not None
        ]  # in the order of the page

    def _overall_result(self, case: int) -> dict[str, Any]:
        """The result of one test case, if one status was chosen for all. A pasted output is compared even so."""
        result: dict[str, Any] = {"test_case_id": case, "status": self.overall}
        if self.overall == ALL_PASSED and self.outputs.get(case):
            result["output"] = self.outputs[case]
        return result

    def _result(self, case: int) -> Mapping[str, Any] | None:
        """The result of one test case; None if it was not run."""
        status, output = self.statuses[case], self.outputs.get(case, "")
        if status == NOT_RUN and not output:
            return None
        result: dict[str, Any] = {"test_case_id": case}
        if status not in (NOT_RUN, COMPARE):
            result["status"] = status
        if output or "status" not in result:
            result["output"] = output
        return result

    def _note(self, invalid: ValidationError, results: Sequence[Mapping[str, Any]]) -> None:
        """Assigns pydantic's errors to the form's fields."""
        for error in invalid.errors(include_url=False, include_input=False, include_context=False):
            name, *path = error["loc"]
            if name == "results" and path and path[-1] == "stderr":
                self.errors.setdefault("compiler_message", _message("compiler_message", str(error["type"])))
            elif name == "results" and path and isinstance(path[0], int):
                self.case_errors[results[path[0]]["test_case_id"]] = _case_message(path[-1])
            else:
                self.errors.setdefault(str(name), _message(str(name), str(error["type"])))

    def refuse_field(self, field_name: str, results_of: RunIn) -> bool:
        """Adds an error that the service found (`body.results.3.status`). Returns whether the form has such a field."""
        parts = field_name.split(".")
        if parts[:2] == ["body", "results"] and len(parts) > 2 and parts[2].isdecimal():
            case = results_of.results[int(parts[2])].test_case_id
            self.case_errors[case] = _("This test case no longer exists.")
            self.errors.setdefault(
                "results",
                _("The test cases have changed since you opened this page. Check your results again."),
            )
            return True
        return False


def _message(name: str, code: str) -> str:
    if name == "code" and code in ERRORS:
        return _(ERRORS[code].text)
    match name:
        case "language":
            return _("Choose the language of your code.")
        case "code":
            return _("Code can be up to %(count)s characters.") % {"count": f"{MAX_CODE:,}"}
        case "compiler_message":
            return _("The compiler's message can be up to %(count)s characters.") % {
                "count": f"{MAX_OUTPUT:,}"
            }
        case _:
            return _("You can record up to %(count)d test cases.") % {"count": MAX_RESULTS}


def _case_message(name: object) -> str:
    if name == "output":
        return _("Output can be up to %(count)s characters.") % {"count": f"{MAX_OUTPUT:,}"}
    return _("Choose one of the available results.")


def unix_text(text: str) -> str:
    """The text with LF line ends; browsers send CR LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _by_case(post: QueryDict, prefix: str) -> dict[int, str]:
    """The fields of test cases by id, up to the number of results a run may have."""
    fields: dict[int, str] = {}
    for name, value in post.items():
        digits = name.removeprefix(prefix)
        if name.startswith(prefix) and digits.isdecimal() and len(digits) <= 16 and int(digits) <= MAX_ID:
            fields[int(digits)] = str(value)
            if len(fields) >= MAX_RESULTS:
                break
    return fields


def remembered_language(request: HttpRequest) -> str:
    """The language of the last run recorded in this browser, or an empty string."""
    language = request.COOKIES.get(LANGUAGE_COOKIE, "")
    return language if language in LANGUAGES else ""


LANGUAGE_COOKIE = "run-language"

"""The form that records a run: what was typed, what is wrong with it, and the run that it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from api.dynamodb.ids import MAX_ID
from api.history.languages import LANGUAGES
from api.history.models import MAX_CODE, MAX_OUTPUT, MAX_RESULTS, RunIn
from web.runs.verdicts import STATUS_NAMES

NOT_RUN, COMPARE = "", "compare"
# What can be chosen for one test case. A whole program compiles or does not: that is said for all at once.
CHOICES: Sequence[tuple[str, Any]] = [
    (NOT_RUN, gettext_lazy("Not run")),
    (COMPARE, gettext_lazy("Compare my output")),
    *((status, name) for status, name in STATUS_NAMES.items() if status != "CE"),
]
EACH, ALL_PASSED, NOT_COMPILED = "", "AC", "CE"
OVERALL: Sequence[tuple[str, Any]] = [
    (EACH, gettext_lazy("As chosen for each test case below")),
    (ALL_PASSED, gettext_lazy("All test cases passed")),
    (NOT_COMPILED, gettext_lazy("It did not compile")),
]


@dataclass
class RecordingForm:
    """What the form holds. `statuses` and `outputs` are by id of test case, `errors` and `case_errors` too."""

    language: str = ""
    code: str = ""
    overall: str = EACH
    is_public: bool = False
    statuses: dict[int, str] = field(default_factory=dict)
    outputs: dict[int, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    case_errors: dict[int, str] = field(default_factory=dict)

    @classmethod
    def sent(cls, request: HttpRequest) -> RecordingForm:
        """The form as it was sent; a file takes the place of typed code."""
        post = request.POST
        form = cls(
            language=post.get("language", ""),
            code=_unix(post.get("code", "")),
            overall=found if (found := post.get("overall", EACH)) in dict(OVERALL) else EACH,
            is_public=post.get("visibility") == "public",
            statuses=_by_case(post, "status-"),
            outputs={case: _unix(text) for case, text in _by_case(post, "output-").items()},
        )
        upload = request.FILES.get("code_file")
        if isinstance(upload, UploadedFile) and upload.size:
            form._take(upload)
        return form

    def _take(self, upload: UploadedFile[Any]) -> None:
        try:
            self.code = _unix(upload.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.errors["code"] = _("This file is not a text in UTF-8: save it as one, or paste the code.")

    def run(self, problem_id: int, case_ids: Sequence[int]) -> RunIn | None:
        """The run that is asked for; None if something is wrong, which `errors` then tell.

        `case_ids` are those of all the problem's test cases, where `overall` speaks for all.
        """
        results = self._results(case_ids)
        if not self.code.strip():
            self.errors.setdefault("code", _("Paste your code, or choose a file."))
        try:
            given = RunIn(
                problem_id=problem_id, language=self.language, code=self.code, results=results,
                is_code_public=self.is_public,
            )  # fmt: skip
        except ValidationError as invalid:
            self._note(invalid, results)
            return None
        return None if self.errors or self.case_errors else given

    def _results(self, case_ids: Sequence[int]) -> list[Any]:
        if self.overall != EACH:
            return [{"test_case_id": case, "status": self.overall} for case in case_ids[:MAX_RESULTS]]
        return [
            result for case in self.statuses if (result := self._result(case)) is not None
        ]  # in the order of the page

    def _result(self, case: int) -> Mapping[str, Any] | None:
        """One test case's result; an output that was pasted is compared unless something else was chosen."""
        status, output = self.statuses[case], self.outputs.get(case, "")
        if status == NOT_RUN and not output:
            return None
        found: dict[str, Any] = {"test_case_id": case}
        if status not in (NOT_RUN, COMPARE):
            found["status"] = status
        if output or "status" not in found:
            found["output"] = output
        return found

    def _note(self, invalid: ValidationError, results: Sequence[Mapping[str, Any]]) -> None:
        """Says what pydantic found beside the field that it found it in."""
        for error in invalid.errors(include_url=False, include_input=False, include_context=False):
            name, *rest = error["loc"]
            if name == "results" and rest and isinstance(rest[0], int):
                self.case_errors[results[rest[0]]["test_case_id"]] = _case_message(rest[-1])
            else:
                self.errors.setdefault(str(name), _message(str(name)))

    def refuse_field(self, field_name: str, results_of: RunIn) -> bool:
        """Notes a field that the service refused (`body.results.3.status`); whether the form has such a field."""
        parts = field_name.split(".")
        if parts[:2] == ["body", "results"] and len(parts) > 2 and parts[2].isdecimal():
            case = results_of.results[int(parts[2])].test_case_id
            self.case_errors[case] = _("The problem does not have this test case any more.")
            return True
        return False


def _message(name: str) -> str:
    match name:
        case "language":
            return _("Choose the language of your code.")
        case "code":
            return _("The code may have at most %(count)s characters.") % {"count": f"{MAX_CODE:,}"}
        case _:
            return _("At most %(count)d test cases can be recorded.") % {"count": MAX_RESULTS}


def _case_message(name: object) -> str:
    if name == "output":
        return _("The output may have at most %(count)s characters.") % {"count": f"{MAX_OUTPUT:,}"}
    return _("Choose one of the results offered.")


def _unix(text: str) -> str:
    """A text as it was typed: browsers send line breaks as CR LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _by_case(post: QueryDict, prefix: str) -> dict[int, str]:
    """The fields of test cases by id, at most as many as a run may have results."""
    found: dict[int, str] = {}
    for name, value in post.items():
        digits = name.removeprefix(prefix)
        if name.startswith(prefix) and digits.isdecimal() and len(digits) <= 16 and int(digits) <= MAX_ID:
            found[int(digits)] = str(value)
            if len(found) >= MAX_RESULTS:
                break
    return found


def remembered_language(request: HttpRequest) -> str:
    """The language of the last run from this browser, empty for none."""
    found = request.COOKIES.get(LANGUAGE_COOKIE, "")
    return found if found in LANGUAGES else ""


LANGUAGE_COOKIE = "run-language"

"""URLs of the problem pages."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from web import converters  # noqa: F401 (gives paths `<id:...>`)
from web.problems import cases, detail, search


class CaseTextConverter(StringConverter):
    """Which text of a test case: `<case_text:text>`."""

    regex = "input|output"


register_converter(CaseTextConverter, "case_text")

urlpatterns = [
    path("", search.problems, name="problems"),
    path("problems/random/", search.random_one, name="random-problem"),
    path("problems/<id:problem_id>/", detail.problem, name="problem"),
    path("problems/<id:problem_id>/cases/", cases.problem_cases, name="problem-cases"),
    path("problems/<id:problem_id>/cases.zip", cases.case_archive, name="case-archive"),
    path("problems/<id:problem_id>/cases/<id:case_id>/<case_text:text>/", cases.case_text, name="case-text"),
]

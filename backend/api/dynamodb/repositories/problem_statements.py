"""Statements of problems: Markdown in Korean and English, with the title in that language."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from api.dynamodb.errors import InvalidInput
from api.dynamodb.repositories.judged_cases import JudgedCases
from api.dynamodb.schema.entities import STATEMENT_LANGUAGES
from api.dynamodb.schema.records import Problem
from api.dynamodb.table.argument_checks import check_text
from api.dynamodb.table.audit_entries import AuditNote
from api.dynamodb.table.problem_aggregate import problem_aggregate, stored_problem_items


class ProblemStatements(JudgedCases):
    """The part of `ProblemRepository` that writes statements."""

    __test__ = False

    def set_statement(
        self,
        problem_id: int,
        language: str,
        statement: str | None,
        title: str | None = None,
        *,
        expected_statement_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> Problem:
        """Stores a problem's statement and title in `ko` or `en`, None removes them; returns the complete problem.

        `statement_version` grows by one. `version` and `updated_at` stay, and so do the problem's lists: MySQL has no
        statements, and a problem with one is still the row that was moved. Raises `NotFound`; `ConditionFailed` with
        the stored problem if its statements have another version than `expected_statement_version` (0 before the
        first); `InvalidInput`.

        One GetItem (1 RCU per 4 KB) and one UpdateItem (1 WCU per KB), with `audit` one TransactWriteItems (2 WCU per
        KB and 2 for the entry). A statement above 4 KB when compressed is stored in parts: one BatchWriteItem more.
        """
        if language not in STATEMENT_LANGUAGES:
            raise InvalidInput(f"language is {language!r}: give one of {', '.join(STATEMENT_LANGUAGES)}")
        changes = {f"statement_{language}": statement, f"title_{language}": title}
        for name, value in changes.items():
            if value is not None:
                check_text(name, value)
        aggregate = replace(
            problem_aggregate(problem_id),
            version_field="statement_version",
            build_changed=stored_problem_items,
        )
        audited = self._audit_log.audited(aggregate, audit, f"problem {problem_id}")
        record = self._change(audited, changes, expected_version=expected_statement_version)
        return cast(Problem, record)

"""Statements of problems: texts that MySQL has no columns for, in Korean and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from api.dynamodb.codec.items import CODECS
from api.dynamodb.codec.statement_items import is_statement_alone
from api.dynamodb.repositories.judged_cases import JudgedCases
from api.dynamodb.schema.entities import STATEMENT_FIELDS
from api.dynamodb.schema.records import Problem
from api.dynamodb.table.argument_checks import check_changes
from api.dynamodb.table.audit_entries import AuditNote
from api.dynamodb.table.problem_aggregate import problem_aggregate, stored_problem_items

_CODEC = CODECS["problem"]
_FIXED = tuple(
    field.name
    for field in _CODEC.entity.fields
    if field.name not in STATEMENT_FIELDS or field.name == "statement_version"
)


class ProblemStatements(JudgedCases):
    """The part of `ProblemRepository` that writes statements."""

    __test__ = False

    def get_problems(self, problem_ids: Iterable[int]) -> dict[int, Problem]:
        """Problems that exist, by id, without the fields whose texts are stored in parts.

        One BatchGetItem for each 100: 0.5 RCU for each started 4 KB of each. Raises `InvalidInput`.
        """
        ids_by_key = {problem_aggregate(problem_id).key: problem_id for problem_id in problem_ids}
        items = self._store.batch_get(ids_by_key, entity="problem") if ids_by_key else {}
        return {
            ids_by_key[key]: cast(Problem, _CODEC.decode(item))
            for key, item in items.items()
            if not is_statement_alone(item)
        }

    def set_statements(
        self,
        problem_id: int,
        changes: Mapping[str, Any],
        *,
        expected_statement_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> Problem:
        """Changes some of `STATEMENT_FIELDS` (None removes one), and returns the complete problem.

        `statement_version` grows by one. `version` and `updated_at` stay, and so do the problem's lists: MySQL has no
        statements, and a problem with one is still the row that was moved. Raises `NotFound`; `ConditionFailed` with
        the stored problem if its statements have another version than `expected_statement_version` (0 before the
        first); `InvalidInput`.

        One GetItem (1 RCU per 4 KB) and one UpdateItem (1 WCU per KB), with `audit` one TransactWriteItems (2 WCU per
        KB and 2 for the entry). A text above 4 KB when compressed is stored in parts: one BatchWriteItem more.
        """
        check_changes(_CODEC, changes, _FIXED)
        aggregate = replace(
            problem_aggregate(problem_id),
            version_field="statement_version",
            build_changed=stored_problem_items,
        )
        audited = self._audit_log.audited(aggregate, audit, f"problem {problem_id}")
        return cast(Problem, self._change(audited, changes, expected_version=expected_statement_version))

"""Where each entity and field of the table has its home in MySQL, and which have none: a rollback says these.

Every declared entity stands in exactly one of `ROWS`, `DERIVED` and `HOMELESS`, and so does every field of an entity
that has rows; a test compares them with the declaration.
"""

from __future__ import annotations

from collections.abc import Mapping

from migration.mapping import HISTORY, PLANS, PROBLEMS, TEST_CASES, USAGE, USERS, MigrationStep

# Entities whose items are rows, each with its table.
ROWS: Mapping[str, MigrationStep] = {
    "plan": PLANS,
    "user": USERS,
    "problem": PROBLEMS,
    "test_case": TEST_CASES,
    "run": HISTORY,
    "usage_log": USAGE,
}
# Entities that follow from those with rows, and are built from rows again: each with what it follows from.
DERIVED: Mapping[str, str] = {
    "email_guard": "user",
    "google_guard": "user",
    "user_entry": "user",
    "number_guard": "problem",
    "problem_entry": "problem",
    "word_entry": "problem",
    "problem_change": "problem",
    "user_run": "run",
    "user_problem_run": "run",
    "progress": "run",
    "usage_day": "usage_log",
}
# What the service stores and MySQL has no table or column for, by entity or `entity.field`.
HOMELESS: Mapping[str, str] = {
    "session": "sessions and personal access tokens: everybody signs in again",
    "audit": "the audit log of staff's changes",
    "audit_month": "the audit log's months",
    "used_nonce": "used nonces of sign-ins and forms, which expire",
    "address_window": "counts of failed sign-ins, which expire",
    "erasure": "accounts whose deletion is not finished: finish them with make dynamodb-erase before a rollback",
    "practice": "bookmarks, reviews marked as done, and time zones",
    "problem_note": "notes on problems",
    "opened_hints": "which hints of which problems somebody has opened; runs keep those of before the cutover",
    "text_part": "parts of large texts: the rows have the texts whole",
    "pending_parts": "notes of texts and test cases that are being replaced: make dynamodb-erase clears them",
    "user.is_profile_public": "which profiles are public: what is built again from MySQL is private",
    "user.version": "the versions of users",
    "problem.version": "the versions of problems",
    "problem.case_generation": "which replacement of test cases is in force: the rows are those in force",
    "problem.title_ko": "problems' titles in Korean, beside the one that they had",
    "problem.statement_ko": "problems' statements in Korean",
    "problem.hints_ko": "problems' hints in Korean, beside those that they had",
    "problem.title_en": "problems' titles in English, beside the one that they had",
    "problem.statement_en": "problems' statements in English",
    "problem.hints_en": "problems' hints in English, beside those that they had",
    "problem.solutions": "problems' solutions beside the one that they had",
    "problem.statement_version": "the versions of statements",
    "test_case.output_digest": "digests of test cases' outputs, which are computed again",
    "run.version": "the versions of runs",
    "run.verdict_basis": "what a run's verdict was based on",
    "usage_log.expires_at": "when a use expires, which follows from its date",
}

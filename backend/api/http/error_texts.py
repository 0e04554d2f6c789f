"""Every error of the service by its code: the problem type, and the English text with named placeholders.

The texts are the source strings of the gettext catalogues: the API and the commands show them as they are, pages
show their translations. Entries of type `INVALID` describe one field of a request, unless they speak of all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.translation import gettext_noop as _

from api.http import problem_types as p


class ErrorText(NamedTuple):
    """What a code stands for."""

    problem: p.ProblemType
    text: str


ERRORS: Mapping[str, ErrorText] = {
    # Any request
    "bad_request": ErrorText(p.BAD_REQUEST, _("The server could not understand this request.")),
    "body_not_json": ErrorText(p.BAD_REQUEST, _("The body is not valid JSON.")),
    "sign_in_required": ErrorText(
        p.UNAUTHENTICATED, _("Sign in, and send the access token as `Authorization: Bearer`.")
    ),
    "forbidden": ErrorText(p.FORBIDDEN, _("You do not have permission to do this.")),
    "form_expired": ErrorText(
        p.FORBIDDEN, _("The form has expired, or cookies are disabled. Reload the page and send it again.")
    ),
    "page_not_found": ErrorText(p.NOT_FOUND, _("Page not found.")),
    "method_not_allowed": ErrorText(p.METHOD_NOT_ALLOWED, _("This address does not support this method.")),
    "conflict": ErrorText(p.CONFLICT, _("This conflicts with the current state.")),
    "request_too_large": ErrorText(p.TOO_LARGE, _("The request is too large.")),
    "body_too_large": ErrorText(p.TOO_LARGE, _("The request body may have at most {limit:,} bytes.")),
    "body_encoded": ErrorText(
        p.UNSUPPORTED_MEDIA_TYPE, _("Send the body as it is: compressed bodies are not accepted.")
    ),
    "json_required": ErrorText(
        p.UNSUPPORTED_MEDIA_TYPE, _("Send JSON, with `Content-Type: application/json`.")
    ),
    "unsupported_media_type": ErrorText(p.UNSUPPORTED_MEDIA_TYPE, _("This type of content is not accepted.")),
    "not_an_object": ErrorText(p.INVALID, _("This must be a JSON object.")),
    "unknown_parameter": ErrorText(p.INVALID, _("There is no such parameter.")),
    "invalid_fields": ErrorText(p.INVALID, _("The request contains invalid input.")),
    "invalid_value": ErrorText(p.INVALID, _("Invalid value: {reason}.")),
    "too_many_requests": ErrorText(p.TOO_MANY_ATTEMPTS, _("Too many requests.")),
    "internal_error": ErrorText(
        p.SERVER_ERROR, _("Something went wrong. Include this request ID when you report the problem.")
    ),
    "service_unavailable": ErrorText(p.UNAVAILABLE, _("The service is temporarily unavailable.")),
    "unknown_problem_type": ErrorText(p.NOT_FOUND, _("There is no problem type with this name.")),
    # Versions
    "if_match_required": ErrorText(
        p.PRECONDITION_REQUIRED, _("Send the ETag of the version that you are changing in If-Match.")
    ),
    "etag_of_other_resource": ErrorText(
        p.PRECONDITION_FAILED, _("The ETag in If-Match belongs to another resource.")
    ),
    "etag_changed": ErrorText(
        p.PRECONDITION_FAILED, _("Somebody else changed this meanwhile: its ETag is {etag} now.")
    ),
    "statement_changed": ErrorText(
        p.PRECONDITION_FAILED,
        _("Somebody else changed the statements meanwhile: they have version {version} now."),
    ),
    "version_changed": ErrorText(
        p.PRECONDITION_FAILED, _("Someone else changed this in the meantime: it is at version {version} now.")
    ),
    # The data layer
    "not_found": ErrorText(p.NOT_FOUND, _("This does not exist, or it is not yours.")),
    "already_in_use": ErrorText(p.CONFLICT, _("This {field} is already in use.")),
    "changed_meanwhile": ErrorText(p.PRECONDITION_FAILED, _("Someone else changed this in the meantime.")),
    "outcome_unknown": ErrorText(
        p.OUTCOME_UNKNOWN, _("The change may or may not have been saved. Check before you try again.")
    ),
    "data_unavailable": ErrorText(
        p.UNAVAILABLE, _("The data cannot be reached at the moment. Nothing was changed.")
    ),
    "writes_paused": ErrorText(
        p.UNAVAILABLE, _("Changes are paused for a moment while the data is moved. Nothing was changed.")
    ),
    "profile_not_found": ErrorText(p.NOT_FOUND, _("There is no public profile here.")),
    "downloads_busy": ErrorText(p.UNAVAILABLE, _("Other downloads are running. Try again in half a minute.")),
    "exports_busy": ErrorText(p.UNAVAILABLE, _("Other exports are running. Try again in half a minute.")),
    "not_configured": ErrorText(p.UNAVAILABLE, _("The service is not fully set up.")),
    # Quotas and attempts
    "not_in_plan": ErrorText(p.QUOTA_EXCEEDED, _("Your plan does not include {action}.")),
    "quota_used_up": ErrorText(
        p.QUOTA_EXCEEDED, _("You have used all {limit:,} {action}. More are available after {reset_time}.")
    ),
    "quota_unknown": ErrorText(p.UNAVAILABLE, _("Your quota cannot be checked at the moment.")),
    "too_many_attempts": ErrorText(
        p.TOO_MANY_ATTEMPTS, _("Too many attempts from your network. Try again in {seconds:,} seconds.")
    ),
    # Accounts
    "bearer_required": ErrorText(p.UNAUTHENTICATED, _("Send the access token as `Authorization: Bearer`.")),
    "access_token_expired": ErrorText(p.UNAUTHENTICATED, _("The access token has expired. Refresh it.")),
    "access_token_invalid": ErrorText(p.UNAUTHENTICATED, _("This is not a valid access token.")),
    "refresh_token_invalid": ErrorText(
        p.UNAUTHENTICATED, _("This refresh token is no longer valid. Sign in again.")
    ),
    "session_ended": ErrorText(
        p.UNAUTHENTICATED, _("This account is closed, or the session has ended. Sign in again.")
    ),
    "sign_in_again": ErrorText(
        p.UNAUTHENTICATED,
        _("This needs a sign-in of the last 15 minutes. Sign in again, and then try again."),
    ),
    "personal_token_invalid": ErrorText(
        p.UNAUTHENTICATED, _("This personal token is not valid: it has expired or was revoked.")
    ),
    "scope_missing": ErrorText(p.FORBIDDEN, _("This needs a personal token with the scope {scope}.")),
    "session_required": ErrorText(
        p.FORBIDDEN, _("No personal token can do this. Sign in, and use the access token of the session.")
    ),
    "too_many_tokens": ErrorText(
        p.CONFLICT, _("You have {limit:,} personal tokens already. Revoke one that you no longer need.")
    ),
    "token_not_found": ErrorText(p.NOT_FOUND, _("You have no such token.")),
    "session_not_found": ErrorText(p.NOT_FOUND, _("You have no such session.")),
    "account_closed": ErrorText(p.FORBIDDEN, _("This account is closed.")),
    "account_busy": ErrorText(p.CONFLICT, _("This account is being changed at the moment. Sign in again.")),
    "staff_only": ErrorText(p.FORBIDDEN, _("Only staff can do this.")),
    "unknown_email": ErrorText(p.NOT_FOUND, _("No user has this e-mail address.")),
    "email_of_other_account": ErrorText(
        p.CONFLICT, _("The e-mail address belongs to a user with another Google account.")
    ),
    "google_not_configured": ErrorText(p.NOT_FOUND, _("Sign-in with Google is not set up on this server.")),
    "google_unavailable": ErrorText(p.UNAVAILABLE, _("Google's certificates cannot be read at the moment.")),
    "id_token_malformed": ErrorText(p.UNAUTHENTICATED, _("This is not a Google ID token.")),
    "id_token_invalid": ErrorText(
        p.UNAUTHENTICATED, _("This ID token is invalid, expired, or issued for another service.")
    ),
    "id_token_issuer": ErrorText(p.UNAUTHENTICATED, _("Google did not issue this ID token.")),
    "id_token_nonce": ErrorText(
        p.UNAUTHENTICATED, _("The ID token belongs to another sign-in: its nonce differs.")
    ),
    "id_token_subject": ErrorText(p.UNAUTHENTICATED, _("The ID token does not name a Google account.")),
    "google_email_unverified": ErrorText(
        p.UNAUTHENTICATED, _("Google has not verified the e-mail address of this account.")
    ),
    "google_email_unusable": ErrorText(
        p.UNAUTHENTICATED,
        _("The e-mail address of this Google account has a character that nobody sees."),
    ),
    "sign_in_not_started": ErrorText(
        p.INVALID, _("This sign-in was not started in this browser, or it took too long. Start again.")
    ),
    "nonce_invalid": ErrorText(
        p.INVALID, _("This nonce is unknown, expired, or already used. Request a new one.")
    ),
    "deletion_not_confirmed": ErrorText(p.INVALID, _("Enter your e-mail address or DELETE.")),
    # Problems
    "problem_not_found": ErrorText(p.NOT_FOUND, _("There is no such problem.")),
    "problem_retired": ErrorText(
        p.NOT_FOUND, _("This problem is retired. New runs of it cannot be recorded.")
    ),
    "cases_need_sign_in": ErrorText(
        p.UNAUTHENTICATED, _("Sample test cases are public. Sign in to see all test cases.")
    ),
    "cases_too_large": ErrorText(
        p.TOO_LARGE, _("The test cases may have {limit:,} bytes of text in all; these have {size:,}.")
    ),
    "number_of_cases": ErrorText(p.INVALID, _("Give 1 to {limit:,} test cases, not {count:,}.")),
    "unknown_case": ErrorText(p.INVALID, _("The problem has no such test case.")),
    "test_case_not_found": ErrorText(p.NOT_FOUND, _("The problem has no such test case.")),
    "unknown_place": ErrorText(p.INVALID, _("There is no such place among the test cases.")),
    "not_a_case_number": ErrorText(p.INVALID, _("This is not the number of a test case.")),
    "not_a_problem_id": ErrorText(p.INVALID, _("This is not the ID of a problem.")),
    "language_required": ErrorText(p.INVALID, _("Choose the language of the solution.")),
    # Practice
    "bookmarks_full": ErrorText(
        p.CONFLICT, _("You have {limit:,} bookmarks, the most there can be. Remove one.")
    ),
    "review_not_due": ErrorText(p.NOT_FOUND, _("No review of this problem is due.")),
    "note_not_found": ErrorText(p.NOT_FOUND, _("You have no note on this problem.")),
    "unknown_time_zone": ErrorText(p.INVALID, _("There is no such time zone.")),
    # Runs and hints
    "run_not_found": ErrorText(p.NOT_FOUND, _("There is no such run, or it is private.")),
    "duplicate_case": ErrorText(p.INVALID, _("List each test case only once.")),
    "status_or_output_required": ErrorText(p.INVALID, _("Give a status, or the output to compare.")),
    "run_without_problem": ErrorText(
        p.NOT_FOUND, _("The problem of this run is gone, and its hints with it.")
    ),
    "all_hints_open": ErrorText(p.CONFLICT, _("All hints are open already.")),
    "no_hints": ErrorText(p.CONFLICT, _("This problem has no hints.")),
    "hint_out_of_order": ErrorText(p.CONFLICT, _("Open the {next_step} before the {step}.")),
    "solution_unconfirmed": ErrorText(
        p.CONFLICT, _("The solution would be the first step. Confirm that you want to see it.")
    ),
    "unknown_hint": ErrorText(p.INVALID, _("This problem has no such hint.")),
    # Staff
    "user_not_found": ErrorText(p.NOT_FOUND, _("There is no such user.")),
    "plan_not_found": ErrorText(p.NOT_FOUND, _("There is no such plan.")),
    "unknown_plan": ErrorText(p.INVALID, _("There is no such plan.")),
    "own_account": ErrorText(
        p.FORBIDDEN,
        _("You cannot close your own account or remove your own staff role. Ask another member of staff."),
    ),
    # Values of fields
    "empty": ErrorText(p.INVALID, _("This must not be empty.")),
    "not_text": ErrorText(p.INVALID, _("This must be text.")),
    "not_texts": ErrorText(p.INVALID, _("This must be a list of texts.")),
    "lone_surrogate": ErrorText(p.INVALID, _("This contains half of a character (a lone surrogate).")),
    "nul_character": ErrorText(p.INVALID, _("Remove the NUL characters (U+0000).")),
    "unseen_character": ErrorText(
        p.INVALID, _("Remove {character}: names can't have characters that nobody can see.")
    ),
    "too_long": ErrorText(p.INVALID, _("Use at most {limit:,} characters.")),
    "too_many_items": ErrorText(p.INVALID, _("Give at most {limit:,} of these.")),
    "number_range": ErrorText(p.INVALID, _("Enter a number from {least} to {limit:,}.")),
    "whole_number_range": ErrorText(p.INVALID, _("Enter a whole number from {least} to {limit:,}.")),
    "days": ErrorText(p.INVALID, _("Choose 1 to {limit:,} days.")),
    "not_a_url": ErrorText(p.INVALID, _("A URL starts with https:// or http://.")),
    "unknown_choice": ErrorText(p.INVALID, _("Choose one of the options offered.")),
    "choices": ErrorText(p.INVALID, _("Choose one of {choices}.")),
    "unknown_field": ErrorText(p.INVALID, _("A problem has no field of this name that can be edited.")),
    "invalid_cursor": ErrorText(
        p.INVALID, _("This cursor does not belong to this list. Omit it to start from the beginning.")
    ),
}

# Parameters that are words, as a sentence names them; pages translate these too.
TERMS: Mapping[str, str] = {
    "hint": _("hints"),
    "execution": _("runs"),
    "email": _("e-mail address"),
    "problem_number": _("problem number"),
    "nudge": _("nudge"),
    "approach": _("approach"),
    "outline": _("outline"),
    "solution": _("solution"),
}

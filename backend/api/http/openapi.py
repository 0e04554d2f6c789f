"""The OpenAPI document: every operation declares its responses, errors, headers and security."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from api.http.error_responses import CONTENT_TYPE, ProblemDocument
from api.http.problem_types import (
    BAD_REQUEST,
    FORBIDDEN,
    INVALID,
    SERVER_ERROR,
    TOO_LARGE,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
)

# Any request can get these, whatever the operation.
EVERYWHERE = (BAD_REQUEST, INVALID, SERVER_ERROR, UNAVAILABLE)


def responses(
    model: Any, *problems: ProblemType, status: int = 200, also: dict[int, Any] | None = None
) -> dict[int, Any]:
    """The responses of an operation, for ninja: `model` with `status` (None: no body), and each problem type.

    `also` has further statuses, such as {304: None}.
    """
    models: dict[int, Any] = {status: model, **(also or {})}
    for problem in (*problems, *EVERYWHERE):
        models.setdefault(problem.status, ProblemDocument)
    return dict(sorted(models.items()))


def header(description: str, kind: str = "string") -> dict[str, Any]:
    """The declaration of a response header."""
    return {"description": description, "schema": {"type": kind}}


ETAG = {"ETag": header("identifies this version; send it back in If-None-Match or If-Match")}
# A parameter for `openapi_extra`; `conditional.expected_version` reads the header.
IF_MATCH: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "If-Match",
            "required": True,
            "description": "the ETag of the version to change; 428 without it, 412 when that version is outdated",
            "schema": {"type": "string", "pattern": '^"[0-9]{1,16}-[0-9]{1,15}"$'},
        }
    ]
}
LINK = {"Link": header('the next page: `<...>; rel="next"`')}
RATE_LIMIT = {
    "RateLimit-Policy": header("quota `q` and window `w` in seconds of each limit"),
    "RateLimit": header("remaining uses `r` of each limit, and seconds `t` until it resets"),
}
LOCATION = {"Location": header("the path of the new resource")}


def with_headers(status: int, *groups: dict[str, Any]) -> dict[str, Any]:
    """For `openapi_extra`: headers of the response with that status."""
    return {"responses": {status: {"headers": {name: h for group in groups for name, h in group.items()}}}}


class _Document(OpenAPISchema):
    """Ninja's document, with errors as problem documents and the headers that errors have."""

    def responses(self, operation: Any) -> dict[int, Any]:
        if any(model.__ninja_param_source__ == "body" for model in operation.models):
            for problem in (TOO_LARGE, UNSUPPORTED_MEDIA_TYPE):
                operation.response_models.setdefault(
                    problem.status, operation.response_models[BAD_REQUEST.status]
                )
        if operation.auth_callbacks:  # a personal token without the scope
            operation.response_models.setdefault(
                FORBIDDEN.status, operation.response_models[BAD_REQUEST.status]
            )
        declared = super().responses(operation)
        for status, details in declared.items():
            if operation.response_models[status] is not None and status >= 400:
                (content,) = details["content"].values()
                if content["schema"].get("$ref", "").endswith("/ProblemDocument"):
                    details["content"] = {CONTENT_TYPE: content}
            if status == 429:
                details["headers"] = {"Retry-After": header("seconds to wait", "integer")}
            if status == 503:
                details["headers"] = {"Retry-After": header("seconds to wait before trying again", "integer")}
            if status == 403 and operation.auth_callbacks:
                details["headers"] = {"WWW-Authenticate": header("the scope that a personal token lacks")}
            if status == 401:
                details["headers"] = {"WWW-Authenticate": header("how to sign in (RFC 6750)")}
        return declared

    def operation_security(self, operation: Any) -> list[dict[str, Any]] | None:
        schemes = super().operation_security(operation)
        if schemes and any(getattr(auth, "is_optional", False) for auth in operation.auth_callbacks):
            schemes.append({})
        return schemes


class DocumentedAPI(NinjaAPI):
    """Ninja's API; its OpenAPI document is built once, and its operations return finished responses."""

    _schema: OpenAPISchema | None = None

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The document."""
        if self._schema is None:
            prefix = options.get("path_prefix")
            self._schema = _Document(self, self.get_root_path({}) if prefix is None else prefix)
        return self._schema

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """A shared placeholder: operations build their own responses, so building one per request is a waste."""
        return _NO_RESPONSE


# No operation may change it: it is shared between requests.
_NO_RESPONSE = HttpResponse()

"""Unknown query parameters are refused, as unknown fields of a body are: a misspelt filter must not find everything."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest

from api.http.errors import field_error, invalid_fields


def refuse_unknown_parameters(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates an operation of ninja: raises `ApiError`, 422, for parameters that it does not declare."""
    operation = endpoint._ninja_operation  # type: ignore[attr-defined]
    declared = frozenset(
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    )

    @wraps(endpoint)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.META.get("QUERY_STRING") and not request.GET.keys() <= declared:
            unknown = sorted(request.GET.keys() - declared)
            raise invalid_fields([field_error(f"query.{name}", "unknown_parameter") for name in unknown])
        return endpoint(request, *args, **kwargs)

    return checked

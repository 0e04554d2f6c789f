"""Host names and missing slashes of requests, before any view."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.utils.http import escape_leading_slashes

from api.http.response_headers import set_header

_HEALTH = "/api/health/"


@lru_cache(maxsize=1000)
def _is_listed(host: str, allowed_hosts: tuple[str, ...]) -> bool:
    """Whether a Host header is one of ALLOWED_HOSTS; clients send the same few again and again."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, allowed_hosts)


class Addresses(CommonMiddleware):
    """Django's CommonMiddleware, except that health checks need no name and a redirect keeps the method.

    Load balancers and containers ask by address (`Host: 10.0.3.17:8000`), which no ALLOWED_HOSTS lists; the health
    endpoints use the Host header for nothing. Django redirects a POST without its slash to a GET, and refuses it
    with an exception in debug.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Refuses a Host header that ALLOWED_HOSTS does not list, unless a health endpoint is asked.

        Django's own checks user agents and `www.` too, which no setting asks for here.
        """
        if not (
            request.path.startswith(_HEALTH)
            or _is_listed(request.META.get("HTTP_HOST", ""), tuple(settings.ALLOWED_HOSTS))
        ):
            request.get_host()  # the answer may depend on more, and its error says what is wrong

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The response with its length; a redirect to the address with a slash if only that leads somewhere.

        It is 301 for reads, 308 for anything else, which is then sent again.
        """
        if response.status_code == 404 and self.should_redirect_with_slash(request):
            address = escape_leading_slashes(request.get_full_path(force_append_slash=True))
            is_read = request.method in ("GET", "HEAD")
            response = HttpResponsePermanentRedirect(address, preserve_request=not is_read)
        if isinstance(response, HttpResponse) and not response.has_header("Content-Length"):
            set_header(response, "Content-Length", str(len(response.content)))
        return response

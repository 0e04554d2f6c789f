"""Tokens of staff forms, by which a form that is sent twice is carried out once.

A form has a random token, new each time the form is shown. The change that it asks for uses the token up in its own
transaction, so that it is used exactly if the change was made; what it was used for is kept for a week. A form that
is changed before it is sent again asks for another change: what was entered is part of its token.
"""

from __future__ import annotations

import re
import secrets
from hashlib import sha256

from django.http import HttpRequest

from api.composition import repositories
from web.staff.conflicts import staff_id

FIELD = "form_token"
_NOT_ENTERED = (FIELD, "csrfmiddlewaretoken")
_TOKEN = re.compile(r"[0-9a-f]{32}")


def new_token() -> str:
    """A token for a form."""
    return secrets.token_hex(16)


def token_of(request: HttpRequest) -> str | None:
    """The token of a submitted form with these entries, apart from those of other people; None if it has none."""
    text = request.POST.get(FIELD, "")
    if not _TOKEN.fullmatch(text):
        return None
    fields = {name: values for name, values in request.POST.lists() if name not in _NOT_ENTERED}
    files = {name: [(file.name, file.size) for file in files] for name, files in request.FILES.lists()}
    entered = sha256(repr((request.path, sorted(fields.items()), sorted(files.items()))).encode())
    return f"form-{staff_id(request)}-{text}-{entered.hexdigest()[:32]}"


def earlier_use(request: HttpRequest) -> str | None:
    """What the form was carried out on when it was sent before, such as `problem 7`; None if it was not.

    One GetItem: 1 RCU.
    """
    token = token_of(request)
    return None if token is None else repositories().sign_in_guards.nonce_use(token)


def earlier_id(request: HttpRequest) -> int | None:
    """The id of what the form was carried out on when it was sent before. Cost as `earlier_use`."""
    number = (earlier_use(request) or "").rpartition(" ")[2]
    return int(number) if number.isdecimal() else None

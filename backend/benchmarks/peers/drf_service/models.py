"""The legacy user as frameworks want one: somebody who can be authenticated."""

from __future__ import annotations

from legacy.models import User


class Account(User):
    """Who makes a request."""

    is_authenticated = True

    class Meta:
        proxy = True
        app_label = "ordinary"

"""Who may use what is for staff: an access token, and the staff right as the table has it at this moment."""

from __future__ import annotations

from django.http import HttpRequest

from api.accounts.bearer import Bearer
from api.accounts.identity import Identity, staff_user


class StaffBearer(Bearer):
    """An operation for staff. A right that was taken away counts at once, whatever the token says."""

    def __call__(self, request: HttpRequest) -> Identity:
        """Who asks. Raises `ApiError`: 401, 403. One GetItem, consistent: 1 RCU."""
        who = super().__call__(request)
        staff_user(who)
        return who

    def scope_of(self, request: HttpRequest) -> str:
        """Staff's own scope, whatever the method."""
        return "staff"


staff_only = StaffBearer()

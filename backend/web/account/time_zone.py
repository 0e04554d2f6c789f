"""The form that sets the user's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from api.practice.changes import set_time_zone
from api.practice.time_zones import checked_zone, time_zone_names
from web.preferences.time_zone import remember_zone
from web.redirects import SeeOther
from web.visitors import signed_in, user_of


def time_zone_choices() -> Mapping[str, list[tuple[str, str]]]:
    """The time zones by region, each as its name and as people read it."""
    names = [name for name in time_zone_names() if "/" in name]
    regions = {
        region: [(name, name.partition("/")[2].replace("_", " ")) for name in members]
        for region, members in groupby(names, key=lambda name: name.partition("/")[0])
    }
    return {**regions, "UTC": [("UTC", "UTC")]}


@require_POST
@signed_in
def time_zone(request: HttpRequest) -> HttpResponse:
    """Sets the user's time zone; an empty one is the product's. Raises `ApiError`: 422 for an unknown one."""
    name = request.POST.get("time_zone", "") or None
    set_time_zone(user_of(request)["user_id"], None if name is None else checked_zone(name, "time_zone"))
    messages.success(request, _("Time zone saved."))
    response = SeeOther(f"{reverse('account')}#time-zone")
    remember_zone(request, response, name)
    return response

"""The hidden fields of staff forms."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from web.staff.form_tokens import FIELD, new_token

register = template.Library()


@register.simple_tag
def form_token() -> SafeString:
    """The token by which a form that is sent twice is carried out once."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_token())

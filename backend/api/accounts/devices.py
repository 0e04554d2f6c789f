"""Names of devices by which users recognise their sessions, from the User-Agent header."""

from __future__ import annotations

import re

MAX_CHARACTERS = 60
# In order: names that most browsers include come last.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Whale/", "Whale"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_PRODUCT = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)


def device_name(user_agent: str | None) -> str | None:
    """Such as "Firefox, Windows" or "curl/8.5.0"; None without a usable User-Agent."""
    text = user_agent or ""
    names = [next((name for sign, name in table if sign in text), None) for table in (_BROWSERS, _SYSTEMS)]
    if names[0] is not None:
        return ", ".join(name for name in names if name is not None)
    product = _PRODUCT.match(text)
    return product[0][:MAX_CHARACTERS] if product else None

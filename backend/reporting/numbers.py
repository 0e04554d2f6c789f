"""Time spans, sizes, amounts of money and counts, for people."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """A time span, such as `1 h 23 min`, `4 min 05 s`, `12 s` or `0.4 s`."""
    rounded = round(seconds)
    if rounded >= 3600:
        return f"{rounded // 3600} h {rounded % 3600 // 60:02d} min"
    if rounded >= 60:
        return f"{rounded // 60} min {rounded % 60:02d} s"
    return f"{rounded} s" if seconds >= 1 or seconds == 0 else f"{seconds:.1f} s"


def byte_size(size: float) -> str:
    """A number of bytes in decimal units, as storage is billed, such as `512 B` or `1.5 MB`."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "B" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"


def dollars(amount: float) -> str:
    """An amount of money; below a dollar it has four digits behind the point."""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def plural(count: int, singular: str, plural_form: str = "") -> str:
    """A count with its noun, such as `1 index` or `3 changes`; `plural_form` defaults to the noun with an s."""
    return f"{count:,} {singular if count == 1 else plural_form or singular + 's'}"

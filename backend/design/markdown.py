"""Code and numbers in Markdown, as people read them."""

from __future__ import annotations

from decimal import Decimal


def code(text: str) -> str:
    """A text in code type; nothing for an empty one."""
    return f"`{text}`" if text else ""


def number(value: float) -> str:
    """A number without needless digits."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}"


def rounded(value: float) -> str:
    """Two significant digits, for what a model or a simulation says."""
    if value == 0:
        return "0"
    if value < 10:
        return f"{float(f'{value:.2g}'):g}"
    return f"{float(f'{value:.2g}'):,.0f}"


def dollars(amount: float) -> str:
    """Money; small sums keep two significant digits."""
    if amount >= 100:
        return f"${amount:,.0f}"
    if amount >= 1:
        return f"${amount:.2f}"
    return "$" + f"{Decimal(f'{amount:.2g}'):f}"


def count(value: float) -> str:
    """A count in words: 5.5 billion."""
    for size, unit in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if value >= size:
            return f"{float(f'{value / size:.3g}'):g}{unit}"
    return f"{value:,.0f}"


def volume(size: float) -> str:
    """Bytes in decimal units, as storage is billed."""
    for step, unit in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if size >= step:
            return f"{float(f'{size / step:.3g}'):g} {unit}"
    return f"{size:,.0f} B"

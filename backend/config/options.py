"""Values of command-line options, for every command of the project."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """A whole number above 0, for argparse. Raises `ArgumentTypeError`."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def percentage(text: str) -> int:
    """A whole number from 0 to 100, for argparse. Raises `ArgumentTypeError`."""
    if not text.isdecimal() or int(text) > 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 100")
    return int(text)

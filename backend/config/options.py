"""Values of command-line options, for every command of the project."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """A whole number above 0, for argparse. Raises `ArgumentTypeError`."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number

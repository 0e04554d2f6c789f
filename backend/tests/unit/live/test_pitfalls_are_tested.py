"""Each of the fifteen ways to get a live move wrong has a test that is named for it."""

from __future__ import annotations

import re

from config.environment import BACKEND_DIR


def test_each_pitfall_has_a_test_of_its_name() -> None:
    folders = [BACKEND_DIR / "tests" / kind / "live" for kind in ("unit", "integration")]
    text = "\n".join(path.read_text() for folder in folders for path in folder.glob("test_*.py"))
    assert {int(number) for number in re.findall(r"^def test_pitfall_(\d+)_", text, re.MULTILINE)} == set(
        range(1, 16)
    )

"""`make bench-texts` measures texts of this machine; the figures themselves are not looked at here."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.bench_texts import dictionary, dictionary_gains
from benchmarks.code_samples import MAX_BYTES, MIN_BYTES, samples
from config.environment import BACKEND_DIR
from tests.support.scripts import script_environment


def test_samples_are_of_the_installed_languages_and_always_the_same() -> None:
    by_language = samples(5)
    assert len(by_language["Python"]) == 5
    assert by_language == samples(5)
    texts = [text for texts in by_language.values() for text in texts]
    assert all(MIN_BYTES <= len(text) <= MAX_BYTES for text in texts)


def test_a_dictionary_helps_with_the_texts_that_it_comes_from() -> None:
    texts = [f"def function_{n}(argument):\n    return argument + {n}\n" for n in range(40)]
    assert b"return argument" in dictionary((text.encode() for text in texts), 200)
    (gain,) = dictionary_gains({"Python": texts, "Go": ["package main"] * 9, "JSON": ["{}"]}, [200])
    assert gain["own"] > 0.3


def test_it_measures_and_writes_json() -> None:
    completed = subprocess.run(
        [sys.executable, "benchmarks/bench_texts.py", "--texts", "20", "--rounds", "1", "--json"],
        cwd=BACKEND_DIR, env=script_environment(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert completed.returncode in (0, 1), completed.stderr
    document = json.loads(completed.stdout)
    assert document["texts"] == 20
    assert {"number", "bytes", "share", "write_us", "read_us"} == document["medians"]["texts"][
        "Python"
    ].keys()
    assert {"bytes", "foreign", "own"} == document["medians"]["dictionary"]["4096"].keys()

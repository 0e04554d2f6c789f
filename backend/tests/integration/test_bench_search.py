"""make bench-search on a small list: its figures, its JSON and its exit codes."""

from __future__ import annotations

import json

import pytest

from benchmarks import bench_search


def test_it_measures_every_search_and_the_index(capsys: pytest.CaptureFixture[str]) -> None:
    options = bench_search.arguments().parse_args(["--problems", "400", "--rounds", "1", "--json"])
    code = bench_search.main(options)
    document = json.loads(capsys.readouterr().out)
    searches = document["medians"]["searches"]
    assert set(searches) == set(bench_search.searches())
    assert searches["everything, newest"]["total"] == 400
    assert searches["dp"]["total"] == searches["동적 계획법"]["total"] > 0
    assert document["medians"]["index"]["400 problems"]["bytes"] > 0
    assert code == int(any(target["met"] is False for target in document["targets"]))


def test_a_slow_search_is_missed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench_search, "MOST_MS", 0.0)
    options = bench_search.arguments().parse_args(["--problems", "50", "--rounds", "1"])
    assert bench_search.main(options) == 1
    assert "MISSED" in capsys.readouterr().out

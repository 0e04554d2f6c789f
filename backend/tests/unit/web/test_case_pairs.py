"""Files become test cases by their paths, in the layouts that judges and contest tools use."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from web.staff.case_pairs import is_system_file, pair_files


def paired(*paths: str) -> list[tuple[str, str]]:
    """The pairs of inputs and outputs; every path must be part of one."""
    pairs = pair_files(paths)
    assert not (pairs.without_output or pairs.without_input or pairs.repeated or pairs.unclear)
    return [(input_file.path, output_file.path) for input_file, output_file in pairs.cases]


@pytest.mark.parametrize(
    ("input_path", "output_path"),
    [
        ("1.in", "1.out"), ("1.in", "1.ans"), ("1.IN", "1.OUT"), ("1.in.txt", "1.out.txt"), ("1.inp", "1.res"),
        ("input1.txt", "output1.txt"), ("input_1.txt", "output_1.txt"), ("1_input.txt", "1_output.txt"),
        ("in1", "out1"), ("input.1", "output.1"), ("inputA.txt", "outputA.txt"), ("sampleInput1", "sampleOutput1"),
        ("in/1.in", "out/1.out"), ("in/a.txt", "out/a.txt"), ("input/input00.txt", "output/output00.txt"),
        ("data/tests/in/7", "data/tests/out/7"), ("tests/01", "tests/01.a"), ("01", "01.ans"), ("1.txt", "1.sol"),
        ("1.i", "1.o"), ("in.txt", "out.txt"), ("stdin", "stdout"), ("a.in", "a.out"), ("in/1.in", "1.out"),
        ("inputs_and_outputs/1.in", "inputs_and_outputs/1.out"), ("문제/예제 1.in", "문제/예제 1.out"),
    ],
)  # fmt: skip
def test_the_usual_layouts_make_pairs(input_path: str, output_path: str) -> None:
    assert paired(output_path, input_path) == [(input_path, output_path)]


def test_a_name_as_macs_write_it_is_the_same_name() -> None:
    decomposed, composed = (normalize(form, "é.in") for form in ("NFD", "NFC"))
    assert paired(decomposed, composed.replace(".in", ".out")) == [(decomposed, "é.out")]


@pytest.mark.parametrize(
    "path", ["._1.in", "a/._1.in", "__MACOSX/a/._1.in", ".DS_Store", "a/.DS_Store", "a/Thumbs.db"]
)
def test_files_that_systems_add_are_known(path: str) -> None:
    assert is_system_file(path)
    assert not is_system_file("a/1.in")


@pytest.mark.parametrize(
    ("path", "is_sample"),
    [
        ("sample1.in", True), ("samples/1.in", True), ("example_1.in", True), ("SampleInput1.txt", True),
        ("예제/1.in", True), ("downsample-tests/1.in", False), ("resampled.in", False), ("1.in", False),
    ],
)  # fmt: skip
def test_only_a_whole_word_makes_a_sample(path: str, is_sample: bool) -> None:
    output_path = path.replace(".in", ".out").replace("Input", "Output")
    (pair,) = pair_files([path, output_path]).cases
    assert pair[0].is_sample is is_sample


def test_samples_come_first_and_numbers_by_their_value() -> None:
    numbers = ["10", "9", "2", "02", "sample/3", "1" * 5_000, "b", "a2", "a10"]
    paths = [f"{number}.{ending}" for number in numbers for ending in ("in", "out")]
    order = [input_path.removesuffix(".in") for input_path, _ in paired(*paths)]
    assert order == ["sample/3", "02", "2", "9", "10", "1" * 5_000, "a2", "a10", "b"]


def test_each_file_that_is_not_used_has_a_reason() -> None:
    pairs = pair_files(
        ["1.in", "2.out", "3.in", "3-in.txt", "3.out", "README.md", "notes.txt", "solutions/in.py"]
    )
    assert [input_file.path for input_file, _ in pairs.cases] == ["3-in.txt"]
    assert pairs.without_output == ["1.in"]
    assert pairs.without_input == ["2.out"]
    assert pairs.repeated == ["3.in"]
    assert pairs.unclear == ["notes.txt", "README.md", "solutions/in.py"]

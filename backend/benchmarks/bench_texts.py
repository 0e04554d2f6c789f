"""make bench-texts: how much smaller compression makes texts that this project did not write, and what it takes.

It also measures what a preset dictionary would add, the reason why there is none.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.code_samples import samples
from benchmarks.figures import JSON, Figures, Runs, Target, document, target_table
from config.options import positive

METHOD = """\
Pieces of 300 to 4,000 bytes from the standard libraries that are installed, and JSON files of npm. Stored bytes are
those of the attribute's value as the codec writes it. CPU is the process's own, the least of the rounds. A dictionary
is made of the strings that are in most of the even pieces and measured on the odd ones: "foreign" of all other
languages, "own" of the same ones too, which no real dictionary could reach. A text that uses it would need no more
than the byte that names its version."""
SIZES = ((300, 512), (512, 1024), (1024, 2048), (2048, 4001))
DICTIONARY_BYTES = (1024, 4096, 8192)
_STRING_LENGTHS = (6, 8, 12, 16, 24, 32)
_LEVEL = 6
# What a dictionary would have to earn for the trouble of keeping every version of it readable.
WORTH_KEEPING = 0.15


def _stored(value: JSON) -> int:
    from api.dynamodb.codec.item_size import value_size

    return value_size(value)


def _least(rounds: int, texts: Sequence[object], work: Callable[[object], object]) -> float:
    """Microseconds of CPU for each text."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        for text in texts:
            work(text)
        times.append(time.process_time() - started)
    return min(times) / len(texts) * 1e6


def measure(texts: Sequence[str], rounds: int) -> JSON:
    """Bytes and CPU of storing and reading these texts."""
    from api.dynamodb.codec.large_text import pack, unpack_inline

    values = [pack("RUN#7", "cod", text, []) for text in texts]
    before = sum(len(text.encode()) for text in texts)
    inline = [value for value in values if "M" not in value]
    return {
        "number": len(texts),
        "bytes": before / len(texts),
        "share": sum(map(_stored, values)) / before,
        "write_us": _least(rounds, texts, lambda text: pack("RUN#7", "cod", str(text), [])),
        "read_us": _least(rounds, inline, unpack_inline),  # type: ignore[arg-type]
    }


def dictionary(texts: Iterable[bytes], size: int) -> bytes:
    """A preset dictionary for deflate: the strings that are in most texts, weighed by what a match of them saves.

    The best ones stand at the end, where a match costs the fewest bits.
    """
    counts: Counter[bytes] = Counter()
    for text in texts:
        counts.update({
            text[start : start + length] for length in _STRING_LENGTHS for start in range(len(text) - length)
        })  # fmt: skip
    ranked = sorted(
        ((count * (len(string) - 4), string) for string, count in counts.items() if count >= 4), reverse=True
    )
    chosen = b""
    for _, string in ranked:
        if string not in chosen:
            chosen = string + chosen
        if len(chosen) >= size:
            break
    return chosen[-size:]


def _deflated(text: bytes, preset: bytes) -> int:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=preset)
    return 1 + len(compressor.compress(text)) + len(compressor.flush())


def dictionary_gains(by_language: dict[str, list[str]], sizes: Iterable[int]) -> list[JSON]:
    """For each size, the share that a dictionary takes off the compressed bytes of code."""
    code = {
        language: [text.encode() for text in texts]
        for language, texts in by_language.items()
        if language != "JSON"
    }
    gains = []
    for size in sizes:
        own = dictionary((text for texts in code.values() for text in texts[::2]), size)
        plain = with_foreign = with_own = 0
        for language, texts in code.items():
            foreign = dictionary(
                (
                    text
                    for code_language, foreign_texts in code.items()
                    if code_language != language
                    for text in foreign_texts[::2]
                ),
                size,
            )
            for text in texts[1::2]:
                plain += len(zlib.compress(text, _LEVEL))
                with_foreign += _deflated(text, foreign)
                with_own += _deflated(text, own)
        gains.append({
            "bytes": size, "foreign": 1 - with_foreign / plain, "own": 1 - with_own / plain,
        })  # fmt: skip
    return gains


def targets(figures: Figures) -> list[Target]:
    """What is to be reached: half the bytes of a typical text, and no dictionary that would be worth keeping."""
    ratio = figures.median("texts", "512 to 1,023 bytes", "share")
    gain = max((run["foreign"] for runs in figures.runs["dictionary"].values() for run in runs), default=None)
    return [
        Target("texts", "share", "stored bytes of a text of 512 to 1,023 bytes", "the text", "ratio", ratio, 0.55),
        Target("dictionary", "gain", "what a dictionary takes off code of other languages", "no dictionary",
               "ratio", gain, WORTH_KEEPING),
    ]  # fmt: skip


def report(figures: Figures) -> str:
    """The two tables."""
    from reporting.text import markdown_table

    rows = [
        [label, f"{run['number']:,}", f"{run['bytes']:,.0f}", f"{run['share']:.0%}", f"{run['write_us']:.0f}",
         f"{run['read_us']:.0f}"]
        for label, runs in figures.runs["texts"].items() for run in runs
    ]  # fmt: skip
    gains = [
        [f"{run['bytes']:,}", f"{run['foreign']:.1%}", f"{run['own']:.1%}"]
        for runs in figures.runs["dictionary"].values()
        for run in runs
    ]
    heading = ("texts", "number", "bytes", "stored", "write, microseconds", "read, microseconds")
    return "\n\n".join([
        markdown_table(heading, rows, right=5),
        markdown_table(("dictionary, bytes", "takes off foreign code", "takes off code of its kind"), gains, right=3),
    ])  # fmt: skip


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.parser(__doc__)
    parser.add_argument(
        "--texts", type=positive, default=300, metavar="N", help="texts of each language (default: 300)"
    )
    parser.add_argument(
        "--rounds", type=positive, default=5, metavar="N", help="rounds of every timing (default: 5)"
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every target is met, 1 otherwise."""
    by_language = samples(options.texts)
    runs: Runs = {language: [measure(texts, options.rounds)] for language, texts in by_language.items()}
    everything = [text for texts in by_language.values() for text in texts]
    for low, high in SIZES:
        label = f"{low:,} to {high - 1:,} bytes"
        texts = [text for text in everything if low <= len(text.encode()) < high]
        if texts:
            runs[label] = [measure(texts, options.rounds)]
    gains: Runs = {f"{gain['bytes']}": [gain] for gain in dictionary_gains(by_language, DICTIONARY_BYTES)}
    figures = Figures({"texts": runs, "dictionary": gains})
    reached = targets(figures)
    blocks = [
        f"Compression of texts: {', '.join(by_language)}", report(figures), target_table(reached),
        f"Method: {METHOD}",
    ]  # fmt: skip
    text = "\n\n".join(blocks)
    return command.finish(options, text, document(figures, reached, METHOD, texts=options.texts), reached)


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))

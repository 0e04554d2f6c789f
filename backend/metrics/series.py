"""The figures of one group over some time, and their form in an item: whole numbers of variable length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from metrics.histogram import Histogram

_FIELDS = 9


class MalformedSeries(ValueError):
    """The bytes of a series are cut off, or of a form that this version does not know."""


class Series:
    """Counts, sums and the latency histogram of one group.

    Durations are in microseconds, capacity units in hundredths. `client_errors` are 4xx responses, or calls whose
    condition failed; `server_errors` 5xx responses, or calls and jobs that failed.
    """

    __slots__ = (
        "client_errors", "histogram", "longest", "n", "read_units", "retries", "server_errors", "throttles",
        "total", "write_units",
    )  # fmt: skip

    def __init__(self) -> None:
        self.n = self.total = self.longest = self.client_errors = self.server_errors = 0
        self.read_units = self.write_units = self.retries = self.throttles = 0
        self.histogram = Histogram()

    def add(self, seconds: float) -> None:
        """Counts one sample with its duration."""
        microseconds = int(seconds * 1e6)
        self.n += 1
        self.total += microseconds
        if microseconds > self.longest:
            self.longest = microseconds
        self.histogram.add(microseconds)

    def add_units(self, read: float, written: float, retries: int) -> None:
        """Adds consumed RCU and WCU, and the attempts after the first."""
        self.read_units += int(read * 100)
        self.write_units += int(written * 100)
        self.retries += retries

    def merge(self, series: Series) -> None:
        """Adds the figures of another series."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(series, name))
        self.longest = max(self.longest, series.longest)
        self.histogram.merge(series.histogram)

    def encode(self) -> bytes:
        """The series as bytes: its fields, then pairs of the distance to the next bucket and its count."""
        numbers = [getattr(self, name) for name in _ORDER]
        previous = 0
        for bucket in sorted(self.histogram):
            numbers += (bucket - previous, self.histogram[bucket])
            previous = bucket
        return varints(numbers)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The series of `encode`. Raises `MalformedSeries`."""
        numbers = list(from_varints(data))
        if len(numbers) < _FIELDS or (len(numbers) - _FIELDS) % 2:
            raise MalformedSeries(f"a series of {len(data)} bytes is not complete")
        series = cls()
        for name, number in zip(_ORDER, numbers, strict=False):
            setattr(series, name, number)
        bucket = 0
        for position in range(_FIELDS, len(numbers), 2):
            bucket += numbers[position]
            series.histogram[bucket] = numbers[position + 1]
        return series


_SUMS = (
    "n", "total", "client_errors", "server_errors", "read_units", "write_units", "retries", "throttles",
)  # fmt: skip
_ORDER = (*_SUMS, "longest")


def varints(numbers: Iterable[int]) -> bytes:
    """Whole numbers from 0 as bytes, seven bits each, the lowest first."""
    data = bytearray()
    for number in numbers:
        value = number
        while value > 127:
            data.append(value & 127 | 128)
            value >>= 7
        data.append(value)
    return bytes(data)


def from_varints(data: bytes) -> Iterator[int]:
    """The numbers of `varints`. Raises `MalformedSeries` when the last one is cut off."""
    number = shift = 0
    for byte in data:
        number |= (byte & 127) << shift
        if byte & 128:
            shift += 7
        else:
            yield number
            number = shift = 0
    if shift:
        raise MalformedSeries("a number is cut off")

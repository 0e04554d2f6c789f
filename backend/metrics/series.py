"""The figures of one group over some time, and their form in an item: whole numbers of variable length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from metrics.histogram import Histogram

# A smaller count of a bucket is in one number with the distance.
_SMALL = 4


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
        """The series as bytes: which fields are not 0, those, then the buckets.

        A bucket is one number: four times its distance from the one before, and its count up to 3; 0 in place of a
        count has it follow, less 4.
        """
        values = [getattr(self, name) for name in _ORDER]
        numbers = [
            sum(1 << position for position, value in enumerate(values) if value),
            *filter(None, values),
        ]
        previous = 0
        for bucket in sorted(self.histogram):
            distance, count = (bucket - previous) * _SMALL, self.histogram[bucket]
            numbers += (distance + count,) if 0 < count < _SMALL else (distance, count - _SMALL)
            previous = bucket
        return varints(numbers)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The series of `encode`. Raises `MalformedSeries`."""
        numbers, series, bucket = from_varints(data), cls(), 0
        try:
            present = next(numbers)
            for position, name in enumerate(_ORDER):
                if present >> position & 1:
                    setattr(series, name, next(numbers))
            for number in numbers:
                bucket += number // _SMALL
                series.histogram[bucket] = number % _SMALL or next(numbers) + _SMALL
        except StopIteration:
            raise MalformedSeries(f"a series of {len(data)} bytes is not complete") from None
        if present >> len(_ORDER):
            raise MalformedSeries("a series has fields of a later version")
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

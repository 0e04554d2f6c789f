"""What the torture tests measured beside what is required: a table for people, JSON for machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured number; at least `low` and at most `high` where they are given."""

    what: str
    measured: float
    low: float | None = None
    high: float | None = None
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the number is as required; one without a requirement is."""
        return (self.low is None or self.measured >= self.low) and (
            self.high is None or self.measured <= self.high
        )

    @property
    def required(self) -> str:
        """The requirement in words."""
        if self.low is not None and self.low == self.high:
            return f"exactly {self.low:,g}{self.unit}"
        parts = [f"at least {self.low:,g}{self.unit}"] if self.low is not None else []
        parts += [f"at most {self.high:,g}{self.unit}"] if self.high is not None else []
        return ", ".join(parts)


class Report:
    """Collects the figures of a session, in order."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []

    def add(
        self,
        what: str,
        measured: float,
        *,
        low: float | None = None,
        high: float | None = None,
        unit: str = "",
    ) -> None:
        """A figure that is at least `low` and at most `high`."""
        self.figures.append(Figure(what, measured, low, high, unit))

    def exactly(self, what: str, measured: float, required: float) -> None:
        """A figure that must be a certain one."""
        self.add(what, measured, low=required, high=required)

    @property
    def missed(self) -> list[Figure]:
        """The figures that are not as required."""
        return [figure for figure in self.figures if not figure.met]

    def table(self) -> list[str]:
        """The figures as lines of text in columns."""
        rows = [
            (figure.what, f"{figure.measured:,.10g}{figure.unit}", figure.required,
             "" if figure.met else "MISSED")
            for figure in self.figures
        ]  # fmt: skip
        rows.insert(0, ("what", "measured", "required", ""))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return [
            f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}".rstrip()
            for row in rows
        ]

    def as_json(self) -> list[dict[str, object]]:
        """The figures for machines."""
        return [{**asdict(figure), "met": figure.met} for figure in self.figures]

"""What benches find out, line by line: figures, the bounds they are held to, and how both are shown."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Sequence
from typing import Any, Literal

import attrs

from bench._timing import Pairs

Unit = Literal["s", "B", "share", "nats", "×"]

HEADER = ("ours", "peer", "compared", "bound", "")


@attrs.frozen
class Bound:
    """
    A limit from the outside, itself still allowed.

    >>> Bound("≤", 0.7).holds(0.7), Bound("≥", 0.9).holds(float("nan"))
    (True, False)
    """

    sense: Literal["≤", "≥"]
    limit: float

    def holds(self, value: float) -> bool:
        """Whether *value* is within the bound; no number is not."""
        return bool((operator.le if self.sense == "≤" else operator.ge)(value, self.limit))


@attrs.frozen(kw_only=True)
class Line:
    """
    One figure, ours and perhaps a peer's.

    Attributes:
        compared: Ours against the peer's: a ratio or a difference; None where the two only stand side by side.
        bound: Held against *compared*, or against *ours* where nothing is compared.
        runs: The seconds behind the medians.
    """

    name: str
    unit: Unit
    ours: float
    peer: float | None = None
    compared: float | None = None
    compared_unit: Unit = "×"
    bound: Bound | None = None
    runs: Pairs | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the bound holds; None without one."""
        if self.bound is None:
            return None
        return self.bound.holds(self.ours if self.compared is None else self.compared)

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {**attrs.asdict(self), "holds": self.holds}

    def cells(self) -> tuple[str, ...]:
        """Name, and the columns of `HEADER`."""
        unit = self.unit if self.compared is None else self.compared_unit
        return (
            self.name,
            show(self.ours, self.unit),
            "" if self.peer is None else show(self.peer, self.unit),
            "" if self.compared is None else show(self.compared, self.compared_unit),
            "" if self.bound is None else f"{self.bound.sense} {show(self.bound.limit, unit)}",
            {None: "", True: "holds", False: "MISSED"}[self.holds],
        )


@attrs.frozen
class Report:
    """The lines of one bench, and what one must know to read them."""

    lines: tuple[Line, ...] = attrs.field(converter=tuple[Line, ...])
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether no bound was missed."""
        return all(line.holds is not False for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {"note": self.note, "holds": self.holds, "lines": [line.to_dict() for line in self.lines]}


def ratio(name: str, pairs: Pairs, *, at_most: float | None = None) -> Line:
    """Our time as a share of the peer's."""
    return _timed(name, pairs, pairs.ratio, "×", at_most)


def excess(name: str, pairs: Pairs, *, at_most: float | None = None) -> Line:
    """Our time beyond the peer's, in seconds."""
    return _timed(name, pairs, pairs.excess, "s", at_most)


def figure(
    name: str,
    unit: Unit,
    ours: float,
    peer: float | None = None,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Line:
    """A figure of ours, with a peer's beside it; at most one of the bounds."""
    bound = Bound("≥", at_least) if at_least is not None else _at_most(at_most)
    return Line(name=name, unit=unit, ours=ours, peer=peer, bound=bound)


def show(value: float, unit: Unit) -> str:
    """
    *value* as people read it.

    >>> show(0.0123, "s"), show(12.3456, "s"), show(2e9, "B"), show(0.91671, "share")
    ('12.3 ms', '12.35 s', '2,000 MB', '0.9167')
    """
    match unit:
        case "s":
            return f"{value:.2f} s" if abs(value) >= 1 else f"{1e3 * value:.1f} ms"
        case "B":
            return f"{value / 1e6:,.0f} MB"
        case "×":
            return f"{value:.2f} ×"
        case "share" | "nats":
            return f"{value:.4f}"


def table(title: str, report: Report) -> str:
    """The lines of *report* under their *title*, aligned."""
    rows = [(title, *HEADER), *(line.cells() for line in report.lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    shown = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    return "\n".join([*shown, *([f"({report.note})"] if report.note else [])])


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]


def _timed(name: str, pairs: Pairs, compared: float, unit: Unit, at_most: float | None) -> Line:
    return Line(
        name=name,
        unit="s",
        ours=statistics.median(pairs.ours),
        peer=statistics.median(pairs.peer),
        compared=compared,
        compared_unit=unit,
        bound=_at_most(at_most),
        runs=pairs,
    )


def _at_most(limit: float | None) -> Bound | None:
    return None if limit is None else Bound("≤", limit)

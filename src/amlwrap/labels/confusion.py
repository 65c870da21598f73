"""How often which class was predicted for which."""

from __future__ import annotations

import csv
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

import attrs
import numpy as np

from amlwrap.exceptions import ConfigError, DataError
from amlwrap.objects._files import text_replacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ClassScores", "ConfusionMatrix"]

_SMOOTHING = 1e-13  # the service's own, worked out from a published score
_NAME_WIDTH = 16


@attrs.frozen
class ClassScores:
    """
    How one class fared.

    Attributes:
        name: Of the class, or of several: ``"others (3)"``.
        n_true: Rows that are of this class.
        n_predicted: Rows that were given it.
        precision: Share of *n_predicted* that are right, smoothed as the service does.
        recall: Share of *n_true* that were found, likewise.
        f1: Harmonic mean of the two; of several classes, the mean of theirs.
    """

    name: str
    n_true: int
    n_predicted: int
    precision: float
    recall: float
    f1: float


def _class_names(names: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(name) for name in names)


def _counts(given: ArrayLike) -> NDArray[np.int64]:
    counts = np.array(given)
    if counts.dtype.kind not in "iu" and counts.size and not np.array_equal(counts, np.floor(counts)):
        raise DataError("confusion matrix", "", "whole numbers", f"{counts.dtype}")
    counts = counts.astype(np.int64)
    counts.flags.writeable = False
    return counts


@attrs.frozen(eq=False, slots=False)
class ConfusionMatrix:
    r"""
    How often which class was predicted for which.

    Attributes:
        classes: Names, in the order of rows and columns.
        counts: int64, shape ``(n_classes, n_classes)``: rows are true classes, columns predicted ones.

    >>> confusion = ConfusionMatrix(("cat", "dog"), [[8, 2], [1, 9]])
    >>> confusion.accuracy, round(confusion.macro_f1, 6)
    (0.85, 0.849624)
    >>> print(confusion.to_text())
    true \ predicted  cat  dog |  share    F1
    cat                 8    2 |  50.0%  0.84
    dog                 1    9 |  50.0%  0.86
    share             45%  55% |   0.85  0.85
    """

    classes: tuple[str, ...] = attrs.field(converter=_class_names)
    counts: NDArray[np.int64] = attrs.field(converter=_counts)

    def __attrs_post_init__(self) -> None:
        side = len(self.classes)
        if self.counts.shape != (side, side) or not side:
            expected = f"{side} × {side} counts, a row and a column per class"
            raise DataError("confusion matrix", "", expected, f"shape {self.counts.shape}")
        if self.counts.min() < 0:
            raise DataError("confusion matrix", "", "counts", str(self.counts.min()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ConfusionMatrix):
            return NotImplemented
        return self.classes == other.classes and np.array_equal(self.counts, other.counts)

    __hash__ = None  # type: ignore[assignment]

    @property
    def n_rows(self) -> int:
        """How many predictions were counted."""
        return int(self.counts.sum())

    @property
    def accuracy(self) -> float:
        """Share of right predictions; NaN when there are none at all."""
        return int(self.counts.trace()) / self.n_rows if self.n_rows else float("nan")

    @cached_property
    def macro_f1(self) -> float:
        """
        Mean F1 over all classes, as the service reckons it.

        Precision and recall are smoothed with 1e-13 in the numerator and twice that in the denominator, so a class that
        never was and never was predicted counts as 0.5.

        >>> round(ConfusionMatrix("ab", [[5, 0], [0, 0]]).macro_f1, 9)
        0.75
        """
        return float(np.mean([scores.f1 for scores in self.per_class()]))

    def per_class(self) -> tuple[ClassScores, ...]:
        """How each class fared, in the order of `classes`."""
        right, predicted, true = self.counts.diagonal(), self.counts.sum(axis=0), self.counts.sum(axis=1)
        precision = (right + _SMOOTHING) / (predicted + 2 * _SMOOTHING)
        recall = (right + _SMOOTHING) / (true + 2 * _SMOOTHING)
        f1 = 2 * precision * recall / (precision + recall)
        columns = (true, predicted, precision, recall, f1)
        return tuple(map(ClassScores, self.classes, *(column.tolist() for column in columns)))

    def folded(self, max_classes: int) -> tuple[ConfusionMatrix, tuple[ClassScores, ...]]:
        """
        The matrix with at most *max_classes* rows and its classes' scores, as the service's console showed it.

        When there are more classes, they are sorted with the most frequent first and the last become one, "others".
        """
        scores = self.per_class()
        if len(self.classes) <= max_classes:
            return self, scores
        if max_classes < 2:
            raise ConfigError("max_classes", str(max_classes), "2 or more")
        n_own = max_classes - 1
        order: list[int] = np.argsort(-self.counts.sum(axis=1), kind="stable").tolist()
        place = np.empty(len(order), np.intp)
        place[order] = np.minimum(np.arange(len(order)), n_own)
        counts = np.zeros((max_classes, max_classes), np.int64)
        np.add.at(counts, (place[:, None], place[None, :]), self.counts)
        names = [self.classes[code] for code in order[:n_own]]
        rest = f"others ({len(order) - n_own})"
        together = ConfusionMatrix((*names, rest), counts)
        mean_f1 = float(np.mean([scores[code].f1 for code in order[n_own:]]))
        own = tuple(scores[code] for code in order[:n_own])
        return together, (*own, attrs.evolve(together.per_class()[-1], f1=mean_f1))

    def to_text(self, max_classes: int = 10) -> str:
        """
        The matrix as a table of counts for a terminal.

        Behind the counts stand the share of each true class and its F1; below them, the share of each predicted
        class, the accuracy and the macro F1. With more than *max_classes* classes the rarer ones become "others".
        """
        table, scores = self.folded(max_classes)
        n_rows = max(1, self.n_rows)
        names = [_shortened(name) for name in table.classes]
        body = [["true \\ predicted", *names]]
        body += [
            [name, *(str(count or "·") for count in row)]
            for name, row in zip(names, table.counts.tolist(), strict=True)
        ]
        body += [["share", *(f"{one.n_predicted / n_rows:.0%}" for one in scores)]]
        widths = [max(map(len, column)) for column in zip(*body, strict=True)]
        tails = [" share    F1", *(f"{one.n_true / n_rows:6.1%}  {one.f1:.2f}" for one in scores)]
        tails += [f"{self.accuracy:6.2f}  {self.macro_f1:.2f}"]
        return "\n".join(f"{_aligned(cells, widths)} | {tail}" for cells, tail in zip(body, tails, strict=True))

    def plot(self, target: str | os.PathLike[str] | Axes | None = None, *, max_classes: int = 10) -> Figure:
        """
        Draw the matrix: shares of each true class, shaded, with the class's frequency and F1 beside it.

        Args:
            target: A file to write, in the format of its suffix, or matplotlib axes to draw on; without, only the
                figure is made.
            max_classes: As for `to_text`.

        Raises:
            MissingExtraError: matplotlib is not installed.
            DataError: The file cannot be written.
        """
        from amlwrap._plots import draw_confusion

        return draw_confusion(self, target, max_classes)

    def to_csv(self, path: str | os.PathLike[str] | TextIO) -> None:
        """
        Write all counts as CSV: a row per true class, a column per predicted one.

        >>> import sys
        >>> ConfusionMatrix("ab", [[1, 0], [2, 3]]).to_csv(sys.stdout)
        true,a,b
        a,1,0
        b,2,3
        """
        if isinstance(path, str | os.PathLike):
            with text_replacing(Path(path)) as file:
                self._write(file)
        else:
            self._write(path)

    def _write(self, file: TextIO) -> None:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["true", *self.classes])
        counts = cast("list[list[int]]", self.counts.tolist())
        writer.writerows([name, *row] for name, row in zip(self.classes, counts, strict=True))


def _shortened(name: str) -> str:
    """*name* as a terminal may safely show it in a table."""
    shown = "".join(character if character.isprintable() else "·" for character in name)
    return shown if len(shown) <= _NAME_WIDTH else f"{shown[: _NAME_WIDTH - 1]}…"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The first cell to the left, the others to the right."""
    others = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return "  ".join([cells[0].ljust(widths[0]), *others])

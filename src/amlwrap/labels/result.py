"""Labels: one class, or the few best ones, for each row of a matrix."""

from __future__ import annotations

import csv
import os
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import attrs
import numpy as np

from amlwrap.exceptions import ConfigError
from amlwrap.labels.confusion import ConfusionMatrix
from amlwrap.objects._files import text_replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import DTypeLike, NDArray

    from amlwrap.labels._blocks import Codes, Floats
    from amlwrap.labels.matrix import ProbabilityMatrix

__all__ = ["Labels", "TopLabels"]

_ROWS_AT_ONCE = 1 << 16


@attrs.frozen(eq=False, slots=False)
class Labels:
    """
    One class for each row; len, iteration and numpy see the labels as text.

    Attributes:
        matrix: What they were made from.
        codes: Position of each row's class in `classes`; -1 for an unreadable row.

    >>> from amlwrap.labels import ProbabilityMatrix
    >>> labels = ProbabilityMatrix([[0.1, 0.9], [0.7, 0.3]], "ab", true_labels=["b", "b"]).labels()
    >>> list(labels), labels.scores, labels.accuracy()
    (['b', 'a'], array([0.9, 0.7]), 0.5)
    """

    matrix: ProbabilityMatrix = attrs.field(repr=False)
    codes: Codes

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self.matrix.classes

    @property
    def row_ids(self) -> NDArray[Any]:
        """One for each row."""
        return self.matrix.row_ids

    @property
    def true_labels(self) -> NDArray[Any] | None:
        """One for each row, ``""`` where not known; None when none is."""
        return self.matrix.true_labels

    @property
    def n_unreadable(self) -> int:
        """How many rows have no label."""
        return self.matrix.n_unreadable

    @cached_property
    def labels(self) -> NDArray[np.str_]:
        """The name of each row's class; ``""`` for an unreadable row."""
        return _names(self.classes, self.codes)

    @cached_property
    def scores(self) -> Floats:
        """The probability of each row's class; NaN for an unreadable row."""
        return _scores(self.matrix, self.codes[:, None])[:, 0]

    def to_numpy(self) -> NDArray[np.str_]:
        """The labels as an array of text."""
        return self.labels

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.labels, dtype, copy=True) if copy else np.asarray(self.labels, dtype)

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels.tolist())

    def confusion(self) -> ConfusionMatrix:
        """
        How often which class was given for which.

        Rows that are unreadable or have no true label are left out. True labels that are no class of the matrix follow
        its classes, sorted; they can only have been missed.

        Raises:
            ConfigError: There are no true labels.
        """
        truth: list[str] = self._known_truth().tolist()
        unseen = sorted(set(truth).difference(self.classes, [""]))
        classes = (*self.classes, *unseen)
        position = {name: code for code, name in enumerate(classes)}
        true = np.fromiter(map(position.get, truth, repeat(-1)), np.int64, len(truth))
        known = (true >= 0) & (self.codes >= 0)
        cells = true[known] * len(classes) + self.codes[known]
        counts = np.bincount(cells, minlength=len(classes) ** 2)
        return ConfusionMatrix(classes, counts.reshape(len(classes), len(classes)))

    def accuracy(self) -> float:
        """Share of right labels among the rows that have both; NaN when none has."""
        return self.confusion().accuracy

    def to_csv(self, path: str | os.PathLike[str] | TextIO, columns: Sequence[str] = ("ImageId", "Label")) -> None:
        r"""
        Write row ids and labels as CSV: UTF-8, LF, quotes only where needed; a missing label is an empty field.

        The file appears whole or not at all. Fields are written as they are: a spreadsheet will run one that is a
        formula.

        Args:
            path: A path, or a file open for text.
            columns: The header: what to call row ids and labels.

        Raises:
            DataError: The file cannot be written.

        >>> import sys
        >>> from amlwrap.labels import ProbabilityMatrix
        >>> ProbabilityMatrix([[0.1, 0.9]], classes=("0", "1")).labels().to_csv(sys.stdout)
        ImageId,Label
        1,1
        """
        if isinstance(columns, str) or len(columns) != 2:
            raise ConfigError("columns", repr(columns), "two names: for the row ids and for the labels")
        if isinstance(path, str | os.PathLike):
            with text_replacing(Path(path)) as file:
                self._write(file, columns)
        else:
            self._write(path, columns)

    def _write(self, file: TextIO, columns: Sequence[str]) -> None:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        ids = self.row_ids
        for start in range(0, len(self), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            # csv takes the rows one by one in C; numpy's own text writers are slower and do not quote.
            writer.writerows(zip(ids[rows].tolist(), self.labels[rows].tolist(), strict=True))

    def _known_truth(self) -> NDArray[Any]:
        if self.true_labels is None:
            remedy = "Predict on a datasource whose schema names the target, or pass true_labels=."
            raise ConfigError("true labels", "none", "one for each row", remedy)
        return self.true_labels


@attrs.frozen(eq=False, slots=False)
class TopLabels:
    """
    The most probable classes of each row, best first.

    Attributes:
        matrix: What they were made from.
        codes: Positions in the matrix's classes, shape ``(n_rows, k)``; -1 for an unreadable row.
    """

    matrix: ProbabilityMatrix = attrs.field(repr=False)
    codes: Codes

    @cached_property
    def labels(self) -> NDArray[np.str_]:
        """Names of the classes, shape ``(n_rows, k)``; ``""`` for an unreadable row."""
        return _names(self.matrix.classes, self.codes)

    @cached_property
    def scores(self) -> Floats:
        """Their probabilities, shape ``(n_rows, k)``; NaN for an unreadable row."""
        return _scores(self.matrix, self.codes)


def _names(classes: tuple[str, ...], codes: Codes) -> NDArray[np.str_]:
    return np.take(np.array([*classes, ""]), codes)  # code -1 takes the last


def _scores(matrix: ProbabilityMatrix, codes: Codes) -> Floats:
    scores: Floats = np.take_along_axis(matrix.values, codes, axis=1)
    if matrix.n_unreadable:
        scores[matrix.unreadable] = np.nan
    return scores

"""Targets: which rows have one, and the number a learner is to aim at."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.exceptions import DataError
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn
from amlwrap.local.limits import Limits, beyond

if TYPE_CHECKING:
    from amlwrap.local.score.model import ModelType

_BINARY_CLASSES = ("0", "1")
_LARGEST = float(np.finfo(np.float32).max)


@attrs.frozen(eq=False)
class Targets:
    """
    Targets of the rows that have one.

    Attributes:
        rows: Numbers of these rows, increasing.
        values: One for each of *rows*: a code, or the number itself for a regression.
        classes: What the codes stand for; empty for a regression. A code of -1 is a class that is not among them.
    """

    rows: NDArray[np.intp]
    values: NDArray[Any]
    classes: tuple[str, ...]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Rows of each class."""
        return np.bincount(self.values, minlength=len(self.classes))


@attrs.define(eq=False)
class TargetScan:
    """
    What is known of a training target before anything is learned: its classes, or its mean and spread.

    Attributes:
        uri, name: Of the data and of the attribute, for errors.
        model_type: Of the model to be trained.
        limits: Of the engine.
    """

    uri: str
    name: str
    model_type: ModelType
    limits: Limits = attrs.field(factory=Limits)
    n: int = 0
    _n_rows: int = 0
    _counts: Counter[str] = attrs.field(factory=Counter[str])
    _mean: float = 0.0
    _squares: float = 0.0
    _largest: float = 0.0

    def add(self, column: Column) -> None:
        """
        Look at more rows.

        Raises:
            DataError: The attribute is text.
        """
        self._n_rows += len(column)
        match column:
            case BinaryColumn():
                self._add_classes(_binary(column))
            case CategoricalColumn():
                self._add_classes(_categorical(column, column.vocabulary))
            case NumericColumn():
                with np.errstate(over="ignore", invalid="ignore"):  # numbers that are too large are refused at the end
                    self._add_numbers(_numeric(column).values)
            case _:
                raise DataError(self.uri, f"target {self.name!r}", "BINARY, CATEGORICAL or NUMERIC values", "TEXT")

    def _add_classes(self, targets: Targets) -> None:
        self.n += len(targets.rows)
        counts = targets.counts.tolist()
        self._counts.update({label: n for label, n in zip(targets.classes, counts, strict=True) if n})

    def _add_numbers(self, values: NDArray[Any]) -> None:
        """Chan, Golub & LeVeque (1979): means and squared distances from them, of old and new rows together."""
        if not len(values):
            return
        n, mean, largest = len(values), float(values.mean()), float(np.abs(values).max())
        shift, together = mean - self._mean, self.n + n
        self._squares += float(np.square(values - mean).sum()) + shift * shift * self.n * n / together
        self._mean += shift * n / together
        self._largest = max(self._largest, largest)
        self.n = together

    def finish(self) -> TargetFacts:
        """
        All there is to know.

        Raises:
            DataError: No row has a target, or all have the same class, or there are more classes than a model may have.
        """
        _check_there(self.uri, self.name, self._n_rows, self.n, self._largest)
        if self.model_type == "REGRESSION":
            return TargetFacts(self.n, (), np.zeros(0, np.int64), self._mean, math.sqrt(self._squares / self.n) or 1.0)
        classes = _BINARY_CLASSES if self.model_type == "BINARY" else tuple(sorted(self._counts))
        _check_classes(self.uri, self.name, self._counts, self.limits)
        return TargetFacts(self.n, classes, np.array([self._counts[label] for label in classes], np.int64))


@attrs.frozen(eq=False)
class TargetFacts:
    """
    A training target.

    Attributes:
        n: Rows that have one.
        classes: Sorted by name; empty for a regression.
        counts: Rows of each class.
        mean, deviation: Of a regression's; what is learned is the number less the one, over the other.
    """

    n: int
    classes: tuple[str, ...]
    counts: NDArray[np.int64]
    mean: float = 0.0
    deviation: float = 1.0

    @property
    def majority(self) -> int:
        """The most frequent class."""
        return int(self.counts.argmax()) if self.classes else 0

    def of(self, column: Column) -> Targets:
        """The targets in a column."""
        return _known(column, self.classes)


@attrs.define(eq=False)
class KnownTargets:
    """
    Targets to hold a model's answers against, coded by the model's own *classes*.

    Attributes:
        uri, name: Of the data and of the attribute, for errors.
        n: Those that passed by.
    """

    uri: str
    name: str
    model_type: ModelType
    classes: Sequence[str]
    n: int = 0
    _n_rows: int = 0
    _counts: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(2, np.int64))

    def of(self, column: Column) -> Targets:
        """
        The targets in a column.

        Raises:
            DataError: One of a regression is too large to be predicted.
        """
        targets = _known(column, self.classes)
        self._n_rows += len(column)
        self.n += len(targets.rows)
        if not len(targets.rows):
            return targets
        if self.model_type == "BINARY":
            self._counts += targets.counts
        if self.model_type == "REGRESSION":
            _check_there(self.uri, self.name, 1, 1, float(np.abs(targets.values).max()))
        return targets

    def check(self) -> None:
        """
        Refuse what cannot be evaluated.

        Raises:
            DataError: No row has a target; or those of a BINARY model are all the same, so that nothing can be told
                apart.
        """
        _check_there(self.uri, self.name, self._n_rows, self.n, 0.0)
        if self.model_type == "BINARY" and not self._counts.all():
            found = f"only {int(self._counts.argmax())} in {self.n:,} records"
            expected = "targets of 0 and of 1, to tell how well they are separated"
            raise DataError(self.uri, f"target {self.name!r}", expected, found)


def _known(column: Column, classes: Sequence[str]) -> Targets:
    match column:
        case BinaryColumn():
            return _binary(column)
        case CategoricalColumn():
            return _categorical(column, classes)
        case NumericColumn():
            return _numeric(column)
        case _:
            return Targets(np.zeros(0, np.intp), np.zeros(0), tuple(classes))


def _binary(column: BinaryColumn) -> Targets:
    rows = np.flatnonzero(column.values >= 0)
    return Targets(rows, column.values[rows].astype(np.int64), _BINARY_CLASSES)


def _categorical(column: CategoricalColumn, classes: Sequence[str]) -> Targets:
    places = {label: code for code, label in enumerate(classes)}
    codes = np.array([places.get(entry, -1) for entry in column.vocabulary], np.int64)
    absent = np.array([entry == "" for entry in column.vocabulary], bool)
    rows = np.flatnonzero(~absent[column.codes]) if len(absent) else np.zeros(0, np.intp)
    return Targets(rows, codes[column.codes[rows]], tuple(classes))


def _numeric(column: NumericColumn) -> Targets:
    rows = np.arange(len(column)) if column.missing is None else np.flatnonzero(~column.missing)
    return Targets(rows, column.values[rows].astype(np.float64), ())


def _check_there(uri: str, name: str, n_rows: int, n_targets: int, largest: float) -> None:
    if not n_rows:
        raise DataError(uri, "", "records to read", "none", "The slice that was asked for is empty.")
    if not n_targets:
        remedy = "Every record's target is empty or invalid."
        raise DataError(uri, f"target {name!r}", "records that have a target", "none", remedy)
    if largest > _LARGEST:
        remedy = "Predictions are of single precision: scale the target down."
        raise DataError(uri, f"target {name!r}", f"numbers of at most {_LARGEST:.1e} in size", f"{largest:g}", remedy)


def _check_classes(uri: str, name: str, counts: Counter[str], limits: Limits) -> None:
    place = f"target {name!r}"
    if len(counts) < 2:
        remedy = "Nothing can be learned from one class: look at the split, and at how the file is sorted."
        records = "1 record" if counts.total() == 1 else f"{counts.total():,} records"
        found = f"only {next(iter(counts))!r} in {records}"
        raise DataError(uri, place, "at least two classes", found, remedy)
    if not limits.allow("classes", len(counts)):
        remedy = "A number with many values is a NUMERIC target; an identifier is none."
        most = f"at most {limits.classes:,} classes"
        raise beyond("classes", uri, place=place, expected=most, found=f"{len(counts):,}", remedy=remedy)

"""Targets: which rows have one, and the number a learner is to aim at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.exceptions import DataError
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn

if TYPE_CHECKING:
    from amlwrap.local.score.model import ModelType

MAX_CLASSES = 100
"""Most classes of a MULTICLASS model."""

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


def training_targets(uri: str, name: str, column: Column, model_type: ModelType) -> Targets:
    """
    Targets to learn from; the classes are those the rows hold, sorted by name.

    Raises:
        DataError: No row has a target, or all have the same class, or there are more classes than a model may have.
    """
    match column:
        case BinaryColumn():
            targets = _binary(column)
        case CategoricalColumn():
            held: list[int] = np.unique(column.codes).tolist()
            targets = _categorical(column, sorted({column.vocabulary[code] for code in held} - {""}))
        case NumericColumn():
            targets = _numeric(column)
        case _:
            raise DataError(uri, f"target {name!r}", "BINARY, CATEGORICAL or NUMERIC values", "TEXT")
    _check_there(uri, name, targets, len(column))
    if model_type != "REGRESSION":
        _check_classes(uri, name, targets)
    return targets


def known_targets(uri: str, name: str, column: Column, classes: Sequence[str], model_type: ModelType) -> Targets:
    """
    Targets to hold a model's answers against, coded by the model's own *classes*.

    Raises:
        DataError: No row has a target; or those of a BINARY model are all the same, so that nothing can be told apart.
    """
    targets = _known(column, classes)
    _check_there(uri, name, targets, len(column))
    if model_type == "BINARY" and not targets.counts.all():
        found = f"only {targets.values[0]} in {len(targets.rows):,} records"
        raise DataError(uri, f"target {name!r}", "targets of 0 and of 1, to tell how well they are separated", found)
    return targets


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


def coarse_codes(targets: Targets, n_groups: int) -> tuple[NDArray[np.integer[Any]], int]:
    """Codes of the targets and how many there are; the numbers of a regression are cut into groups of equal size."""
    if targets.classes:
        return targets.values, len(targets.classes)
    edges = np.unique(np.quantile(targets.values, np.arange(1, n_groups) / n_groups))
    return np.searchsorted(edges, targets.values), len(edges) + 1


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


def _check_there(uri: str, name: str, targets: Targets, n_rows: int) -> None:
    if not n_rows:
        raise DataError(uri, "", "records to read", "none", "The slice that was asked for is empty.")
    if not len(targets.rows):
        remedy = "Every record's target is empty or invalid."
        raise DataError(uri, f"target {name!r}", "records that have a target", "none", remedy)
    if not targets.classes and (largest := float(np.abs(targets.values).max())) > _LARGEST:
        remedy = "Predictions are of single precision: scale the target down."
        raise DataError(uri, f"target {name!r}", f"numbers of at most {_LARGEST:.1e} in size", f"{largest:g}", remedy)


def _check_classes(uri: str, name: str, targets: Targets) -> None:
    place = f"target {name!r}"
    held = [label for label, count in zip(targets.classes, targets.counts, strict=True) if count]
    if len(held) < 2:
        remedy = "Nothing can be learned from one class: look at the split, and at how the file is sorted."
        found = f"only {held[0]!r} in {len(targets.rows):,} records"
        raise DataError(uri, place, "at least two classes", found, remedy)
    if len(held) > MAX_CLASSES:
        remedy = "A number with many values is a NUMERIC target; an identifier is none."
        raise DataError(uri, place, f"at most {MAX_CLASSES} classes", f"{len(held):,}", remedy)

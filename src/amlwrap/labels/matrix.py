"""Class probabilities of many records, and what follows from them."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import numpy as np

from amlwrap.exceptions import ConfigError, DataError
from amlwrap.labels._blocks import argmax, blocks, by_block, each
from amlwrap.labels._checks import Checks
from amlwrap.labels._reading import DEFAULT_LIMIT, read_parts
from amlwrap.labels.result import Labels, TopLabels

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from amlwrap.documents.predictions import Manifest
    from amlwrap.labels._blocks import Codes, Floats
    from amlwrap.labels._checks import OnInvalid
    from amlwrap.labels.comparison import Comparison
    from amlwrap.objects import ObjectStore

__all__ = ["ProbabilityMatrix"]


class ProbabilityMatrix:
    """
    A probability for each class, for many records.

    No method copies the matrix or loops over its rows in Python. Of equally probable classes, the first wins.

    A row is *unreadable* when its line in a result file is empty: the service could not predict that record. It keeps
    its place, is all NaN here, and its label is missing: code -1, label ``""``, score NaN. Any other row with NaN, a
    negative value, or a sum that is not one is invalid, which is an error unless *on_invalid* says that it too is
    unreadable.

    Args:
        values: Shape ``(n_rows, n_classes)``. float32 and float64 are used as they are, in any memory order, and must
            not be changed afterwards; anything else is converted to float64.
        classes: A name for each column; whatever is not text is made text.
        row_ids: One for each row; 1, 2, 3 … when not given.
        true_labels: One for each row, ``""`` where not known.
        threshold: With two classes, the probability of the second from which on `labels` gives it. Without, the more
            probable class is given.
        validate: Whether rows must be probabilities: nothing negative, a sum of one. Without, *values* may be any
            scores; NaN stays invalid.
        tolerance: How far a sum may be from one. The default lets pass what was rounded to two digits.
        on_invalid: ``"raise"``, or ``"missing"`` to treat invalid rows as unreadable.

    Raises:
        DataError: Shapes do not fit, a class is named twice, or a row is invalid.

    >>> matrix = ProbabilityMatrix([[0.1, 0.9], [0.5, 0.5]], classes=("cat", "dog"))
    >>> matrix.labels().to_numpy().tolist()
    ['dog', 'cat']
    >>> matrix.labels(threshold=0.4).to_numpy().tolist()
    ['dog', 'dog']
    """

    def __init__(
        self,
        values: ArrayLike,
        classes: Iterable[object],
        row_ids: ArrayLike | None = None,
        true_labels: ArrayLike | None = None,
        *,
        threshold: float | None = None,
        validate: bool = True,
        tolerance: float = 0.02,
        on_invalid: OnInvalid = "raise",
    ) -> None:
        self._values = _matrix(values)
        self.classes = _class_names(classes, self._values.shape[1])
        self.true_labels = None if true_labels is None else _texts(true_labels, len(self))
        self.threshold = None if threshold is None else self._checked_threshold(threshold)
        self.unreadable = Checks(validate, tolerance, on_invalid).unreadable(self._values, "probabilities")
        self.n_unreadable = int(np.count_nonzero(self.unreadable))
        self._row_ids = None if row_ids is None else _row_ids(row_ids, len(self))

    @classmethod
    def read(
        cls,
        source: str | os.PathLike[str] | BinaryIO | TextIO | Mapping[str, str] | Manifest,
        *,
        store: ObjectStore | None = None,
        validate: bool = True,
        tolerance: float = 0.02,
        on_invalid: OnInvalid = "raise",
        limit: int = DEFAULT_LIMIT,
    ) -> ProbabilityMatrix:
        r"""
        Read the result of a batch prediction.

        A ``tag`` column gives the row ids, a ``trueLabel`` column the true labels. The result of a BINARY model
        (``bestAnswer,score``) becomes two columns, classes ``"0"`` and ``"1"``, with a `threshold` that gives the
        file's own answers: 0.5 if it does, the smallest score answered 1 otherwise.

        Args:
            source: A result, as path, ``s3://`` URI or file object, plain or gzip; or a manifest as path or URI (ending
                in ``.manifest``), `Manifest` or mapping, whose results are read in its order as one. The results of a
                manifest on disk are taken from the folder ``result`` beside it when they are there.
            store: Where ``s3://`` URIs are read from; S3, with boto3's own settings, when not given.
            validate: As for the class.
            tolerance: As for the class.
            on_invalid: As for the class.
            limit: The most bytes one result may have, decompressed.

        Raises:
            DataError: The file is not there, is no such result or is damaged; the error names file and line.

        >>> import io
        >>> matrix = ProbabilityMatrix.read(io.StringIO("tag,red,green\na,2.5E-1,7.5E-1\n\n"))
        >>> matrix.values
        array([[0.25, 0.75],
               [ nan,  nan]])
        >>> matrix.labels().to_numpy().tolist(), matrix.n_unreadable
        (['green', ''], 1)
        """
        read = read_parts(source, store, Checks(validate, tolerance, on_invalid), limit)
        return cls(
            read.values,
            read.classes,
            read.row_ids,
            read.true_labels,
            threshold=read.threshold,
            validate=False,  # each file was checked by itself, so that errors name its lines
            on_invalid="missing",
        )

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        n_rows, n_classes = self._values.shape
        return f"<ProbabilityMatrix: {n_rows} rows, {n_classes} classes, {self.n_unreadable} unreadable>"

    @property
    def values(self) -> Floats:
        """The probabilities, shape ``(n_rows, n_classes)``, for reading only."""
        view = self._values.view()
        view.flags.writeable = False
        return view

    @cached_property
    def row_ids(self) -> NDArray[Any]:
        """One for each row: those given, or else the numbers from 1."""
        return np.arange(1, len(self) + 1, dtype=np.int64) if self._row_ids is None else self._row_ids

    def labels(self, threshold: float | None = None) -> Labels:
        """
        One class for each row: the most probable, the first of equals.

        Args:
            threshold: With two classes only: give the second when its probability is at least this, else the first.
                `threshold` of the matrix when not given.

        Raises:
            ConfigError: *threshold* is not in 0 … 1, or there are not two classes.
        """
        limit = self.threshold if threshold is None else self._checked_threshold(threshold)
        codes = argmax(self._values) if limit is None else (self._values[:, 1] >= limit).astype(np.intp)
        return self._labelled(codes)

    def top(self, k: int) -> TopLabels:
        """
        The *k* most probable classes of each row, best first; equals in the order of the classes.

        Raises:
            ConfigError: There are not that many classes.

        >>> ProbabilityMatrix([[0.2, 0.5, 0.3]], classes="abc").top(2).labels
        array([['b', 'c']], dtype='<U1')
        """
        if not 1 <= k <= len(self.classes):
            raise ConfigError("k", str(k), f"1 to {len(self.classes)}, the number of classes")
        codes = np.empty((len(self), k), np.intp)
        for rows, block in blocks(self._values):
            codes[rows] = np.argsort(-block, axis=1, kind="stable")[:, :k]
        codes[self.unreadable] = -1
        return TopLabels(self, codes)

    def margin(self) -> NDArray[np.float64]:
        """
        How much more probable the best class is than the second best: 0 when they are equal, NaN when unreadable.

        >>> ProbabilityMatrix([[0.25, 0.5, 0.25]], classes="abc").margin()
        array([0.25])
        """
        if len(self.classes) == 1:
            return self._readable(self._values[:, 0].astype(np.float64))
        return self._readable(by_block(self._values, _margin))

    def entropy(self) -> NDArray[np.float64]:
        """
        How undecided each row is, in nats: 0 when one class is certain, log(n_classes) when all are equal.

        Rows are scaled to a sum of exactly one first. NaN when unreadable.

        >>> ProbabilityMatrix([[0.5, 0.5], [1.0, 0.0]], classes="ab").entropy().round(4)
        array([0.6931, 0.    ])
        """
        return self._readable(by_block(self._values, _entropy))

    def expected_cost(self, costs: ArrayLike) -> NDArray[np.float64]:
        """
        What each decision is expected to cost, for each row.

        Args:
            costs: Shape ``(n_classes, n_decisions)``: what the decision of the column costs when the class of the row
                is the true one.

        Returns:
            Shape ``(n_rows, n_decisions)``; NaN when unreadable. `cheapest` picks the best when decisions are classes.

        >>> matrix = ProbabilityMatrix([[0.9, 0.1]], classes=("harmless", "fatal"))
        >>> matrix.expected_cost([[0, 1], [100, 0]])
        array([[10. ,  0.9]])
        """
        table = np.asarray(costs, np.float64)
        if table.ndim != 2 or len(table) != len(self.classes):
            raise DataError("costs", "", f"a row for each of {len(self.classes)} classes", f"shape {table.shape}")
        return self._readable(by_block(self._values, lambda block: block @ table, table.shape[1]))

    def cheapest(self, costs: ArrayLike) -> Labels:
        """
        The class that is expected to cost least when given, for each row; the first of equals.

        Args:
            costs: Shape ``(n_classes, n_classes)``, as for `expected_cost`.

        >>> matrix = ProbabilityMatrix([[0.9, 0.1]], classes=("harmless", "fatal"))
        >>> matrix.cheapest([[0, 1], [100, 0]]).to_numpy().tolist()
        ['fatal']
        """
        expected = self.expected_cost(costs)
        if expected.shape[1] != len(self.classes):
            found = f"{expected.shape[1]} columns"
            raise DataError("costs", "", "a column for each class", found, "For other decisions use expected_cost.")
        return self._labelled(expected.argmin(axis=1))

    def compare(self, truth: object = None, *, threshold: float | None = None) -> Comparison:
        """
        How right the labels are: accuracy, macro F1, confusion matrix, and with classes 0 and 1 AUC and curve.

        Args:
            truth: A class for each row in their order, or a mapping of row ids to classes; by default `true_labels`.
                None and NaN are unknown, and left out, as are unreadable rows.
            threshold: As for `labels`.

        Raises:
            DataError: It does not fit the rows, or no row has both a prediction and a truth.
            ConfigError: There is no truth.

        >>> matrix = ProbabilityMatrix([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]], ("cat", "dog"), row_ids=["a", "b", "c"])
        >>> matrix.compare({"c": "dog", "a": "dog"}).accuracy
        0.5
        """
        from amlwrap.labels.comparison import compare_matrix

        return compare_matrix(self, truth, threshold)

    def with_truth(self, true_labels: ArrayLike) -> ProbabilityMatrix:
        """The same matrix beside other true labels; nothing is copied or checked again."""
        checked = _texts(true_labels, len(self))
        other = copy.copy(self)
        other.true_labels = checked
        return other

    def to_csv(self, path: str | os.PathLike[str] | TextIO, columns: Sequence[str] = ("ImageId", "Label")) -> None:
        """Write the labels, as `Labels.to_csv` does."""
        self.labels().to_csv(path, columns)

    def _labelled(self, codes: Codes) -> Labels:
        if self.n_unreadable:
            codes[self.unreadable] = -1
        return Labels(self, codes)

    def _readable(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """*numbers*, NaN where the row is unreadable."""
        if self.n_unreadable:
            numbers[self.unreadable] = np.nan
        return numbers

    def _checked_threshold(self, threshold: float) -> float:
        if len(self.classes) != 2:
            found = f"{threshold!r} with {len(self.classes)} classes"
            raise ConfigError(
                "threshold", found, "none", "Only two classes have one; for more, see margin() and top()."
            )
        if not 0 <= threshold <= 1:
            raise ConfigError("threshold", repr(threshold), "a probability, 0 … 1")
        return float(threshold)


def _margin(block: Floats) -> Floats:
    two = np.partition(block, -2, axis=1)[:, -2:]
    return np.asarray(two[:, 1] - two[:, 0])


def _entropy(block: Floats) -> Floats:
    p = block.astype(np.float64)
    p /= p.sum(axis=1, keepdims=True)
    nats = -np.where(p == 0, 0.0, p * np.log(p)).sum(axis=1)
    return np.asarray(np.clip(nats, 0.0, np.log(block.shape[1])) + 0.0)  # which makes -0.0 plain


def _matrix(values: ArrayLike) -> Floats:
    """*values* as a matrix of floats, without a copy when it is one."""
    try:
        given = np.asarray(values)
        usable = given.dtype == np.float32 or given.dtype == np.float64  # noqa: PLR1714 - only == knows byte orders
        array: Floats = given if usable else given.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("probabilities", "", "a matrix of numbers", str(error)) from error
    if array.ndim != 2 or not array.shape[1]:
        expected = "a row per record and a column per class"
        raise DataError("probabilities", "", expected, f"shape {array.shape}")
    return array


def _class_names(classes: Iterable[object], n_columns: int) -> tuple[str, ...]:
    names = tuple(str(name) for name in classes)
    if len(names) != n_columns:
        raise DataError("probabilities", "", f"a column for each of {len(names)} classes", f"{n_columns} columns")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError("classes", "", "each class once", f"{twice!r} again")
    return names


def _row_ids(row_ids: ArrayLike, n_rows: int) -> NDArray[Any]:
    ids = np.asarray(row_ids)
    if ids.shape != (n_rows,):
        raise DataError("row ids", "", f"one for each of {n_rows} rows", f"shape {ids.shape}")
    return ids


def _text(label: object) -> str:
    return "" if label is None or label != label else str(label)  # noqa: PLR0124 - NaN is what pandas has for None


def _texts(labels: ArrayLike, n_rows: int) -> NDArray[Any]:
    """*labels* as text, None as an unknown one."""
    array: NDArray[Any] = np.asarray(labels)
    if array.shape != (n_rows,):
        raise DataError("true labels", "", f"one for each of {n_rows} rows", f"shape {array.shape}")
    if array.dtype.kind == "O":
        return each(_text, array)
    return array if array.dtype.kind == "U" else array.astype(np.str_)

"""How much an attribute says about the target: measures from 0, nothing, to 1, everything."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn
from amlwrap.local.ingest.quantiles import Quantiles

MAX_CLASSES = 1_000
"""Classes or levels told apart; what lies beyond makes no measure."""
_N_TARGET_BINS = 10


@attrs.frozen(eq=False)
class Target:
    """
    The target, ready to be compared with many attributes.

    Attributes:
        codes: int64, shape ``(n,)``: the class of each row, -1 where there is none. Of a NUMERIC target, its tenth.
        n_classes: Classes.
        values: float64, shape ``(n,)``: a NUMERIC target's values, NaN where missing; None of the other types.
    """

    codes: NDArray[np.int64]
    n_classes: int
    values: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, column: Column) -> Target | None:
        """*column* as a target; None when it has too many classes to be one, or is text."""
        if isinstance(column, BinaryColumn):
            return cls(column.values.astype(np.int64), 2)
        if isinstance(column, CategoricalColumn):
            n_classes = len(column.vocabulary)
            return cls(column.codes.astype(np.int64), n_classes) if n_classes <= MAX_CLASSES else None
        if isinstance(column, NumericColumn):
            return cls._numeric(column)
        return None

    @classmethod
    def _numeric(cls, column: NumericColumn) -> Target:
        values = column.values.astype(np.float64)
        if column.missing is not None:
            values[column.missing] = np.nan
        edges = Quantiles.of(values[~np.isnan(values)]).edges(_N_TARGET_BINS)
        codes = np.where(np.isnan(values), -1, np.searchsorted(edges, values))
        return cls(codes, len(edges) + 1, values)


def correlation_ratio(joint: NDArray[Any], values: NDArray[Any]) -> float | None:
    """
    How far the classes' means lie apart, as a share of the whole spread: the square root of SSB / SST.

    Args:
        joint: Shape ``(n_classes, n_values)``: how often each class goes with each value.
        values: Shape ``(n_values,)``.

    Returns:
        None when there is no spread.

    Source: Pearson (1905), the correlation ratio η. With two classes it is the size of the correlation coefficient.

    >>> correlation_ratio(np.array([[2, 0], [0, 3]]), np.array([0.0, 1.0]))
    1.0
    """
    sizes = joint.sum(axis=1)
    return _ratio(sizes, joint @ values, float(joint.sum(axis=0) @ np.square(values, dtype=np.float64)))


def grouped_ratio(codes: NDArray[Any], n_classes: int, values: NDArray[np.float64]) -> float | None:
    """The correlation ratio, row by row: *codes* are classes, none negative, *values* finite and of the same shape."""
    if not len(values):
        return None
    centred = values - values.mean()
    sizes = np.bincount(codes, minlength=n_classes)
    return _ratio(sizes, np.bincount(codes, weights=centred, minlength=n_classes), float(centred @ centred))


def pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """
    Size of the correlation coefficient of finite values; None when one of them is constant.

    >>> pearson(np.array([0.0, 1.0, 0.0, 1.0]), np.array([3.0, 2.0, 3.0, 2.0]))
    1.0
    """
    if not len(a):
        return None
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt(a @ a) * np.sqrt(b @ b))
    return min(1.0, abs(float(a @ b)) / spread) if spread > 0 and np.isfinite(spread) else None


def cramers_v(joint: NDArray[Any]) -> float | None:
    """
    Cramér's V of a contingency table; None when one side has a single class.

    Source: Cramér (1946), section 21.9.

    >>> cramers_v(np.array([[2, 0], [0, 3]]))
    1.0
    """
    joint = joint[joint.sum(axis=1) > 0][:, joint.sum(axis=0) > 0].astype(np.float64)
    degrees = min(joint.shape) - 1
    if degrees < 1:
        return None
    n = joint.sum()
    expected = np.outer(joint.sum(axis=1), joint.sum(axis=0)) / n
    chi_square = float(((joint - expected) ** 2 / expected).sum())
    return min(1.0, float(np.sqrt(chi_square / n / degrees)))


def information(joint: NDArray[Any], totals: NDArray[Any]) -> NDArray[np.float64]:
    """
    Mutual information of each word's presence and the class, as a share of the class's own entropy.

    Args:
        joint: Shape ``(n_words, n_classes)``: rows of each class that hold the word.
        totals: Shape ``(n_classes,)``: rows of each class.

    >>> information(np.array([[2, 0], [1, 1]]), np.array([2, 2]))
    array([1., 0.])
    """
    n = totals.sum()
    negative_entropy = float(_plogp(totals / max(n, 1)).sum())
    if negative_entropy == 0:
        return np.zeros(len(joint))
    present = joint.sum(axis=1, keepdims=True)
    cells = np.stack([joint, totals - joint]) / n
    words = np.concatenate([present, n - present], axis=1) / n
    shared = _plogp(cells).sum(axis=(0, 2)) - _plogp(words).sum(axis=1) - negative_entropy
    told: NDArray[np.float64] = np.clip(shared / -negative_entropy, 0.0, 1.0)
    return told


def _plogp(shares: NDArray[Any]) -> NDArray[np.float64]:
    logs = np.log(shares, where=shares > 0, out=np.zeros(shares.shape))
    products: NDArray[np.float64] = shares * logs
    return products


def _ratio(sizes: NDArray[Any], sums: NDArray[Any], square_sum: float) -> float | None:
    """The correlation ratio from each class's size and sum, and the sum of all squares."""
    n, total = int(sizes.sum()), float(sums.sum())
    if not n:
        return None
    held = sizes > 0
    between = float((np.square(sums[held], dtype=np.float64) / sizes[held]).sum()) - total * total / n
    whole = square_sum - total * total / n
    if not np.isfinite(whole) or whole <= 1e-12 * square_sum:
        return None
    return float(np.sqrt(min(1.0, max(0.0, between / whole))))

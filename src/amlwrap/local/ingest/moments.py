"""Moments that merge: mean and spread of runs of values, put together without squares of large numbers."""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

_NO_SPREAD = 1e-14  # a deviation that is a smaller part of the mean than this is rounding


@attrs.define
class Moments:
    """
    Mean and variance of all values so far.

    Source: Chan, Golub and LeVeque (1979), the pairwise update of centred sums, here divided by their number.

    >>> moments = Moments()
    >>> moments.add(2, 1.0, 0.0)
    >>> moments.add(2, 3.0, 0.0)
    >>> moments.mean, moments.variance
    (2.0, 1.0)
    """

    n: int = 0
    mean: float = 0.0
    variance: float = 0.0

    def add(self, n: int, mean: float, variance: float) -> None:
        """Merge a run of *n* values."""
        if not n:
            return
        self.n += n
        share = n / self.n
        delta = mean - self.mean
        spread = np.float64(delta) * (1.0 - share) * delta  # its square first would be infinite too soon
        self.variance += (variance - self.variance) * share + float(spread) * share
        self.mean = self.mean + delta * share if math.isfinite(delta) else self.mean * (1.0 - share) + mean * share

    @property
    def deviation(self) -> float | None:
        """The population's standard deviation; None when there are no values, or it is beyond float64."""
        return math.sqrt(max(0.0, self.variance)) if self.n and math.isfinite(self.variance) else None

    @property
    def has_spread(self) -> bool:
        """Whether the values differ by more than rounding, and not by more than float64 holds."""
        deviation = self.deviation
        return deviation is not None and deviation > _NO_SPREAD * abs(self.mean)


@attrs.frozen(eq=False)
class Spreads:
    """
    Moments of several columns side by side: arrays with an entry for each.

    >>> Spreads.of(np.array([1.0, 3.0, 7.0]), np.array([2, 2, 5]), np.array([0, 2, 3])).column(0)
    Moments(n=4, mean=2.0, variance=1.0)
    """

    n: NDArray[np.int64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.float64], counts: NDArray[np.int64], bounds: NDArray[np.intp]) -> Spreads:
        """
        Moments of *values* that occur so and so often.

        Args:
            values: One column's after the other's.
            counts: How often each occurs, zero times among them.
            bounds: Where the columns begin, and the last one ends; there is a value in each.
        """
        starts, lengths = bounds[:-1], np.diff(bounds)
        n = np.add.reduceat(counts, starts)
        shares = counts / np.repeat(np.maximum(n, 1), lengths)
        mean = np.add.reduceat(values * shares, starts)
        variance = np.add.reduceat(np.square(values - np.repeat(mean, lengths)) * shares, starts)
        return cls(n, mean, variance)

    def column(self, place: int) -> Moments:
        """The moments of one column."""
        return Moments(int(self.n[place]), float(self.mean[place]), float(self.variance[place]))

    @property
    def deviations(self) -> NDArray[np.float64]:
        """The population's standard deviations."""
        found: NDArray[np.float64] = np.sqrt(self.variance)
        return found


def ratios(sizes: NDArray[np.int64], means: NDArray[np.float64], whole: Spreads) -> list[float | None]:
    """
    How far the means of groups lie apart, as a share of the whole spread, in several columns; None where there is none.

    Source: Pearson (1905), the correlation ratio η. With two groups it is the size of the correlation coefficient.

    Args:
        sizes, means: Of the values of each group, shape ``(n_groups, n_columns)``.
        whole: Of all values.
    """
    spread = np.isfinite(whole.variance) & (np.sqrt(whole.variance) > _NO_SPREAD * np.abs(whole.mean))
    shares = sizes / np.maximum(whole.n, 1)
    apart = np.square(np.where(sizes > 0, means - whole.mean, 0.0))
    between = (apart * shares).sum(axis=0)
    found = np.sqrt(np.minimum(1.0, between / np.where(spread, whole.variance, 1.0)))
    return [ratio if told else None for ratio, told in zip(found.tolist(), spread.tolist(), strict=True)]


@attrs.define
class Groups:
    """
    Means of the values of each group, beside the moments of all: what a correlation ratio is made of.

    Attributes:
        sizes, means: Shape ``(n_groups,)``; groups may be added as values come.
        whole: Of all values.
    """

    sizes: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(0, np.int64))
    means: NDArray[np.float64] = attrs.field(factory=lambda: np.zeros(0))
    whole: Moments = attrs.field(factory=Moments)

    def add(self, codes: NDArray[Any], n_groups: int, values: NDArray[np.float64]) -> None:
        """Merge values row by row: *codes* are groups, none negative; *values* finite and of the same shape."""
        if not len(values):
            return
        mean = float(values.mean())
        centred = values - mean
        sizes = np.bincount(codes, minlength=n_groups)
        sums = np.bincount(codes, weights=centred, minlength=n_groups)
        offset = float(sums.sum()) / len(values)
        variance = float(centred @ centred) / len(values) - offset * offset
        self.merge(Groups(sizes, mean + sums / np.maximum(sizes, 1), Moments(len(values), mean + offset, variance)))

    def merge(self, other: Groups) -> None:
        """Merge what is known of other values."""
        sizes, means = other.sizes, other.means
        if not len(self.sizes):
            self.sizes, self.means = sizes, means
        elif other.whole.n:
            n_groups = max(len(sizes), len(self.sizes))
            old, new = np.zeros(n_groups, np.int64), np.zeros(n_groups, np.int64)
            old[: len(self.sizes)], new[: len(sizes)] = self.sizes, sizes
            merged = np.zeros(n_groups)
            merged[: len(self.means)] = self.means
            shares = new[: len(sizes)] / np.maximum(old + new, 1)[: len(sizes)]
            merged[: len(sizes)] += (means - merged[: len(sizes)]) * shares
            self.sizes, self.means = old + new, merged
        self.whole.add(other.whole.n, other.whole.mean, other.whole.variance)

    @property
    def ratio(self) -> float | None:
        """
        The correlation ratio; None when the values do not differ.

        >>> groups = Groups()
        >>> groups.add(np.array([0, 0, 1, 1, 1]), 2, np.array([0.0, 0.0, 1.0, 1.0, 1.0]))
        >>> round(groups.ratio, 12)
        1.0
        """
        whole = Spreads(*(np.array([value]) for value in (self.whole.n, self.whole.mean, self.whole.variance)))
        return ratios(self.sizes[:, None], self.means[:, None], whole)[0] if self.whole.n else None


@attrs.define
class Pair:
    """Moments of two variables side by side, and how they vary together."""

    a: Moments = attrs.field(factory=Moments)
    b: Moments = attrs.field(factory=Moments)
    covariance: float = 0.0

    def add(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
        """Merge finite values, row by row."""
        n = len(a)
        if not n:
            return
        means = float(a.mean()), float(b.mean())
        a, b = a - means[0], b - means[1]
        share = n / (n + self.a.n)
        between = (means[0] - self.a.mean) * (1.0 - share) * (means[1] - self.b.mean)
        self.covariance += (float(a @ b) / n - self.covariance) * share + between * share
        self.a.add(n, means[0], float(a @ a) / n)
        self.b.add(n, means[1], float(b @ b) / n)

    @property
    def correlation(self) -> float | None:
        """
        Size of Pearson's correlation coefficient; None when one of the two is constant.

        >>> pair = Pair()
        >>> pair.add(np.array([0.0, 1.0, 0.0, 1.0]), np.array([3.0, 2.0, 3.0, 2.0]))
        >>> pair.correlation
        1.0
        """
        if not (self.a.has_spread and self.b.has_spread):
            return None
        spread = math.sqrt(self.a.variance) * math.sqrt(self.b.variance)
        return min(1.0, abs(self.covariance) / spread) if spread > 0 and math.isfinite(self.covariance) else None

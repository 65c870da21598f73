"""From probabilities to labels in memory, beside numpy's argmax of the same matrix."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from amlwrap.labels import ProbabilityMatrix
from bench._figures import Line, Report, figure, ratio
from bench._timing import Options, race

N_ROWS = 1_000_000
N_CLASSES = 10
ORDERS: tuple[Literal["C", "F"], ...] = ("C", "F")


def run(options: Options) -> Report:
    """Both memory orders, both widths, and the memory it takes."""
    values = probabilities(N_ROWS)
    return Report([*_times(values, options.n_quick_runs), _extra_memory(values)], f"{N_ROWS:,} × {N_CLASSES}")


def probabilities(n_rows: int) -> NDArray[np.float64]:
    """Rows that sum to one, the same every time."""
    return np.random.default_rng(2026).dirichlet(np.full(N_CLASSES, 0.2), size=n_rows)


def _times(values: NDArray[np.float64], n_runs: int) -> Iterator[Line]:
    for dtype in (np.float64, np.float32):
        for order in ORDERS:
            array: NDArray[Any] = np.asarray(values, dtype, order=order)
            yield _time(array, f"labels(), {np.dtype(dtype)}, {order} order", n_runs)


def _time(array: NDArray[Any], name: str, n_runs: int) -> Line:
    matrix = ProbabilityMatrix(array, range(N_CLASSES))
    return ratio(name, race(matrix.labels, lambda: np.argmax(array, axis=1), n_runs), at_most=1.25)


def _extra_memory(values: NDArray[np.float64]) -> Line:
    """What labels() allocates beside its codes, as a share of the matrix."""
    matrix = ProbabilityMatrix(values, range(N_CLASSES))
    tracemalloc.start()
    labels = matrix.labels()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    extra = (peak - labels.codes.nbytes) / matrix.values.nbytes
    return figure("labels(), memory beside the codes, of the matrix", "share", extra, at_most=0.1)

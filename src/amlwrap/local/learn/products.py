"""
Products of a batch's sparse rows with a few columns of weights or slopes.

These are SciPy's own loops, called on the arrays they work on: a step is so short that making a matrix object, and
finding out what to do with it, would take longer than the product.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import _sparsetools as loops

from amlwrap.local.learn.losses import Floats

_LOOPS: Any = loops


@attrs.frozen(eq=False)
class Rows:
    """
    Compressed sparse rows, in the arrays that SciPy's matrices have.

    Attributes:
        data: Values of the entries.
        indices: Their columns, int32.
        indptr: Where among them each row's entries begin, and where the last one's end, int32.
        shape: Number of rows and columns.
    """

    data: Floats
    indices: NDArray[np.int32]
    indptr: NDArray[np.int32]
    shape: tuple[int, int]

    @property
    def nnz(self) -> int:
        """Number of entries."""
        return int(self.indptr[-1] - self.indptr[0])

    def between(self, start: int, stop: int) -> Rows:
        """The rows from *start* to *stop*, that one excluded; they share the entries' arrays."""
        return Rows(self.data, self.indices, self.indptr[start : stop + 1], (stop - start, self.shape[1]))

    def times(self, weights: Floats) -> Floats:
        """The rows times *weights* of shape ``(n_columns, n)``, shape ``(n_rows, n)``."""
        n = weights.shape[1]
        product = np.zeros((self.shape[0], n), np.float32)
        arrays = (self.indptr, self.indices, self.data, weights.ravel(), product.ravel())
        if n == 1:
            _LOOPS.csr_matvec(*self.shape, *arrays)
        else:
            _LOOPS.csr_matvecs(*self.shape, n, *arrays)
        return product

    def turned_times(self, slopes: Floats) -> Floats:
        """The transposed rows times *slopes* of shape ``(n_rows, n)``, shape ``(n_columns, n)``."""
        n = slopes.shape[1]
        product = np.zeros((self.shape[1], n), np.float32)
        arrays = (self.indptr, self.indices, self.data, slopes.ravel(), product.ravel())
        if n == 1:
            _LOOPS.csc_matvec(self.shape[1], self.shape[0], *arrays)
        else:
            _LOOPS.csc_matvecs(self.shape[1], self.shape[0], n, *arrays)
        return product

"""Products of sparse rows are those of dense ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from amlwrap.local.learn.products import Rows


@pytest.mark.parametrize("width", [1, 3])
def test_products_are_those_of_dense_matrices(width: int) -> None:
    """Rows times weights, and turned rows times slopes, of one column and of several."""
    rng = np.random.default_rng(1)
    dense = np.where(rng.random((7, 5)) < 0.4, rng.normal(size=(7, 5)), 0).astype(np.float32)
    matrix = sparse.csr_array(dense)
    rows = Rows(matrix.data, matrix.indices, matrix.indptr, (7, 5))
    weights, slopes = (rng.normal(size=(n, width)).astype(np.float32) for n in (5, 7))
    np.testing.assert_allclose(dense @ weights, rows.times(weights), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dense.T @ slopes, rows.turned_times(slopes), rtol=1e-5, atol=1e-6)
    assert rows.nnz == matrix.nnz


def test_rows_between_are_rows_of_their_own() -> None:
    """The middle rows alone: their products, and how many entries they hold."""
    rng = np.random.default_rng(2)
    dense = np.where(rng.random((7, 5)) < 0.4, rng.normal(size=(7, 5)), 0).astype(np.float32)
    matrix = sparse.csr_array(dense)
    middle = Rows(matrix.data, matrix.indices, matrix.indptr, (7, 5)).between(2, 5)
    weights, slopes = (rng.normal(size=(n, 2)).astype(np.float32) for n in (5, 3))
    np.testing.assert_allclose(dense[2:5] @ weights, middle.times(weights), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dense[2:5].T @ slopes, middle.turned_times(slopes), rtol=1e-5, atol=1e-6)
    assert middle.nnz == np.count_nonzero(dense[2:5])

"""The design matrix: sparse rows in single precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from scipy import sparse

Matrix: TypeAlias = "sparse.csr_array[np.float32, tuple[int, int]]"
"""Compressed sparse rows, shape ``(n_rows, n_columns)``."""

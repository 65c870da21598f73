"""The bound on a model's size: the weights that matter least are trimmed."""

from __future__ import annotations

import numpy as np

from amlwrap.documents.training_log import BYTES_PER_PARAMETER
from amlwrap.local.learn.losses import Floats


def prune(weights: Floats, max_bytes: int) -> int:
    """
    Set the smallest of *weights* to zero until the others fit into *max_bytes*, in place.

    Returns:
        How many weights were trimmed.

    >>> weights = np.array([[0.5], [-0.1], [2.0]], np.float32)
    >>> prune(weights, 200), weights.ravel().tolist()
    (1, [0.5, 0.0, 2.0])
    """
    allowed = max_bytes // BYTES_PER_PARAMETER
    live = np.flatnonzero(weights)
    excess = len(live) - allowed
    if excess <= 0:
        return 0
    flat = weights.reshape(-1)
    smallest = live[np.argpartition(np.abs(flat[live]), excess - 1)[:excess]]
    flat[smallest] = 0.0
    return int(excess)

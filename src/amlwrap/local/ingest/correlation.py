"""How much an attribute says about the target: measures from 0, nothing, to 1, everything."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


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


def presence_entropy(n_rows: NDArray[Any], n: int) -> NDArray[np.float64]:
    """
    Entropy, in nats, of whether a row holds a word that *n_rows* of *n* rows hold: most for what half of them hold.

    >>> presence_entropy(np.array([2, 1]), 4).round(3)
    array([0.693, 0.562])
    """
    shares = n_rows / max(n, 1)
    entropy: NDArray[np.float64] = -_plogp(shares) - _plogp(1 - shares)
    return entropy


def _plogp(shares: NDArray[Any]) -> NDArray[np.float64]:
    logs = np.log(shares, where=shares > 0, out=np.zeros(shares.shape))
    products: NDArray[np.float64] = shares * logs
    return products

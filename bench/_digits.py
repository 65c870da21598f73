"""Input of the size of Kaggle's Digit Recognizer: 42,000 digits to learn from and 28,000 to label, 784 pixels each."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.documents.schema import Attribute, Schema

Pixels: TypeAlias = NDArray[np.uint8]

N_TRAIN, N_TEST = 42_000, 28_000
SIDE = 28
SEED = 20_260_117

NAMES = tuple(f"pixel{place}" for place in range(SIDE * SIDE))
SCHEMA = Schema([Attribute("label", "CATEGORICAL"), *(Attribute(name, "NUMERIC") for name in NAMES)], target="label")


@attrs.frozen(eq=False)
class Digits:
    """
    Digits in random order.

    Attributes:
        train: Shape ``(42000, 784)``.
        train_labels: Shape ``(42000,)``.
        test: Shape ``(28000, 784)``.
        test_labels: Shape ``(28000,)``.
        are_real: Whether people wrote them; bounds on accuracy are for these only.
    """

    train: Pixels
    train_labels: Pixels
    test: Pixels
    test_labels: Pixels
    are_real: bool

    @property
    def note(self) -> str:
        """What a table must say of them."""
        rows = f"{len(self.train):,} digits to learn from, {len(self.test):,} to label"
        if self.are_real:
            return rows
        return f"{rows}: synthetic, scikit-learn's 8 × 8 digits enlarged, moved and made noisy; no bounds on accuracy"

    def at_least(self, accuracy: float) -> float | None:
        """A bound on accuracy, where there is one."""
        return accuracy if self.are_real else None

    def write(self, folder: Path) -> tuple[Path, Path]:
        """train.csv and test.csv, as Kaggle has them."""
        train, test = folder / "train.csv", folder / "test.csv"
        labels = pl.Series("label", self.train_labels)
        pl.from_numpy(self.train, NAMES).insert_column(0, labels).write_csv(train)
        pl.from_numpy(self.test, NAMES).write_csv(test)
        return train, test


def draw(path: Path | None) -> Digits:
    """Digits drawn from the .npz at *path*, or made up without one; the same every time."""
    rng = np.random.default_rng(SEED)
    if path is None:
        return _made_up(rng)
    with np.load(path, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    order = rng.permutation(len(labels))[: N_TRAIN + N_TEST]
    train, test = order[:N_TRAIN], order[N_TRAIN:]
    return Digits(images[train], labels[train], images[test], labels[test], are_real=True)


def _made_up(rng: np.random.Generator) -> Digits:
    """Variations of scikit-learn's digits; those to label vary originals that nobody learned from."""
    from sklearn.datasets import load_digits

    images, labels = _arrays(load_digits(return_X_y=True))
    small: NDArray[np.float32] = images.reshape(-1, 8, 8).astype(np.float32) * np.float32(255 / 16)
    order = rng.permutation(len(labels))
    cut = round(len(order) * N_TRAIN / (N_TRAIN + N_TEST))
    train, test = rng.choice(order[:cut], N_TRAIN), rng.choice(order[cut:], N_TEST)
    return Digits(
        vary(small[train], rng),
        labels[train].astype(np.uint8),
        vary(small[test], rng),
        labels[test].astype(np.uint8),
        are_real=False,
    )


def _arrays(loaded: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What scikit-learn loaded, whose types say too little."""
    images, labels = loaded
    return images, labels


def vary(small: NDArray[np.float32], rng: np.random.Generator) -> Pixels:
    """
    Digits of 8 × 8 pixels as 28 × 28: enlarged to 20 × 20, put somewhere, every inked pixel a little lighter or darker.

    Returns:
        Shape ``(n, 784)``.
    """
    enlarge = _enlargement(8, 20)
    images = np.zeros((len(small), SIDE, SIDE), np.float32)
    downs, rights = rng.integers(2, 7, (2, len(small)))
    for down, right in np.unique(np.column_stack([downs, rights]), axis=0).tolist():
        here = np.flatnonzero((downs == down) & (rights == right))
        images[here, down : down + 20, right : right + 20] = enlarge @ small[here] @ enlarge.T
    images *= rng.uniform(0.6, 1.4, images.shape).astype(np.float32)
    return np.clip(images, 0, 255).astype(np.uint8).reshape(len(small), -1)


def _enlargement(n_from: int, n_to: int) -> NDArray[np.float32]:
    """Linear interpolation as a matrix, shape ``(n_to, n_from)``."""
    places = np.linspace(0, n_from - 1, n_to)
    rows: list[NDArray[Any]] = [np.interp(places, np.arange(n_from), unit) for unit in np.eye(n_from)]
    return np.column_stack(rows).astype(np.float32)

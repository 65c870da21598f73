"""
A trained model: rows in, scores out, and itself as plain files.

Batch, realtime and evaluation all score through here. A row's score is one sparse product with the weights, summed in
the order of the row's own columns, so it has the same bits in whatever company the row comes. Of many rows that hold
levels alone the product is not made but looked up (see `lookup`), in the same order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, TypeAlias

import attrs
import numpy as np

from amlwrap.documents.recipe_expressions import Output
from amlwrap.local.features import storage
from amlwrap.local.features.encoder import BLOCK_ROWS, Encoder
from amlwrap.local.features.evaluation import Rows
from amlwrap.local.features.matrix import Matrix
from amlwrap.local.learn.losses import Floats, probability_of_one, softmax
from amlwrap.local.score.lookup import Lookup

ModelType: TypeAlias = Literal["BINARY", "MULTICLASS", "REGRESSION"]

_DOCUMENT, _WEIGHTS = "model.json", "weights.npz"
_SUMS_AT_ONCE = 1 << 15


@attrs.frozen(eq=False, slots=False)
class LinearModel:
    """
    Weights behind an encoder.

    Attributes:
        classes: Labels of the score columns; empty for a regression.
        weights: Shape ``(n_columns, n_outputs)``; one output but for MULTICLASS, which has one a class.
        bias: Shape ``(n_outputs,)``.
        mean: What a regression adds to its scaled score; zero for the others.
        deviation: What a regression multiplies its score by; one for the others.
        majority: The class that training rows held most often.
    """

    type: ModelType
    classes: tuple[str, ...]
    encoder: Encoder
    weights: Floats
    bias: Floats
    mean: float = 0.0
    deviation: float = 1.0
    majority: int = 0

    def score_blocks(self, rows: Rows) -> Iterator[Floats]:
        """Scores of *rows*, some at a time, in order: shapes as in `scores`."""
        if self.encoder.has_levels_alone:
            for codes in self.encoder.levels(rows, max(BLOCK_ROWS, _SUMS_AT_ONCE // len(self.bias))):
                yield self._linked(self._lookup.sums(codes) + self.bias)
            return
        for block in self.encoder.blocks(rows):
            yield self.scores_of(block.matrix)

    @cached_property
    def _lookup(self) -> Lookup:
        return Lookup.of(self.encoder, self.weights)

    def scores_of(self, matrix: Matrix) -> Floats:
        """Scores of encoded rows: shapes as in `scores`."""
        linear: Floats = matrix @ self.weights + self.bias
        return self._linked(linear)

    def scores(self, rows: Rows) -> Floats:
        """
        Scores of *rows*.

        Returns:
            BINARY: probability of class 1, shape ``(n_rows,)``. MULTICLASS: probability of each class, shape
            ``(n_rows, n_classes)``. REGRESSION: the predicted number, shape ``(n_rows,)``.
        """
        blocks = list(self.score_blocks(rows))
        shape = (0, len(self.classes)) if self.type == "MULTICLASS" else (0,)
        return np.concatenate(blocks) if blocks else np.zeros(shape, np.float32)

    def _linked(self, linear: Floats) -> Floats:
        if self.type == "MULTICLASS":
            return softmax(linear)
        if self.type == "BINARY":
            return probability_of_one(linear[:, 0])
        largest = np.finfo(np.float32).max
        numbers = linear[:, 0].astype(np.float64) * self.deviation + self.mean
        return np.clip(numbers, -largest, largest).astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write the model into *folder*, as JSON and NumPy arrays."""
        document = {
            "version": 1,
            "type": self.type,
            "classes": self.classes,
            "mean": self.mean,
            "deviation": self.deviation,
            "majority": self.majority,
        }
        (folder / _DOCUMENT).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / _WEIGHTS, weights=self.weights, bias=self.bias)
        storage.save(self.encoder, folder)

    @classmethod
    def load(cls, folder: Traversable, outputs: Sequence[Output]) -> LinearModel:
        """The model saved in *folder*; *outputs* are its recipe's on its training schema."""
        document = json.loads((folder / _DOCUMENT).read_text(encoding="utf-8"))
        with (folder / _WEIGHTS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            weights, bias = arrays["weights"], arrays["bias"]
        encoder = storage.load(folder, outputs)
        return cls(
            type=document["type"],
            classes=tuple(document["classes"]),
            encoder=encoder,
            weights=weights,
            bias=bias,
            mean=document["mean"],
            deviation=document["deviation"],
            majority=document["majority"],
        )

"""
Scores of rows that hold one level of each variable, without a matrix: the weight of each level is looked up, and added.

The sums have the bits of the product with the design matrix. That adds up what a row holds in the order of its columns,
and these are the levels of one variable after the other; then come the columns for unseen levels, whose weights are
therefore added last. A level that is implied weighs nothing in either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.features.encoder import IMPLIED, Encoder
from amlwrap.local.learn.losses import Floats

__all__ = ["Lookup"]


@attrs.frozen(eq=False)
class Lookup:
    """
    Weights by variable and code.

    Attributes:
        marked: Shape ``(n_codes, n_outputs)`` each; NaN for a level that training never held.
        trained: The same with zero for such levels.
        unseen: What these weigh, and zero for all others.
    """

    marked: tuple[Floats, ...]
    trained: tuple[Floats, ...]
    unseen: tuple[Floats, ...]

    @classmethod
    def of(cls, encoder: Encoder, weights: Floats) -> Self:
        """The weights of an *encoder* of levels alone, by code instead of column."""
        weighed = np.concatenate([weights, np.zeros((1, weights.shape[1]), np.float32)])  # the last one is `IMPLIED`
        assert IMPLIED == -1
        all_places = [placed.places for placed in encoder.outputs]
        is_unseen = [places >= encoder.layout.n_trained for places in all_places]
        tables = [weighed[places] for places in all_places]
        pairs = list(zip(tables, is_unseen, strict=True))
        zero = np.float32(0)
        return cls(
            tuple(np.where(unseen[:, None], np.float32(np.nan), table) for table, unseen in pairs),
            tuple(np.where(unseen[:, None], zero, table) for table, unseen in pairs),
            tuple(np.where(unseen[:, None], table, zero) for table, unseen in pairs),
        )

    def sums(self, codes: Sequence[NDArray[np.unsignedinteger[Any]]]) -> Floats:
        """
        Weights of each row's levels, added up.

        Args:
            codes: One of each variable for each row, shape ``(n_rows,)`` each.

        Returns:
            Shape ``(n_rows, n_outputs)``.
        """
        total = _added(None, self.marked, codes)
        odd = np.flatnonzero(np.isnan(total[:, 0]))
        if len(odd):
            few = [some[odd] for some in codes]
            total[odd] = _added(_added(None, self.trained, few), self.unseen, few)
        return total


def _added(total: Floats | None, tables: Sequence[Floats], codes: Sequence[NDArray[np.unsignedinteger[Any]]]) -> Floats:
    for table, some in zip(tables, codes, strict=True):
        weights: Floats = table.take(some, axis=0)
        if total is None:
            total = weights + np.float32(0)  # as a sum that begins with zero: there is no negative one
        else:
            total += weights
    assert total is not None
    return total

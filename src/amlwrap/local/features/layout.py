"""
Which column of the design matrix stands for what.

First come the variables with one level a row, a run of columns each: the level that training rows held most often,
then the others. The most frequent level is *implied*: a row that holds no other level of the variable holds it, and
the matrix stores the exceptions only. Then come numbers and tokens, which imply nothing. Last comes a column for each
variable's unseen levels: they hold no place in training, and say that not even the most frequent level is there.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray


@attrs.frozen(eq=False)
class Layout:
    """
    The columns of a design matrix, by what they stand for.

    Attributes:
        starts: First column of each variable with levels, which is that of its implied level.
        shares: Share of the training rows that hold the implied level, one for each of *starts*.
        n_levels: Columns of all these variables together; runs end where the next starts, the last one here.
        n_trained: Columns that training rows can hold: levels, numbers and tokens.
    """

    starts: NDArray[np.intp]
    shares: NDArray[np.float32]
    n_levels: int
    n_trained: int

    @property
    def n_columns(self) -> int:
        """Width of the design matrix, the columns for unseen levels included."""
        return self.n_trained + len(self.starts)

    def unseen(self, variable: int) -> int:
        """The column for the unseen levels of the *variable*-th variable with levels."""
        return self.n_trained + variable

    def fold(
        self, weights: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """
        Weights of all levels as weights of the stored entries alone.

        What the implied levels weigh goes into the bias, and is taken off again by whatever stands in their place.
        While they are learned they count as the share by which a row differs from the mean row, so that mean row
        scores the bias.

        Args:
            weights: Shape ``(n_trained, n_outputs)``.
            bias: Shape ``(n_outputs,)``.

        Returns:
            Weights of shape ``(n_columns, n_outputs)``, zero for the implied levels, and the bias to go with them.
        """
        implied = weights[self.starts]
        lengths = np.diff(np.append(self.starts, self.n_levels))
        levels = weights[: self.n_levels] - np.repeat(implied, lengths, axis=0)
        folded = np.concatenate([levels, weights[self.n_levels :], -implied])
        return folded, np.asarray(bias + (1 - self.shares) @ implied, np.float32)

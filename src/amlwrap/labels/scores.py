"""The results of a REGRESSION model, as numbers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from amlwrap.labels._parsing import ScoredPart, parse_scores
from amlwrap.labels._reading import DEFAULT_LIMIT, concatenated_if_all, content_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from amlwrap.labels.comparison import Comparison
    from amlwrap.objects import ObjectStore

__all__ = ["Scores", "read_scores"]


@attrs.frozen(eq=False, slots=False)
class Scores:
    """
    A predicted number for each row; len and numpy see the numbers.

    Attributes:
        values: float64, NaN where a row could not be predicted.
        true_labels: The target's values as the data spell them, ``""`` where there is none; None without such a column.

    >>> Scores(np.array([1.5, 2.5])).compare([1.0, 3.0]).rmse
    0.5
    """

    values: NDArray[np.floating]
    _row_ids: NDArray[Any] | None = attrs.field(default=None, repr=False)
    true_labels: NDArray[Any] | None = attrs.field(default=None, repr=False)

    @cached_property
    def row_ids(self) -> NDArray[Any]:
        """One for each row: those given, or else the numbers from 1."""
        return np.arange(1, len(self) + 1, dtype=np.int64) if self._row_ids is None else self._row_ids

    def __len__(self) -> int:
        return len(self.values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.values, dtype, copy=True) if copy else np.asarray(self.values, dtype)

    def compare(self, truth: object = None) -> Comparison:
        """
        How far off the numbers are.

        Args:
            truth: A number for each row in their order, or a mapping of row ids to numbers; by default `true_labels`.
                None and NaN are unknown, and left out.

        Raises:
            DataError: It does not fit the rows, or holds something that is no number.
            ConfigError: There is no truth.
        """
        from amlwrap.labels.comparison import compare_scores

        return compare_scores(self, truth)


def read_scores(uris: Iterable[str], store: ObjectStore, *, limit: int = DEFAULT_LIMIT) -> Scores:
    """
    The scores in the result files at *uris*, one file after the other; NaN where a record could not be predicted.

    Args:
        uris: Of the results, in the order in which they are wanted.
        store: Where they are read from.
        limit: The most bytes one result may have, decompressed.

    Raises:
        DataError: A file is not there, is damaged or is another model's result.
    """
    parts: list[ScoredPart] = []
    for uri in uris:
        with store.open(uri) as source:
            parts.append(parse_scores(content_of(source, uri, limit), uri))
    return Scores(
        np.concatenate([np.empty(0), *(part.values for part in parts)]),
        concatenated_if_all([part.tags for part in parts]),
        concatenated_if_all([part.true_labels for part in parts]),
    )

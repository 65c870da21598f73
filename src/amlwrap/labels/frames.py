"""Predictions as a data frame: what stands beside what, whichever library makes the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amlwrap.exceptions import MissingExtraError
from amlwrap.labels.scores import Scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from amlwrap.labels.matrix import ProbabilityMatrix

__all__ = ["columns_of", "to_pandas", "to_polars"]


def columns_of(result: ProbabilityMatrix | Scores, threshold: float | None = None) -> dict[str, NDArray[Any]]:
    """
    The columns of a frame of *result*.

    They are ``row_id`` and ``true_label`` where the files have them, ``label`` but for a REGRESSION model, ``score``,
    and for a MULTICLASS one ``p_CLASS`` for each class. A missing label is None, a missing score NaN.

    >>> list(columns_of(Scores(np.array([1.5]), true_labels=np.array(["1"]))))
    ['true_label', 'score']
    """
    columns: dict[str, NDArray[Any]] = {}
    if result._row_ids is not None:  # pyright: ignore[reportPrivateUsage]
        columns["row_id"] = _with_gaps(result._row_ids)  # pyright: ignore[reportPrivateUsage]
    if result.true_labels is not None:
        columns["true_label"] = _with_gaps(result.true_labels)
    if isinstance(result, Scores):
        return {**columns, "score": result.values}
    labels = result.labels(threshold)
    columns["label"] = _with_gaps(labels.labels)
    if result.threshold is not None:
        return {**columns, "score": np.array(result.values[:, 1])}
    own = {f"p_{name}": result.values[:, place] for place, name in enumerate(result.classes)}
    return {**columns, "score": labels.scores, **own}


def to_pandas(result: ProbabilityMatrix | Scores, threshold: float | None = None) -> Any:
    """
    A pandas data frame of `columns_of`, indexed by row numbers from 1.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingExtraError("to_pandas()", "pandas") from error
    return pd.DataFrame(columns_of(result, threshold), index=pd.RangeIndex(1, len(result) + 1, name="row"))


def to_polars(result: ProbabilityMatrix | Scores, threshold: float | None = None) -> Any:
    """
    A polars data frame of `columns_of`, behind a column ``row`` with row numbers from 1.

    Raises:
        MissingExtraError: polars is not installed.
    """
    try:
        import polars as pl
    except ImportError as error:
        raise MissingExtraError("to_polars()", "local") from error
    columns = {
        name: values.tolist() if values.dtype.kind == "O" else values
        for name, values in columns_of(result, threshold).items()
    }
    return pl.DataFrame({"row": np.arange(1, len(result) + 1), **columns})


def _with_gaps(texts: NDArray[Any]) -> NDArray[Any]:
    """*texts* with None for those that are empty."""
    values = texts.astype(object)
    values[texts == ""] = None
    return values

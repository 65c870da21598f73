"""The result of a REGRESSION model as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amlwrap.documents import parse_columns
from amlwrap.exceptions import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["regression_scores"]


def regression_scores(content: bytes, name: str) -> NDArray[np.float64]:
    r"""
    The last column of a result file, which is the score; NaN for empty lines.

    Raises:
        DataError: The file is another model's, or holds what is no number.

    >>> regression_scores(b"tag,score\na,1.5E0\n\nb,-2E1\n", "result")
    array([  1.5,   nan, -20. ])
    """
    import numpy as np

    header, *lines = content.splitlines() or [b""]
    layout = parse_columns(header.decode("utf-8-sig"))
    if layout.model_type != "REGRESSION":
        remedy = "Use labels() or probabilities()."
        raise DataError(
            name, "line 1", "the result of a REGRESSION model", f"one of a {layout.model_type} model", remedy
        )
    texts = [line.rpartition(b",")[2] or b"nan" for line in lines]
    try:
        return np.array(texts, dtype=np.bytes_).astype(np.float64)
    except ValueError as error:
        raise DataError(name, "column 'score'", "numbers", str(error)) from error

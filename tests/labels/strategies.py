"""Matrices and the files they come in, for hypothesis."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=8
).filter(lambda name: name not in {"tag", "trueLabel", "bestAnswer", "score"} and not name.startswith("\ufeff"))


@st.composite
def probabilities(draw: st.DrawFn, max_rows: int = 12, min_classes: int = 1) -> NDArray[Any]:
    """Rows that sum to one, ties and certainties among them, in either memory order and width."""
    shape = draw(st.tuples(st.integers(0, max_rows), st.integers(min_classes, 6)))
    size = shape[0] * shape[1]
    weights = draw(st.lists(st.integers(0, 8), min_size=size, max_size=size))
    values = np.array(weights, np.float64).reshape(shape)
    values[:, 0] += values.sum(axis=1) == 0
    values /= values.sum(axis=1, keepdims=True)
    orders: list[Literal["C", "F"]] = ["C", "F"]
    return np.asarray(values, draw(st.sampled_from([np.float64, np.float32])), order=draw(st.sampled_from(orders)))


def result_file(rows: Sequence[Sequence[object]], header: Sequence[str], end: str = "\n") -> bytes:
    """A result as the service writes it; a row of nothing is an empty line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(header)
    for row in rows:
        if row:
            writer.writerow(row)
        else:
            text.write(end)
    return text.getvalue().encode()

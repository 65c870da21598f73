"""True values as people hold them, brought into the order and the spelling of the predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from amlwrap._cells import is_missing
from amlwrap.exceptions import ConfigError, DataError
from amlwrap.labels._blocks import each
from amlwrap.labels._parsing import spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["true_labels", "true_numbers"]


def true_labels(truth: object, own: NDArray[Any] | None, row_ids: NDArray[Any], classes: Sequence[str]) -> NDArray[Any]:
    """
    A class for each row as text, ``""`` where it is not known.

    Args:
        truth: A value per row, a mapping by row id, or None for *own*.
        own: What the files say.
        classes: Of the model. Those of a BINARY one, ``"0"`` and ``"1"``, take the service's other spellings too.

    Raises:
        DataError: It does not fit the rows, or a BINARY one is no spelling of 0 or 1.
        ConfigError: There is no truth.
    """
    values = each(lambda value: _label(value, classes), _aligned(truth, own, row_ids))
    if tuple(classes) != ("0", "1"):
        return values
    values = each(spelled, values)
    wrong = np.flatnonzero((values != "0") & (values != "1") & (values != ""))
    if wrong.size:
        row = int(wrong[0])
        raise DataError("truth", f"row {row + 1}", "0 or 1, or another spelling of them", repr(values[row]))
    return values


def true_numbers(truth: object, own: NDArray[Any] | None, row_ids: NDArray[Any]) -> NDArray[np.float64]:
    """
    A number for each row, NaN where it is not known.

    Raises:
        DataError: It does not fit the rows, or is no number.
        ConfigError: There is no truth.
    """
    values = _aligned(truth, own, row_ids)
    numbers = np.full(len(values), np.nan)
    for row, value in enumerate(values.tolist()):
        text = _text(value)
        try:
            numbers[row] = float(text or "nan")
        except ValueError:
            raise DataError("truth", f"row {row + 1}", "a number", repr(text)) from None
    return numbers


def _aligned(truth: Any, own: NDArray[Any] | None, row_ids: NDArray[Any]) -> NDArray[Any]:
    """The true value of each row, whatever it is; None where there is none."""
    if truth is None:
        if own is None:
            remedy = "Pass the true values, or predict on a datasource whose schema names the target."
            raise ConfigError("truth", "none, nor any in the files", "a value for each row", remedy)
        return own
    if isinstance(truth, Mapping):
        return _by_row_id(cast("Mapping[Any, object]", truth), row_ids)
    values = _objects(truth)
    if values.shape != row_ids.shape:
        found = f"{len(values):,} values" if values.ndim == 1 else f"shape {values.shape}"
        remedy = "Rows are matched by their order; pass a mapping of row ids to values to match them by id."
        raise DataError("truth", "", f"a value for each of the {len(row_ids):,} predicted rows", found, remedy)
    return values


def _by_row_id(truth: Mapping[Any, object], row_ids: NDArray[Any]) -> NDArray[Any]:
    by_text = {str(key): value for key, value in truth.items()}
    ids: list[str] = [str(row_id) for row_id in row_ids.tolist()]
    if ids and not any(row_id in by_text for row_id in ids):
        example = next(iter(by_text), None)
        found = "an empty mapping" if example is None else f"others, such as {example!r}"
        raise DataError("truth", "", f"row ids of the prediction, such as {ids[0]!r}", found)
    return _objects([by_text.get(row_id) for row_id in ids])


def _objects(values: Any) -> NDArray[Any]:
    """*values* as an array of whatever they are: an array of text would turn None into a word."""
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if hasattr(values, "dtype"):
        return np.asarray(values)
    listed = list(values)
    array = np.empty(len(listed), object)
    array[:] = listed
    return array


def _label(value: Any, classes: Sequence[str]) -> str:
    """*value* as its class is called: whole numbers in floats, as pandas makes them beside gaps, lose their ``.0``."""
    text = _text(value)
    whole = text.removesuffix(".0")
    return whole if isinstance(value, float) and text not in classes else text


def _text(value: Any) -> str:
    return "" if is_missing(value) else str(value)

"""What makes a row of probabilities invalid, and what is done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs
import numpy as np

from amlwrap.exceptions import ConfigError, DataError
from amlwrap.labels._blocks import blocks

if TYPE_CHECKING:
    from amlwrap.labels._blocks import Codes, Floats, Mask

OnInvalid: TypeAlias = Literal["raise", "missing"]

_REMEDY = 'Pass on_invalid="missing" to leave such rows without a label'


@attrs.frozen
class Checks:
    """
    How a matrix is looked at before it is used.

    Attributes:
        validate: Whether rows must be probabilities: nothing negative, and a sum of one. NaN is invalid either way.
        tolerance: How far a sum may be from one.
        on_invalid: Whether an invalid row is an error or a row without a label.
    """

    validate: bool = True
    tolerance: float = 0.02
    on_invalid: OnInvalid = "raise"

    def __attrs_post_init__(self) -> None:
        if self.on_invalid not in {"raise", "missing"}:
            raise ConfigError("on_invalid", repr(self.on_invalid), "'raise' or 'missing'")

    def unreadable(
        self, values: Floats, source: str, *, known: Mask | None = None, unit: str = "row", first: int = 1
    ) -> Mask:
        """
        Which rows have no label.

        Args:
            values: Shape ``(n_rows, n_classes)``.
            source: What an error is to name.
            known: Rows that are unreadable already, and no error.
            unit: What an error calls a row: ``"line"`` in a file.
            first: Number of the first row in that count.

        Raises:
            DataError: A row is invalid, and that is an error.
        """
        mask = np.zeros(len(values), np.bool_) if known is None else known.copy()
        bad = self._invalid(values)
        if known is not None:
            bad = bad[~known[bad]]
        if bad.size and self.on_invalid == "raise":
            row = int(bad[0])
            raise self._error(values[row], source, f"{unit} {row + first}")
        mask[bad] = True
        return mask

    def _invalid(self, values: Floats) -> Codes:
        """Positions of the rows that are not what they should be. Blocks without any cost two passes, no copy."""
        ones = np.ones(values.shape[1], values.dtype)
        found = [np.empty(0, np.intp)]
        with np.errstate(invalid="ignore", over="ignore"):
            for rows, block in blocks(values):
                sums = block @ ones
                if not self._all_fine(block, sums):
                    found.append(np.flatnonzero(self._bad(block, sums)) + rows.start)
        return np.concatenate(found)

    def _all_fine(self, block: Floats, sums: Floats) -> bool:
        if not self.validate:
            return not np.isnan(sums).any()
        # Comparisons with NaN are false, so these two also say that there is none.
        return bool(
            block.min() >= 0 and abs(sums.min() - 1) <= self.tolerance and abs(sums.max() - 1) <= self.tolerance
        )

    def _bad(self, block: Floats, sums: Floats) -> Mask:
        if not self.validate:
            return np.asarray(np.isnan(block).any(axis=1))
        return np.asarray(~(np.abs(sums - 1) <= self.tolerance) | (block < 0).any(axis=1))

    def _error(self, row: Floats, source: str, place: str) -> DataError:
        trust = f"{_REMEDY}, or validate=False to take the values as they are."
        if np.isnan(row).any():
            return DataError(source, place, "a number for each class", "NaN", f"{_REMEDY}.")
        if (row < 0).any():
            return DataError(source, place, "probabilities", f"the negative value {row.min():.7g}", trust)
        expected = f"probabilities with a sum of 1 (± {self.tolerance:g})"
        return DataError(source, place, expected, f"a sum of {row.sum():.7g}", trust)

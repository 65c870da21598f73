"""How much the statistics of a datasource may hold, whatever its number of rows: shared out among its columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import attrs

from amlwrap.local.ingest.columns import CategoricalColumn, Column, NumericColumn, TextColumn
from amlwrap.local.ingest.summaries import MAX_LEVELS


@attrs.frozen(kw_only=True)
class Budget:
    """
    What may be kept, of all columns together or of one. A column always gets enough for what is shown of it.

    Attributes:
        points: Different numbers.
        strings: Different levels and words.
        chars: In all of those.
        cells: Of tables that hold how often levels and classes meet.
        sampled: Bytes of text that is compared with the target.
    """

    points: int = 1 << 21
    strings: int = 1 << 19
    chars: int = 1 << 26
    cells: int = 1 << 22
    sampled: int = 1 << 26

    @classmethod
    def within(cls, memory: int) -> Self:
        """
        A share of *memory*, in bytes; what is above is that of a gigabyte, and more of it would tell nothing more.

        >>> Budget.within(64_000_000).points
        134217
        """
        whole = cls()
        factor = min(1.0, memory / 1e9)
        return cls(**{name: int(value * factor) for name, value in attrs.asdict(whole).items()})

    def share(self, columns: Iterable[Column]) -> Self:
        """
        What one of *columns* may hold.

        >>> Budget().share([]).points
        2097152
        """
        held = list(columns)
        n_numeric = max(1, sum(isinstance(column, NumericColumn) for column in held))
        n_categorical = max(1, sum(isinstance(column, CategoricalColumn) for column in held))
        n_text = max(1, sum(isinstance(column, TextColumn) for column in held))
        n_strings = max(n_categorical, n_text, n_categorical + n_text - 1)
        return type(self)(
            points=max(self.points // n_numeric, 4_096),
            strings=max(self.strings // n_strings, 2 * MAX_LEVELS),
            chars=max(self.chars // n_strings, 1 << 16),
            cells=max(self.cells // n_categorical, 1 << 12),
            sampled=max(self.sampled // n_text, 1 << 16),
        )

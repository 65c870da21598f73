"""What a datasource's statistics tell those who fit a recipe to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from amlwrap.local.ingest.summaries import NumericSummary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from amlwrap.local.ingest.quantiles import Quantiles
    from amlwrap.local.ingest.statistics import Statistics


@attrs.frozen(eq=False)
class Counted:
    """Statistics, asked about one NUMERIC attribute at a time."""

    statistics: Statistics

    def edges(self, name: str, n: int) -> NDArray[np.float64]:
        """Strictly increasing inner cut points of *n* bins of equal population."""
        return self._of(name).quantiles.edges(n)

    def scale(self, name: str) -> tuple[float, float]:
        """
        Mean and population standard deviation; 0 and 1 where there was no number at all.

        Numbers whose squares double precision cannot hold are scaled by the largest of them.
        """
        summary = self._of(name)
        mean, deviation = summary.mean or 0.0, summary.std or 1.0
        if math.isfinite(mean) and math.isfinite(deviation):
            return mean, deviation
        return 0.0, max(abs(summary.minimum or 0.0), abs(summary.maximum or 0.0))

    def has_missing(self, name: str) -> bool:
        """Whether some rows have no number."""
        return self._of(name).n_missing > 0

    def quantiles(self, name: str) -> Quantiles:
        """How the values are spread."""
        return self._of(name).quantiles

    def _of(self, name: str) -> NumericSummary:
        summary = self.statistics.attributes[name]
        assert isinstance(summary, NumericSummary)
        return summary

"""The training log's lines, in the words of the service's own log."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.learn.pruning import BYTES_PER_WEIGHT
from amlwrap.local.learn.race import Fit, Report


@attrs.frozen
class ActiveFeatures:
    """How many features the training records hold: least, most, mean and sum."""

    least: int
    most: int
    mean: float
    total: int

    @classmethod
    def of(cls, counts: NDArray[np.int64]) -> ActiveFeatures:
        """Figures of *counts*, the number of features of each record."""
        return cls(int(counts.min()), int(counts.max()), float(counts.mean()), int(counts.sum()))

    def __str__(self) -> str:
        return f"min={self.least} max={self.most} mean={self.mean:.2f} total-sum={self.total}"


def opening(loss: str, l1: float, l2: float, passes: int, max_size: int) -> Iterator[str]:
    """Lines before the first record."""
    yield "Begin training."
    megabytes = max_size / (1 << 20)
    yield (
        f"initial-training: l1={l1} l2={l2} likelihood-function={loss} max-passes={passes} "
        f"max-model-size={max_size} ({megabytes:.2f} MB) readable=false"
    )


def standing(report: Report) -> Iterator[str]:
    """Lines for one learner at one report point."""
    yield f"model-configuration: learning-rate={report.rate:g}"
    yield f"model-performance: updates={report.n_updates} accuracy={report.accuracy:.7g}"
    yield f"model-convergence: negative-log-likelihood={report.mean_cost:.7g}"


def closing(fit: Fit, active: ActiveFeatures, invalid: int, trimmed: int, n_rows: int) -> Iterator[str]:
    """Lines after the last record."""
    valid = fit.n_passes * n_rows
    yield f"finished-training: total-passes={fit.n_passes} valid-records={valid} invalid-records={invalid}"
    yield f"best learner: learning-rate={fit.rate:g} is-converged={'yes' if fit.converged else 'no'}"
    yield f"active-features: {active}"
    n_weights = int((fit.weights != 0).sum()) + fit.bias.size
    yield f"final consolidation: #pruning-calls={int(trimmed > 0)} trimmed={trimmed}"
    yield f"model-status: model-size={n_weights * BYTES_PER_WEIGHT} #params={n_weights}"
    yield "saved final learner:"
    yield "Training complete."

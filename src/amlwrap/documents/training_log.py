"""
The log of a model's training: its events as values, and the lines that say them.

Who writes a log and who reads one use these values, so that they cannot drift. Of what the service's own log holds
nothing gets lost: lines that say something else are kept as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from amlwrap.documents._log_lines import words

__all__ = ["BYTES_PER_PARAMETER", "ActiveFeatures", "Beginning", "Ending", "LearnerReport", "Performance", "Retirement"]

BYTES_PER_PARAMETER = 96
"""What the service counts for a parameter while it trains."""


@attrs.frozen
class Performance:
    """
    How good answers were, each given before its record was learned from.

    What a type of model does not have is ``None``.

    Attributes:
        accuracy: Share of records that were labelled rightly.
        recall, precision, f1: Of class 1 at a probability of 0.5; of a MULTICLASS model the means over its classes.
        auc: Area under the ROC curve, of a BINARY model.
        rmse: Root of the mean squared error, of a REGRESSION model.
    """

    accuracy: float | None = None
    recall: float | None = None
    precision: float | None = None
    f1: float | None = None
    auc: float | None = None
    rmse: float | None = None


@attrs.frozen
class ActiveFeatures:
    """
    How many features the records hold that were seen up to a report.

    Attributes:
        n_updates: Records that are counted, each as often as it was seen.
        least, most, mean, total: Features of a record, and of all.
        deciles: Features that a tenth, a half and nine tenths of the records do not exceed.
    """

    n_updates: int
    least: int
    most: int
    mean: float
    total: int
    deciles: tuple[int, int, int] | None = None

    def lines(self) -> Iterator[str]:
        """As the log has it."""
        figures = {"updates": self.n_updates, "min": self.least, "max": self.most, "mean": self.mean}
        yield words("active-features", **figures, total_sum=self.total)
        if self.deciles is not None:
            yield words("quantiles", **dict(zip(("10", "50", "90"), self.deciles, strict=True)))


@attrs.frozen(kw_only=True)
class LearnerReport:
    """
    How one learner stands after some updates.

    Attributes:
        learner: Its number.
        rate: Its learning rate.
        n_updates: Records it has learned from, over all passes.
        likelihood: Negative log-likelihood, the mean cost of a record before it was learned from; 1 before the first.
        delta: What the last pass gained on the one before, as a share; 1 until there are two.
        converged: Whether that is so little that training ends.
        n_parameters: Weights that are not zero, constants included.
        size_bytes: What they take while training lasts.
        n_prunings: How often weights were trimmed.
    """

    learner: int
    rate: float
    n_updates: int
    likelihood: float = 1.0
    delta: float = 1.0
    converged: bool = False
    n_parameters: int | None = None
    size_bytes: int | None = None
    n_prunings: int = 0
    performance: Performance = Performance()
    active: ActiveFeatures | None = None

    def lines(self) -> Iterator[str]:
        """As the log has it."""
        yield words("learner", id=self.learner, updates=self.n_updates)
        yield words("model-configuration", learning_rate=self.rate)
        found = attrs.asdict(self.performance)
        yield words("model-performance", **{"f1-score" if key == "f1" else key: found[key] for key in found})
        yield words(
            "model-convergence",
            negative_log_likelihood=self.likelihood,
            delta=self.delta,
            is_converged=self.converged,
        )
        if self.active is not None:
            yield from self.active.lines()
        status = {"model-size": self.size_bytes, "#params": self.n_parameters, "#pruning-calls": self.n_prunings}
        yield words("model-status", **status)


@attrs.frozen
class Retirement:
    """
    A learner that left the race; its last report stands.

    Attributes:
        learner: Its number.
        n_updates: When it left.
        reason: Why, in one word with hyphens.
    """

    learner: int
    n_updates: int
    reason: str

    def lines(self) -> Iterator[str]:
        """As the log has it."""
        yield words("retired learner", id=self.learner, updates=self.n_updates, reason=self.reason)


@attrs.frozen(kw_only=True)
class Beginning:
    """
    What was to be trained.

    Attributes:
        l1, l2: Amounts of regularisation.
        loss: The likelihood function: logreg, multinomial-logreg, squared.
        max_passes: Times the records are gone through at the most.
        max_size_bytes: What a model may take.
    """

    l1: float
    l2: float
    loss: str
    max_passes: int
    max_size_bytes: int

    def lines(self) -> Iterator[str]:
        """As the log has it."""
        yield "Begin training."
        start = words(
            "initial-training",
            l1=self.l1,
            l2=self.l2,
            likelihood_function=self.loss,
            max_passes=self.max_passes,
            max_model_size=self.max_size_bytes,
        )
        yield f"{start} ({self.max_size_bytes / (1 << 20):.2f} MB) readable=false"


@attrs.frozen(kw_only=True)
class Ending:
    """
    What came of it.

    Attributes:
        n_passes: Times the records were gone through.
        n_valid, n_invalid: Records that were learned from and that could not be, counted in every pass.
        best: Number of the learner that was kept.
        n_parameters: Weights of the model.
        n_trimmed: Weights that were dropped because the model would have been too large.
        n_prunings: How often it was looked whether they would, the last time at the very end.
        size_bytes: What the model takes where it is kept.
    """

    n_passes: int
    n_valid: int
    n_invalid: int
    best: int
    n_parameters: int
    n_trimmed: int = 0
    n_prunings: int = 1
    size_bytes: int | None = None

    def lines(self) -> Iterator[str]:
        """As the log has it, up to the words that all is well."""
        yield words(
            "finished-training", total_passes=self.n_passes, valid_records=self.n_valid, invalid_records=self.n_invalid
        )
        yield words("best learner", id=self.best)
        yield words("final consolidation", trimmed=self.n_trimmed)
        status = {
            "model-size": self.n_parameters * BYTES_PER_PARAMETER,
            "#params": self.n_parameters,
            "#pruning-calls": self.n_prunings,
        }
        yield words("model-status", **status)
        yield words("saved final learner", id=self.best)
        if self.size_bytes is not None:
            yield words("footprint", bytes=self.size_bytes)
        yield "Training complete."

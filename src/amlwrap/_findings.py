"""What a report says of a run: how good the model is, in plain words, and what to look out for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from amlwrap._report import Report, Section
from amlwrap.documents import Rearrangement, Schema
from amlwrap.resources import Evaluation, Metrics, Model

if TYPE_CHECKING:
    from amlwrap._staging import Prepared

__all__ = ["Facts", "make_report"]


@attrs.frozen(kw_only=True)
class Facts:
    """
    What is known of the data beside what the service tells.

    Attributes:
        n_records: Records there are; ``None`` for data that is not on this machine.
        train_share: Of the records, the share to learn from.
        seed: What they were drawn by.
    """

    n_records: int | None
    train_share: float
    seed: object

    @classmethod
    def of(cls, prepared: Prepared, schema: Schema, *, holdout: float, seed: object) -> Facts:
        """Look at *prepared* data of which *holdout* is to be held out."""
        percent = Rearrangement.split(holdout)[0].percent_end
        n_records = None
        if prepared.path is not None:
            with prepared.opened() as file:
                n_records = sum(1 for line in file if line.strip()) - schema.header
        return cls(n_records=n_records, train_share=(100 - percent) / 100, seed=seed)


def make_report(schema: Schema, model: Model, evaluation: Evaluation, facts: Facts) -> Report:
    """The report on one run."""
    metrics = evaluation.metrics or Metrics()
    sections = (
        Section("How good is it?", (f"{metrics.value}, where learning nothing gives {metrics.baseline}",)),
        Section("What the columns were taken for", verbatim=schema.describe()),
        Section("Rows", (f"{facts.n_records} records, {facts.train_share:.0%} of them learned from",)),
    )
    return Report(f"{model.type} model of {schema.target}", sections)

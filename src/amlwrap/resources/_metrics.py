"""How well a model scored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from amlwrap import _wire
from amlwrap.documents.curve import Curve

if TYPE_CHECKING:
    from amlwrap.labels import ConfusionMatrix

__all__ = ["Curve", "Metrics"]


@attrs.frozen(kw_only=True, slots=False)
class Metrics:
    """
    How a model scored on held-out rows.

    The service tells one number, by the kind of model: *auc*, *rmse* or *macro_f1*. The rest is known when the embedded
    engine or its server made the evaluation, and ``None`` otherwise.

    Attributes:
        baseline: The same number for a model that learned nothing.
        accuracy: Share of records whose label is right.
        n_scored: Records the number is about.
        n_invalid: Records that were left out.
    """

    auc: float | None = None
    rmse: float | None = None
    macro_f1: float | None = None
    baseline: float | None = None
    accuracy: float | None = None
    n_scored: int | None = None
    n_invalid: int | None = None
    _confusion_counts: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)
    _curve_points: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> Metrics:
        """Metrics from the service's map of strings."""
        return cls(**_wire.metric_fields(properties))

    @property
    def value(self) -> float | None:
        """The one number the service tells, whichever it is."""
        return next((number for number in (self.auc, self.rmse, self.macro_f1) if number is not None), None)

    @cached_property
    def confusion(self) -> ConfusionMatrix | None:
        """True classes against predicted ones."""
        if self._confusion_counts is None:
            return None
        from amlwrap.labels import ConfusionMatrix

        return ConfusionMatrix(self._confusion_counts["classes"], self._confusion_counts["counts"])

    @cached_property
    def curve(self) -> Curve | None:
        """What every threshold would be worth, for a binary model."""
        return None if self._curve_points is None else Curve.of(self._curve_points)

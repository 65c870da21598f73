"""What a model says about one record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from amlwrap.typing import ModelType

__all__ = ["Prediction"]


@attrs.frozen(kw_only=True)
class Prediction:
    """
    What a model says about one record.

    Attributes:
        type: Of the model: BINARY, MULTICLASS or REGRESSION.
        label: The predicted class; ``"0"`` or ``"1"`` of a BINARY model, ``None`` of a REGRESSION.
        value: The predicted number of a REGRESSION, ``None`` of the others.
        scores: Probability of each class, both classes of a BINARY model included; empty of a REGRESSION.
        raw: The service's reply, unedited. Of a BINARY model it holds one score, that of class 1, under the predicted
            label, whichever that is.

    >>> said = Prediction(type="BINARY", label="0", scores={"0": 0.75, "1": 0.25})
    >>> said.label, said.score
    ('0', 0.25)
    """

    type: ModelType = ""
    label: str | None = None
    value: float | None = None
    scores: Mapping[str, float] = attrs.field(factory=dict[str, float], hash=False)
    raw: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False, eq=False)

    @property
    def score(self) -> float | None:
        """What a BINARY model gives class 1, whatever the label; ``None`` of the others."""
        return self.scores.get("1") if self.type == "BINARY" else None

"""Predicting one record: the scoring of batches, on a row made from text fields by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from amlwrap.documents.schema import Schema
from amlwrap.local.features.record import RecordEncoder
from amlwrap.local.pipeline.training import DEFAULT_THRESHOLD, kept_model
from amlwrap.local.score.auc import labels_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.home import Home
    from amlwrap.local.learn.losses import Floats
    from amlwrap.local.score.model import LinearModel
    from amlwrap.local.task import Cache


def load_predictor(home: Home, cache: Cache, id: str, details: Mapping[str, Any]) -> Predictor:
    """The predictor of model *id*; *details* are the texts its training has left."""
    model = kept_model(home, cache, id, details["Recipe"], Schema.parse(details["Schema"]))
    return Predictor(model, RecordEncoder.of(model.encoder))


@attrs.frozen(eq=False)
class Predictor:
    """A model that answers one record at a time."""

    model: LinearModel
    encoder: RecordEncoder

    def predict(self, record: Mapping[str, str], threshold: float | None) -> dict[str, Any]:
        """
        The members of a ``Prediction``.

        Args:
            record: Values by name. Names the model does not know are passed over, its target among them; what is not
                there, or does not fit its type, is missing.
            threshold: Of a BINARY model.
        """
        scores = self.model.scores_of(self.encoder.row(record))
        answer = self._answer(scores, DEFAULT_THRESHOLD if threshold is None else threshold)
        return {**answer, "details": {"Algorithm": "SGD", "PredictiveModelType": self.model.type}}

    def _answer(self, scores: Floats, threshold: float) -> dict[str, Any]:
        match self.model.type:
            case "REGRESSION":
                return {"predictedValue": float(scores[0])}
            case "BINARY":
                label = str(labels_at(scores, threshold)[0])
                return {"predictedLabel": label, "predictedScores": {label: float(scores[0])}}
            case "MULTICLASS":
                classes = self.model.classes
                (row,) = scores
                return {
                    "predictedLabel": classes[int(row.argmax())],
                    "predictedScores": dict(zip(classes, row.tolist(), strict=True)),
                }

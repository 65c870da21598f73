"""Predictors: trained models kept in memory for those who ask about one record at a time."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from amlwrap.exceptions import AmlwrapError
from amlwrap.local.faults import InternalFailure, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.home import Home
    from amlwrap.local.service.context import Documents
    from amlwrap.local.state import Entity
    from amlwrap.local.task import Cache

__all__ = ["Predictors"]


class Predictors:
    """
    The models of one engine.

    Args:
        home: Where their files are.
        cache: Where they are kept once loaded; what a job has trained or loaded is there already.
    """

    def __init__(self, home: Home, cache: Cache) -> None:
        self._home = home
        self._cache = cache

    def predict(self, model: Entity, documents: Documents, record: Mapping[str, str]) -> dict[str, Any]:
        """
        The members of a ``Prediction``; the threshold is the one the model has now.

        Raises:
            InvalidInput: The model has no files, as one that was restored without its data.
            InternalFailure: Its files cannot be read.
        """
        predictor = self._cache.setdefault(("predictor", model.id), lambda: self._load(model, documents))
        answer: dict[str, Any] = predictor.predict(record, model.settings.get("ScoreThreshold"))
        return answer

    def forget(self, model: Entity) -> None:
        """Let go of *model*."""
        self._cache.discard(("predictor", model.id))
        self._cache.discard(("model", model.id))

    def _load(self, model: Entity, documents: Documents) -> Any:
        # Loads numpy and the stages, like the first job does.
        pipeline = importlib.import_module("amlwrap.local.pipeline")
        _, details = documents(model.seq)
        folder = self._home.model(model.id)
        try:
            return pipeline.load_predictor(self._home, self._cache, model.id, details)
        except FileNotFoundError as error:
            raise InvalidInput(f"MLModel {model.id!r} has no weights in {folder}: train it again.") from error
        except (AmlwrapError, OSError, ValueError, KeyError) as error:
            raise InternalFailure(f"MLModel {model.id!r} cannot be loaded from {folder}: {error}.") from error

"""How a model scored on rows held out from its training."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import attrs

from amlwrap import _wire
from amlwrap._wire import Kind
from amlwrap.exceptions import ConfigError
from amlwrap.resources._collection import Collection
from amlwrap.resources._entity import Entity, demand_kind
from amlwrap.resources._filters import ChildFilters
from amlwrap.resources._held_out import demand_held_out
from amlwrap.resources._metrics import Metrics

if TYPE_CHECKING:
    from amlwrap.resources._listing import Listing
    from amlwrap.resources.datasource import Datasource
    from amlwrap.resources.model import Model

__all__ = ["Evaluation", "Evaluations"]


@attrs.frozen(kw_only=True, slots=False)
class Evaluation(Entity):
    """How a model scored on a datasource held out from its training."""

    _kind: ClassVar[Kind] = _wire.EVALUATION

    model_id: str = ""
    datasource_id: str = ""
    input_uri: str = attrs.field(default="", repr=False)
    _properties: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False, eq=False, alias="properties")

    @cached_property
    def metrics(self) -> Metrics | None:
        """What came out; ``None`` until *status* is COMPLETED."""
        return Metrics.of(self._properties) if self._properties else None

    @property
    def model(self) -> Model:
        """What was measured."""
        return self._connection.models.get(self.model_id)

    @property
    def datasource(self) -> Datasource:
        """What it was measured on."""
        return self._connection.datasources.get(self.datasource_id)

    def choose_threshold(
        self,
        *,
        precision: float | None = None,
        recall: float | None = None,
        accuracy: float | None = None,
        false_positive_rate: float | None = None,
    ) -> float:
        """
        The score threshold that meets one target and gives up the least for it.

        Args:
            precision: At least; of those thresholds the one with the most recall.
            recall: At least; the one with the most precision.
            accuracy: At least; the one with the most accuracy.
            false_positive_rate: At most; the one with the most recall.

        Raises:
            ConfigError: Not one target; or no threshold meets it; or whoever made the evaluation gave no curve, as AWS
                does not.
        """
        curve = None if self.metrics is None else self.metrics.curve
        if curve is None:
            found = "no curve" if self.status == "COMPLETED" else f"status {self.status}"
            remedy = (
                "AWS tells only the AUC. The curve comes with evaluations of BINARY models on the embedded engine; "
                "elsewhere: model.predict_batch(datasource).wait().compare().choose_threshold(…)."
            )
            raise ConfigError("choose_threshold()", found, "a completed evaluation with a curve", remedy)
        return curve.choose(
            precision=precision, recall=recall, accuracy=accuracy, false_positive_rate=false_positive_rate
        )

    def _parents(self) -> tuple[tuple[Kind, str], ...]:
        parents = ((_wire.MODEL, self.model_id), (_wire.DATASOURCE, self.datasource_id))
        return tuple((kind, each) for kind, each in parents if each)

    def _detail(self) -> str:
        try:
            metrics = self.metrics or Metrics()
        except ValueError:  # a number that is none
            return ""
        shown = {"AUC": metrics.auc, "macro F1": metrics.macro_f1, "RMSE": metrics.rmse}
        return ", ".join(f"{name} {value:.4g}" for name, value in shown.items() if value is not None)

    @staticmethod
    def _read(reply: Mapping[str, Any]) -> dict[str, Any]:
        return _wire.evaluation_fields(reply)


class Evaluations(Collection[Evaluation]):
    """All evaluations of a client."""

    _kind = _wire.EVALUATION
    _entity = Evaluation

    def list(self, **filters: Unpack[ChildFilters]) -> Listing[Evaluation]:  # type: ignore[override]
        """
        A lazy listing, narrowed by at most one filter: the service takes no more.

        Args:
            filters: By ``name``, ``status``, ``user``, ``created_at``, ``updated_at``, and
                ``uri``, ``datasource``, ``model``. `Collection.list` says how.

        Raises:
            ConfigError: No such filter, or a combination that the service cannot do.
        """
        return super().list(**filters)

    def by_tag(self, key: str, value: str | None = None, **filters: Unpack[ChildFilters]) -> Listing[Evaluation]:  # type: ignore[override]
        """
        A lazy listing of those that carry a tag, at the cost of a call for each that is looked at.

        Args:
            value: What the tag has to say; by default anything.
            filters: As of `list`; they make the candidates fewer.
        """
        return super().by_tag(key, value, **filters)

    def create(
        self,
        model: Model,
        datasource: Datasource,
        *,
        name: str | None = None,
        allow_training: bool = False,
        tags: Mapping[str, str] | None = None,
        id: str | None = None,
    ) -> Evaluation:
        """
        Measure *model* on *datasource*, when both are done.

        Args:
            allow_training: Also measure on rows the model was trained on. Without it at most one call is made to find
                out whether the two share rows: of the same location, by their rearrangements.
            tags: Put on once it is there, with one more call.

        Raises:
            ConfigError: *datasource* has rows the model was trained on, and *allow_training* was not given.
        """
        demand_kind(model, "model")
        demand_kind(datasource, "datasource")
        if not allow_training:
            demand_held_out(model, datasource)
        return self._create(
            _wire.create_evaluation(self._new_id(id), name=name, model_id=model.id, datasource_id=datasource.id),
            tags,
        )

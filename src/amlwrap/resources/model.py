"""A trained model: what it learned from, how it was told to learn, and what it can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import attrs

from amlwrap import _wire
from amlwrap._logs import Unavailable, log_files
from amlwrap._staging import Prepared
from amlwrap._wire import Kind
from amlwrap.documents import Recipe, Schema, TrainingLog, TrainingParameters
from amlwrap.exceptions import AccessDeniedError, ConfigError, DataError, DocumentError, NotFoundError
from amlwrap.resources._batch_schema import batch_schema, bound_schema
from amlwrap.resources._collection import Collection
from amlwrap.resources._entity import Entity, demand_kind
from amlwrap.resources._filters import ModelFilters
from amlwrap.resources.datasource import Datasource
from amlwrap.resources.endpoint import Endpoint
from amlwrap.typing import Data, EndpointStatus, ModelType

if TYPE_CHECKING:
    from amlwrap.resources._listing import Listing
    from amlwrap.resources.batch_prediction import BatchPrediction
    from amlwrap.resources.evaluation import Evaluation

__all__ = ["Model", "Models"]


@attrs.frozen(kw_only=True, slots=False)
class Model(Entity):
    """
    A linear model of one of three types.

    Attributes:
        type: BINARY, MULTICLASS or REGRESSION.
        datasource_id: What it is trained on.
        threshold: Score from which a BINARY model says 1; ``None`` until somebody has set it, which means 0.5.
        size_bytes: Of the trained model.
        endpoint_status: NONE, READY, UPDATING or FAILED.
        endpoint_peak: Requests a second that its endpoint is made for; 0 without one.
    """

    _kind: ClassVar[Kind] = _wire.MODEL

    type: ModelType = ""
    datasource_id: str = ""
    threshold: float | None = None
    threshold_updated_at: datetime | None = attrs.field(default=None, repr=False)
    size_bytes: int | None = None
    input_uri: str = attrs.field(default="", repr=False)
    endpoint_status: EndpointStatus = attrs.field(default="NONE", repr=False)
    endpoint_url: str | None = attrs.field(default=None, repr=False)
    endpoint_created_at: datetime | None = attrs.field(default=None, repr=False)
    endpoint_peak: int = attrs.field(default=0, repr=False)
    _train: Datasource | None = attrs.field(default=None, repr=False, eq=False, alias="train")

    @cached_property
    def schema(self) -> Schema:
        """What the columns of its training data are; one call if the snapshot came without it."""
        text = self._document("schema")
        return self.datasource.schema if text is None else Schema.parse(text)

    @cached_property
    def recipe(self) -> Recipe | None:
        """How columns become features; ``None`` while the service has not yet chosen it."""
        text = self._document("recipe")
        return None if text is None else Recipe.parse(text)

    @cached_property
    def parameters(self) -> TrainingParameters:
        """How it was told to learn."""
        return TrainingParameters.parse(self._document("parameters") or {})

    @property
    def datasource(self) -> Datasource:
        """What it is trained on."""
        return self._connection.datasources.get(self.datasource_id)

    @cached_property
    def _training(self) -> Datasource | None:
        """What it is trained on, asked for at most once; ``None`` where that cannot be had."""
        if self._train is not None:
            return self._train
        try:
            return self.datasource
        except (NotFoundError, AccessDeniedError):
            return None

    @property
    def evaluations(self) -> Listing[Evaluation]:
        """How it scored, each time it was measured."""
        return self._connection.evaluations.list(model=self.id)

    @property
    def batch_predictions(self) -> Listing[BatchPrediction]:
        """What it was asked in bulk."""
        return self._connection.batch_predictions.list(model=self.id)

    def training_log(self) -> TrainingLog:
        """
        How the learners did on the way, as the log of the training has it, up to now; it is asked for each time.

        Raises:
            DataError: There is no log, or it cannot be fetched: it is kept for a while only, and begins with the job.
            DocumentError: A number in it is none; the error names the line.
        """
        reply = self._get(verbose=False)
        source = f"training log of model {self.id!r}"
        uri = reply.get("LogUri")
        if not uri:
            raise DataError(source, "", "a log", f"none; the model is {reply.get('Status')}")
        try:
            content = self._connection.log(uri)
        except Unavailable as error:
            raise DataError(source, "", "a log that can be read", str(error)) from error
        return TrainingLog.parse(log_files(content)["log.txt"].decode("utf-8", errors="replace"))

    def evaluate(
        self,
        datasource: Datasource,
        *,
        name: str | None = None,
        allow_training: bool = False,
        tags: Mapping[str, str] | None = None,
        id: str | None = None,
    ) -> Evaluation:
        """
        Measure the model on *datasource*.

        Args:
            allow_training: Also measure on rows it was trained on.
            tags: Put on once it is there, with one more call.

        Raises:
            ConfigError: *datasource* has rows it was trained on, and *allow_training* was not given.
        """
        create = self._connection.evaluations.create
        return create(self, datasource, name=name, allow_training=allow_training, tags=tags, id=id)

    def predict_batch(
        self,
        data: Datasource | Data,
        *,
        schema: Schema | None = None,
        output: str | None = None,
        name: str | None = None,
    ) -> BatchPrediction:
        """
        Predict every row of *data*.

        Args:
            data: A datasource, or whatever one can be made of. Without a *schema* its columns are matched with the
                model's by the names in the first line; the target may be missing.
            schema: Of data that is no datasource yet.
            output: ``s3://`` location for the files; by default beside staged data.

        Raises:
            DataError: Columns are missing, or there are some the model does not know.
        """
        if isinstance(data, Datasource):
            if schema is not None:
                raise ConfigError("schema", "one beside a datasource", "none; the datasource has its own")
            return self._connection.batch_predictions.create(self, data, output=output, name=name)
        world = self._connection
        with world.staging.prepare(data) as prepared:
            known = _bound(schema, self, prepared)
            location = world.staging.upload(prepared)
        datasource = world.datasources.create(location, schema=known, name=name, statistics=False)
        return world.batch_predictions.create(self, datasource, output=output, name=name)

    def endpoint(self) -> Endpoint:
        """
        The model's realtime endpoint, as this snapshot knows it; no call is made.

        In a ``with`` block it is there and READY: made and waited for where there was none, and deleted at the end.
        """
        return Endpoint(self)

    def create_endpoint(self) -> Endpoint:
        """
        Give the model a realtime endpoint; creating again changes nothing.

        It takes a while until it can be asked: ``model.create_endpoint().wait()``. On AWS it costs money until it is
        deleted.

        Raises:
            InvalidInputError: The model is not completed.
        """
        return self.endpoint()._create()

    def delete_endpoint(self) -> Model:
        """The model without a realtime endpoint; deleting again changes nothing."""
        return self.endpoint().delete().model

    def update(self, *, name: str | None = None, threshold: float | None = None) -> Model:
        """
        The model under a new *name*, or with a new score *threshold*.

        Raises:
            InvalidInputError: It is not completed, or has an endpoint.
        """
        return self._updated(name=name, threshold=threshold)

    def _parents(self) -> tuple[tuple[Kind, str], ...]:
        return ((_wire.DATASOURCE, self.datasource_id),) if self.datasource_id else ()

    def _detail(self) -> str:
        return self.type

    @staticmethod
    def _read(reply: Mapping[str, Any]) -> dict[str, Any]:
        return _wire.model_fields(reply)


class Models(Collection[Model]):
    """All models of a client."""

    _kind = _wire.MODEL
    _entity = Model

    def list(self, **filters: Unpack[ModelFilters]) -> Listing[Model]:  # type: ignore[override]
        """
        A lazy listing, narrowed by at most one filter: the service takes no more.

        Args:
            filters: By ``name``, ``status``, ``user``, ``created_at``, ``updated_at``, and
                ``uri``, ``datasource``, ``type``, ``endpoint_status``, ``algorithm``. `Collection.list` says how.

        Raises:
            ConfigError: No such filter, or a combination that the service cannot do.
        """
        return super().list(**filters)

    def by_tag(self, key: str, value: str | None = None, **filters: Unpack[ModelFilters]) -> Listing[Model]:  # type: ignore[override]
        """
        A lazy listing of those that carry a tag, at the cost of a call for each that is looked at.

        Args:
            value: What the tag has to say; by default anything.
            filters: As of `list`; they make the candidates fewer.
        """
        return super().by_tag(key, value, **filters)

    def create(
        self,
        train: Datasource,
        *,
        recipe: Recipe | str | Mapping[str, object] | None = None,
        parameters: TrainingParameters | Mapping[str, str] | None = None,
        passes: int | None = None,
        l1: float | None = None,
        l2: float | None = None,
        shuffle: bool | None = None,
        max_model_size: int | None = None,
        type: ModelType | None = None,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        id: str | None = None,
    ) -> Model:
        """
        Train a model on *train*, whose own job need not be done yet.

        Args:
            recipe: How columns become features; by default what the service suggests. Checked against the schema before
                any call.
            parameters: How to learn, whole; or piece by piece. What is left out is as the service's console has it (ten
                passes over shuffled rows, L2 of 1e-6), not as its API has it (rows in the order of the file, no L2).
            passes: Times the rows are gone through.
            l1: Regularisation that drops weights.
            l2: Regularisation that shrinks weights.
            shuffle: Whether rows are shuffled first.
            max_model_size: Bytes.
            type: By default what the type of the target asks for.
            tags: Put on once it is there, with one more call.

        Raises:
            ConfigError: *train* is no datasource.
            DocumentError: The recipe or a parameter cannot be right, or the schema has no target.
        """
        demand_kind(train, "datasource")
        pieces = {"passes": passes, "l1": l1, "l2": l2, "shuffle": shuffle, "max_model_size": max_model_size}
        settings = _parameters(parameters, {key: value for key, value in pieces.items() if value is not None})
        call = _wire.create_model(
            self._new_id(id),
            name=name,
            type=type or _type_for(train.schema),
            datasource_id=train.id,
            recipe=None if recipe is None else _checked(recipe, train.schema),
            parameters=settings.to_map(),
        )
        return attrs.evolve(self._create(call, tags), train=train)


def _bound(schema: Schema | None, model: Model, prepared: Prepared) -> Schema:
    """The schema of data that are about to be predicted."""
    if schema is None:
        trained = model.schema.replace(header=True) if prepared.named else model.schema
        return batch_schema(trained, prepared.first_fields(), prepared.source)
    return bound_schema(schema, prepared)


def _type_for(schema: Schema) -> ModelType:
    found: ModelType | None = schema.model_type
    if found is None:
        raise DocumentError("schema", "targetAttributeName", "an attribute to predict", "none")
    return found


def _checked(recipe: Recipe | str | Mapping[str, object], schema: Schema) -> str:
    parsed = recipe if isinstance(recipe, Recipe) else Recipe.parse(recipe)
    parsed.validate(schema)
    return recipe if isinstance(recipe, str) else parsed.render()


def _parameters(whole: TrainingParameters | Mapping[str, str] | None, pieces: Mapping[str, Any]) -> TrainingParameters:
    if whole is None:
        return TrainingParameters(**pieces)
    if pieces:
        raise ConfigError("parameters", f"both them and {', '.join(pieces)}", "either parameters or single settings")
    return whole if isinstance(whole, TrainingParameters) else TrainingParameters.parse(whole)

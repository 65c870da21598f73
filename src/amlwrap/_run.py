"""One call from data to a measured model; everything it makes is an ordinary resource."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import attrs

from amlwrap._connect import connect as open_client
from amlwrap._facts import Facts
from amlwrap._findings import make_report
from amlwrap._report import Report
from amlwrap._settings import Setting, resolve
from amlwrap._waiting import wait_all
from amlwrap.client import Client
from amlwrap.documents import AttributeType, LearnerReport, Recipe, Schema, TrainingParameters
from amlwrap.exceptions import (
    ConfigError,
    DataError,
    DocumentError,
    InvalidInputError,
    JobFailedError,
    WaitTimeoutError,
)
from amlwrap.resources import BatchPrediction, Datasource, Evaluation, Metrics, Model
from amlwrap.resources._batch_schema import bound_schema, schema_beside
from amlwrap.typing import Data, ProgressSetting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from amlwrap._staging import Prepared
    from amlwrap.labels import Labels

__all__ = ["Run", "train"]

_LOCAL = Setting("local:", "default of train()")
_RecipeLike: TypeAlias = "Recipe | str | Mapping[str, object]"


def train(
    data: Data,
    target: str | None = None,
    *,
    schema: Schema | str | Mapping[str, object] | None = None,
    row_id: str | None = None,
    exclude: Sequence[str] = (),
    types: Mapping[str, AttributeType | str] | None = None,
    holdout: float = 0.3,
    seed: object = 0,
    recipe: _RecipeLike | None = None,
    parameters: TrainingParameters | Mapping[str, str] | None = None,
    passes: int | None = None,
    l1: float | None = None,
    l2: float | None = None,
    shuffle: bool | None = None,
    max_model_size: int | None = None,
    name: str | None = None,
    connect: Any = None,
    timeout: float | None = None,
    progress: ProgressSetting | None = None,
) -> Run:
    """
    Learn to predict *target* from one part of *data*, and measure on the other how well that went.

    Args:
        data: A path, ``s3://`` URI, table, ``(array, names)``, bytes, file object or iterable of mappings.
        target: The column to predict.
        schema: What the columns are; when left out, what a schema beside the data says, as for `Datasources.create`, or
            else inferred, with *row_id*, *exclude* and *types* as in `Schema.infer`.
        row_id: A column that only identifies rows; predictions carry it.
        exclude: Columns that are not to be learned from.
        types: What the columns are, where the guess would be wrong.
        holdout: Share of the rows the model is measured on and never learns from.
        seed: Draws these rows; ``None`` takes the end of the data instead.
        recipe: How columns become features, as for `Models.create`; so are the training settings that follow.
        name: Of the datasource, from which the others take theirs; by default what the data is called.
        connect: A target as for `amlwrap.connect`, or an open `Client`, which stays open. By default what
            ``AMLWRAP_TARGET`` says, else an embedded engine that lives as long as the run. AWS is never chosen
            silently: pass ``amlwrap.connect()``.
        timeout: Seconds for all jobs together.
        progress: Overrides what the client was told.

    Raises:
        DocumentError: There is no such column, or the recipe or a setting cannot be right.
        DataError: The data cannot be read.
        JobFailedError: Nothing could be learned; the error says why.

    >>> rows = [{"size": n, "big": "yes" if n > 40 else "no"} for n in range(100)]
    >>> with train(rows, target="big", progress=False) as run:
    ...     run.predict([{"size": 7}, {"size": 80}]).to_numpy().tolist()
    ['0', '1']
    """
    settings: dict[str, Any] = {"passes": passes, "l1": l1, "l2": l2, "shuffle": shuffle}
    client, owned = _client(connect, progress)
    transient = owned and not client._world.lasting
    with _closing_on_error(client, owned=owned, transient=transient):
        with client._world.staging.prepare(data) as prepared:
            known = _schema(prepared, schema, target, row_id=row_id, exclude=exclude, types=types)
            facts = Facts.of(prepared, known, holdout=holdout, seed=seed)
            uri = client._world.staging.upload(prepared)
            title = name or PurePosixPath(prepared.name).stem
        whole = client.datasources.create(uri, schema=known, name=title)
        train_data, test_data = whole.split(100 - facts.percent, seed)
        settings |= {"recipe": recipe, "parameters": parameters, "max_model_size": max_model_size}
        model = client.models.create(train_data, name=f"ML model: {title}", **settings)
        evaluation = _evaluation(model, test_data, train_data)
        made = wait_all(whole, train_data, test_data, model, evaluation, timeout=timeout, progress=progress)
        return Run(
            schema=known,
            datasource=made[0],
            train_data=made[1],
            test_data=made[2],
            model=made[3].refresh(),
            evaluation=made[4],
            best_learner=_best_learner(made[3]),
            facts=facts,
            transient=transient,
            hold=_Hold(client, owned=owned),
        )


@attrs.define(eq=False)
class _Hold:
    """A run's connection, and whether it was opened for the run alone."""

    client: Client
    owned: bool = attrs.field(kw_only=True)
    closed: bool = attrs.field(default=False, init=False)

    def close(self) -> None:
        if self.owned:
            self.closed = True
            self.client.close()


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Run:
    """
    What `train` made: data, model and evaluation, each an ordinary resource; and what may follow.

    A context manager: an engine that was opened for the run alone is gone when the run is closed. A pickled run keeps
    what was known, as resources do, and no connection.

    Attributes:
        schema: What the columns were taken for, with a reason for each guess.
        datasource: All of the data.
        train_data: The part that was learned from.
        test_data: The part that was held out.
        model: What was learned.
        evaluation: How it did on *test_data*.
        best_learner: The last report on the learner that was kept; ``None`` where the log of the training is not to be
            had.
    """

    schema: Schema
    datasource: Datasource
    train_data: Datasource
    test_data: Datasource
    model: Model
    evaluation: Evaluation
    best_learner: LearnerReport | None = None
    _facts: Facts = attrs.field(alias="facts")
    _transient: bool = attrs.field(alias="transient")
    _hold: _Hold | None = attrs.field(alias="hold")

    @property
    def metrics(self) -> Metrics:
        """How the model did on the rows held out."""
        return self.evaluation.metrics or Metrics()

    def report(self) -> Report:
        """What was made of the data, how good it is, what to look out for and what to do next."""
        return make_report(
            self.schema, self.model, self.evaluation, self._facts, self.best_learner, transient=self._transient
        )

    def predict(self, data: Datasource | Data, *, threshold: float | None = None) -> Labels | NDArray[np.floating]:
        """
        A label for each row of *data*, or the predicted number where the model is one of numbers.

        Args:
            data: Anything `Model.predict_batch` takes; columns are found by name, and the target may be missing.
            threshold: Score from which a BINARY model says 1, for these labels alone.

        Raises:
            DataError: Columns are missing, or there are some the model does not know.
        """
        batch = self.predict_batch(data).wait()
        return batch.scores() if self.model.type == "REGRESSION" else batch.labels(threshold)

    def predict_batch(
        self, data: Datasource | Data, *, schema: Schema | None = None, output: str | None = None
    ) -> BatchPrediction:
        """The batch prediction behind `predict`, on its way; see `Model.predict_batch`."""
        self._demand_open()
        return self.model.predict_batch(data, schema=schema, output=output, name=f"Batch prediction: {self.model.name}")

    def choose_threshold(
        self,
        *,
        precision: float | None = None,
        recall: float | None = None,
        accuracy: float | None = None,
        false_positive_rate: float | None = None,
    ) -> Run:
        """
        This run, its model's score threshold set to the one that meets a target; see `Evaluation.choose_threshold`.

        Raises:
            ConfigError: Not exactly one target, none can meet it, or the model is not BINARY.
        """
        self._demand_open()
        threshold = self.evaluation.choose_threshold(
            precision=precision, recall=recall, accuracy=accuracy, false_positive_rate=false_positive_rate
        )
        return attrs.evolve(self, model=self.model.update(threshold=threshold))

    def close(self) -> None:
        """Close the engine, if it was opened for this run alone; closing twice does no harm."""
        if self._hold is not None:
            self._hold.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        value = self.metrics.value
        found = "" if value is None else f", {self.metrics.value:.4g}"
        return f"<Run of {self.datasource.name!r}: {self.model.type} model of {self.schema.target!r}{found}>"

    def _repr_html_(self) -> str:
        return self.report()._repr_html_()

    def _demand_open(self) -> None:
        if self._hold is not None and self._hold.closed:
            remedy = 'Stay inside the with block; connect="local:DIR" keeps the model for later.'
            raise ConfigError("run", "a closed one, whose engine is gone", "an open one", remedy)

    def __getstate__(self) -> dict[str, Any]:
        fields = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        return {**fields, "_hold": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)


def _client(given: Any, progress: ProgressSetting | None) -> tuple[Client, bool]:
    """The client to work with, and whether it is to be closed with the run."""
    if isinstance(given, Client):
        return given, False
    target = resolve(None, ("AMLWRAP_TARGET",), default=_LOCAL).value if given is None else given
    return open_client(target, progress=progress), True


_ENDED = 'The engine was the run\'s own, and its jobs ended with it; connect="local:DIR" keeps them.'


@contextmanager
def _closing_on_error(client: Client, *, owned: bool, transient: bool) -> Generator[None, None, None]:
    """Close what was opened for a run that came to nothing, and promise nothing that goes with it."""
    try:
        yield
    except BaseException as error:
        if owned:
            client.close()
        if transient and isinstance(error, JobFailedError):
            error.log_uri = None
        if transient and isinstance(error, WaitTimeoutError):
            error.resume = ""
        if transient and isinstance(error, KeyboardInterrupt | WaitTimeoutError):
            error.__notes__ = [_ENDED]  # in place of what waiting said: that jobs go on until the client is closed
        raise


def _evaluation(model: Model, test_data: Datasource, train_data: Datasource) -> Evaluation:
    """Asked for while the model is in training; if that has failed already, its own reason is the one to give."""
    try:
        return model.evaluate(test_data, name=f"Evaluation: {model.name}")
    except InvalidInputError:
        wait_all(train_data, model, progress=False)
        raise


def _best_learner(model: Model) -> LearnerReport | None:
    """Which of the learners was kept; logs are not kept for ever, and a run is none the worse without."""
    try:
        return model.training_log().best
    except (DataError, DocumentError):
        return None


def _schema(
    prepared: Prepared,
    schema: Schema | str | Mapping[str, object] | None,
    target: str | None,
    **known: Any,
) -> Schema:
    beside = schema_beside(prepared, target) if schema is None and not any(known.values()) else None
    if beside is not None:
        found = beside
    elif schema is None:
        found = prepared.inferred(target, **known)
    else:
        found = schema if isinstance(schema, Schema) else Schema.parse(schema)
        said = [name for name, value in known.items() if value]
        if said:
            raise ConfigError(said[0], f"{known[said[0]]!r} beside a schema", "what the columns are, said once")
        found = found if target is None else found.replace(target=target)
        found = bound_schema(found, prepared)
    if found.target is None:
        shown = ", ".join(found.names[:20])
        remedy = f"The columns are {shown}{' …' if len(found) > 20 else ''}."
        raise ConfigError("target", "none", "the name of the column to predict", remedy)
    return found

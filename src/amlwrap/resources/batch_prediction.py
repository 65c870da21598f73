"""A prediction for every row of a datasource, in files, and as arrays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import attrs

from amlwrap import _wire
from amlwrap._wire import Kind
from amlwrap.documents import predictions
from amlwrap.exceptions import ConfigError
from amlwrap.resources._collection import Collection
from amlwrap.resources._entity import Entity, demand_kind
from amlwrap.resources._filters import ChildFilters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from amlwrap.labels import Comparison, Labels, PredictedRow, ProbabilityMatrix, Scores
    from amlwrap.resources._listing import Listing
    from amlwrap.resources.datasource import Datasource
    from amlwrap.resources.model import Model

__all__ = ["BatchPrediction", "BatchPredictions"]


@attrs.frozen(kw_only=True, slots=False)
class BatchPrediction(Entity):
    """
    A prediction for every row of a datasource.

    Attributes:
        output_uri: Where the files are, ending in a slash.
        n_total: Rows seen.
        n_invalid: Rows that could not be predicted; each is an empty line in its file.
    """

    _kind: ClassVar[Kind] = _wire.BATCH_PREDICTION

    model_id: str = ""
    datasource_id: str = ""
    input_uri: str = attrs.field(default="", repr=False)
    output_uri: str = ""
    n_total: int | None = None
    n_invalid: int | None = None

    @property
    def manifest_uri(self) -> str:
        """Of the file that says which result belongs to which input."""
        return predictions.manifest_uri(self.output_uri, self.id)

    @cached_property
    def manifest(self) -> predictions.Manifest:
        """Input URIs and the result URIs that belong to them."""
        self._demand_completed()
        with self._connection.store().open(self.manifest_uri) as file:
            return predictions.Manifest.parse(file.read(predictions.MAX_MANIFEST_BYTES))

    @property
    def model(self) -> Model:
        """What predicted."""
        return self._connection.models.get(self.model_id)

    @property
    def datasource(self) -> Datasource:
        """What was predicted."""
        return self._connection.datasources.get(self.datasource_id)

    def probabilities(self) -> ProbabilityMatrix:
        """
        A row of class probabilities for every input row, in the order of the inputs.

        Raises:
            ConfigError: The job has not completed.
            DataError: The files hold no probabilities, as those of a REGRESSION model.
        """
        from amlwrap.labels import ProbabilityMatrix

        self._demand_completed()
        return ProbabilityMatrix.read(self.manifest_uri, store=self._connection.store())

    def labels(self, threshold: float | None = None) -> Labels:
        """
        One label for every input row.

        Args:
            threshold: Score from which a BINARY model says 1; by default the one its model had when the job ran, so
                that the labels are those in the files. Models with more classes take the most probable one.
        """
        return self.probabilities().labels(threshold)

    def scores(self) -> NDArray[np.floating]:
        """
        The predicted number for every input row of a REGRESSION model; NaN where a row could not be predicted.

        Raises:
            DataError: The files are those of another type of model.
        """
        from amlwrap.labels.scores import read_scores

        return read_scores(self.manifest.results.values(), self._connection.store()).values

    def rows(self) -> Iterator[PredictedRow]:
        """
        The predictions one by one, in the order of the input, of any type of model and of files of any size.

        Nothing is read before the first is asked for, and no more than a piece of a file is in memory.

        Raises:
            ConfigError: The job has not completed.
            DataError: A file is not there or damaged; found when it is come to.
        """
        from amlwrap.labels.rows import read_rows

        return read_rows(self.manifest.results.values(), self._connection.store())

    def to_numpy(self) -> NDArray[np.floating]:
        """
        The scores of all rows; NaN where a row could not be predicted.

        Returns:
            For a BINARY model the probability of 1, shape ``(n_rows,)``; for a MULTICLASS one that of each class, shape
            ``(n_rows, n_classes)``; for a REGRESSION one the predicted number, shape ``(n_rows,)``.
        """
        from amlwrap.labels import Scores

        result = self._result()
        if isinstance(result, Scores):
            return result.values
        return result.values if result.threshold is None else result.values[:, 1].copy()

    def to_pandas(self, threshold: float | None = None) -> Any:
        """
        The predictions as a pandas data frame, indexed by row numbers from 1.

        Args:
            threshold: As for `labels`.

        Returns:
            Columns ``row_id`` and ``true_label`` where the files have them, ``label`` but for a REGRESSION model,
            ``score``, and for a MULTICLASS one ``p_CLASS`` for each class.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from amlwrap.labels.frames import to_pandas

        return to_pandas(self._result(), threshold)

    def to_polars(self, threshold: float | None = None) -> Any:
        """
        The predictions as a polars data frame, with the columns of `to_pandas` behind ``row``, the row number.

        Raises:
            MissingExtraError: polars is not installed.
        """
        from amlwrap.labels.frames import to_polars

        return to_polars(self._result(), threshold)

    def compare(self, truth: object = None, *, threshold: float | None = None) -> Comparison:
        """
        How right the predictions are: the service's own metrics, and for a BINARY model a curve to choose by.

        Args:
            truth: A value for each row in their order (array, list, series), or a mapping of row ids to values; by
                default what the files say, when the predicted datasource held the target. None and NaN are unknown,
                and left out, as are rows that could not be predicted.
            threshold: As for `labels`.

        Raises:
            DataError: It does not fit the rows.
            ConfigError: There is no truth; or a threshold for a model that has none.
        """
        from amlwrap.labels import Scores

        result = self._result()
        if not isinstance(result, Scores):
            return result.compare(truth, threshold=threshold)
        if threshold is not None:
            raise ConfigError("threshold", repr(threshold), "none; a REGRESSION model gives no labels")
        return result.compare(truth)

    def _result(self) -> ProbabilityMatrix | Scores:
        from amlwrap.labels.reading import read_result

        return read_result(self.manifest, self._connection.store())

    def download(self, folder: str | PathLike[str]) -> list[Path]:
        """Copy the manifest and the results into *folder*; the paths, manifest first."""
        uris = (self.manifest_uri, *self.manifest.results.values())
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        paths: list[Path] = []
        for uri in uris:
            path = target / uri.rpartition("/")[2]
            with self._connection.store().open(uri) as source, path.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            paths.append(path)
        return paths

    def _demand_completed(self) -> None:
        if self.status != "COMPLETED":
            remedy = "Use the snapshot that wait() returns."
            raise ConfigError(f"batch prediction {self.id!r}", f"status {self.status}", "COMPLETED", remedy)

    def _parents(self) -> tuple[tuple[Kind, str], ...]:
        parents = ((_wire.MODEL, self.model_id), (_wire.DATASOURCE, self.datasource_id))
        return tuple((kind, each) for kind, each in parents if each)

    def _detail(self) -> str:
        return "" if self.n_total is None else f"{self.n_total:,} rows"

    @staticmethod
    def _read(reply: Mapping[str, Any]) -> dict[str, Any]:
        return _wire.batch_prediction_fields(reply)


class BatchPredictions(Collection[BatchPrediction]):
    """All batch predictions of a client."""

    _kind = _wire.BATCH_PREDICTION
    _entity = BatchPrediction

    def list(self, **filters: Unpack[ChildFilters]) -> Listing[BatchPrediction]:  # type: ignore[override]
        """
        A lazy listing, narrowed by at most one filter: the service takes no more.

        Args:
            filters: By ``name``, ``status``, ``user``, ``created_at``, ``updated_at``, and
                ``uri``, ``datasource``, ``model``. `Collection.list` says how.

        Raises:
            ConfigError: No such filter, or a combination that the service cannot do.
        """
        return super().list(**filters)

    def by_tag(self, key: str, value: str | None = None, **filters: Unpack[ChildFilters]) -> Listing[BatchPrediction]:  # type: ignore[override]
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
        output: str | None = None,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        id: str | None = None,
    ) -> BatchPrediction:
        """
        Predict every row of *datasource* with *model*, when both are done.

        Args:
            output: ``s3://`` location for the files; by default one under the client's staging location.
            tags: Put on once it is there, with one more call.

        Raises:
            ConfigError: There is neither an *output* nor a staging location.
        """
        demand_kind(model, "model")
        demand_kind(datasource, "datasource")
        location = output or self._world.staging.require("predictions have to be written somewhere") + "predictions/"
        call = _wire.create_batch_prediction(
            self._new_id(id),
            name=name,
            model_id=model.id,
            datasource_id=datasource.id,
            output_uri=location if location.endswith("/") else f"{location}/",
        )
        return self._create(call, tags)

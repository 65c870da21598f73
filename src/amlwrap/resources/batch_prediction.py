"""A prediction for every row of a datasource, in files, and as arrays."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from amlwrap import _wire
from amlwrap._wire import Kind
from amlwrap.documents import predictions
from amlwrap.exceptions import ConfigError
from amlwrap.resources._collection import Collection
from amlwrap.resources._entity import Entity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from amlwrap.labels import Labels, ProbabilityMatrix
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
            return predictions.Manifest.parse(file.read())

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

        return read_scores(self.manifest.results.values(), self._connection.store())

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

    @staticmethod
    def _read(reply: Mapping[str, Any]) -> dict[str, Any]:
        return _wire.batch_prediction_fields(reply)


class BatchPredictions(Collection[BatchPrediction]):
    """All batch predictions of a client."""

    _kind = _wire.BATCH_PREDICTION
    _entity = BatchPrediction

    def create(
        self,
        model: Model,
        datasource: Datasource,
        *,
        output: str | None = None,
        name: str | None = None,
        id: str | None = None,
    ) -> BatchPrediction:
        """
        Predict every row of *datasource* with *model*, when both are done.

        Args:
            output: ``s3://`` location for the files; by default one under the client's staging location.

        Raises:
            ConfigError: There is neither an *output* nor a staging location.
        """
        location = output or self._world.staging.require("predictions have to be written somewhere") + "predictions/"
        call = _wire.create_batch_prediction(
            self._new_id(id),
            name=name,
            model_id=model.id,
            datasource_id=datasource.id,
            output_uri=location if location.endswith("/") else f"{location}/",
        )
        return self._create(call)

"""A model taken out of its engine: documents and arrays as bytes, which predict by themselves."""

from __future__ import annotations

import io
import zipfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from amlwrap._connect import connect as open_client
from amlwrap._estimator_rows import rows_of
from amlwrap._waiting import Polling
from amlwrap.documents import Recipe, Schema
from amlwrap.exceptions import ConfigError
from amlwrap.local.score.model import LinearModel

if TYPE_CHECKING:
    import polars as pl

    from amlwrap.local.learn.losses import Floats

__all__ = ["Trained"]

_POLLING = Polling(first_delay=0.002, max_delay=0.02, timeout=24 * 3600.0)
"""Searches fit small models many times: none of them should be waited for longer than it takes."""


@attrs.frozen(kw_only=True, slots=False)
class Trained:
    """
    A model without its engine.

    Attributes:
        schema: Of the rows it learned from.
        recipe: What became of them, as text.
        artefact: The model's folder as an uncompressed zip: JSON and NumPy arrays.
        n_passes: Times it went through the rows.
    """

    schema: Schema
    recipe: str
    artefact: bytes = attrs.field(repr=False)
    n_passes: int

    @classmethod
    def on(cls, rows: pl.DataFrame, schema: Schema, *, connect: Any, recipe: Any, **settings: Any) -> Trained:
        """
        Train a model on *rows* the ordinary way, on the embedded engine that *connect* names, and take it along.

        Raises:
            ConfigError: *connect* is no embedded engine: elsewhere models cannot be taken out.
            JobFailedError: Nothing could be learned; the error says why.
        """
        if not isinstance(connect, str) or not connect.startswith("local:"):
            remedy = "A model made elsewhere stays there; amlwrap.train() works with it."
            raise ConfigError("connect", repr(connect), '"local:" or "local:DIR"', remedy)
        with open_client(connect, progress=False, polling=_POLLING) as client:
            data = client.datasources.create(rows, schema=schema, name="estimator")
            model = client.models.create(data, recipe=recipe, name="ML model: estimator", **settings).wait().refresh()
            return cls(
                schema=schema,
                recipe=model.recipe.render() if model.recipe else "",
                artefact=_packed(client.boto.amlwrap_engine.home.model(model.id)),
                n_passes=model.training_log().n_passes or model.parameters.passes,
            )

    @cached_property
    def model(self) -> LinearModel:
        """What the artefact holds, ready to score."""
        with zipfile.ZipFile(io.BytesIO(self.artefact)) as archive:
            return LinearModel.load(zipfile.Path(archive), Recipe.parse(self.recipe).resolve(self.schema))

    def scores(self, rows: pl.DataFrame) -> Floats:
        """What a batch prediction of these rows holds, before it is rounded for its file."""
        return self.model.scores(rows_of(rows, self.schema))

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _packed(folder: Path) -> bytes:
    """Equal folders give equal bytes: no times, and names in order."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes())
    return packed.getvalue()

"""Held out or not: which rows of a datasource a model was trained on, as far as that can be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amlwrap.documents import overlap
from amlwrap.exceptions import ConfigError, DocumentError

if TYPE_CHECKING:
    from amlwrap.resources.datasource import Datasource
    from amlwrap.resources.model import Model

__all__ = ["demand_held_out"]


def demand_held_out(model: Model, datasource: Datasource) -> None:
    """
    Refuse a *datasource* with rows that *model* was trained on.

    No call is made where the snapshots at hand decide, and else at most one, for the training datasource. What cannot
    be known is let pass.

    Raises:
        ConfigError: It has some; the error says which.
    """
    found = _seen(model, datasource)
    if found is not None:
        remedy = "A model always does well on rows it has seen. If that is what you want: allow_training=True."
        raise ConfigError("datasource", f"{datasource.id!r}, {found}", "rows held out from training", remedy)


def _seen(model: Model, datasource: Datasource) -> str | None:
    if datasource.id == model.datasource_id:
        return "the training datasource"
    if not datasource.uri or model.input_uri not in ("", datasource.uri):
        return None
    try:
        slice_ = datasource.rearrangement
        if model.input_uri and overlap(None, slice_) == overlap(None, None) and not _is_query(datasource):
            return f"all of {datasource.uri}, where the training rows are from"
        training = model._training
        if training is None or training.uri != datasource.uri or (_is_query(training) and _is_query(datasource)):
            return None
        both = overlap(training.rearrangement, slice_)
    except DocumentError:  # of a kind that nobody knows yet
        return None
    return None if both is None else f"which shares {both} with the training datasource {training.id!r}"


def _is_query(datasource: Datasource) -> bool:
    """Whether its rows come out of a database; two queries may have put different rows at one location."""
    return datasource.rds is not None or datasource.redshift is not None

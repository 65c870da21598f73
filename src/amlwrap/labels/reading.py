"""Whichever model made it: a batch prediction's files as a matrix of probabilities or as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amlwrap.exceptions import DataError
from amlwrap.labels.matrix import ProbabilityMatrix
from amlwrap.labels.rows import read_layout
from amlwrap.labels.scores import Scores, read_scores

if TYPE_CHECKING:
    from amlwrap.documents.predictions import Manifest
    from amlwrap.objects import ObjectStore

__all__ = ["read_result"]


def read_result(manifest: Manifest, store: ObjectStore) -> ProbabilityMatrix | Scores:
    """
    All results of *manifest* as one.

    Raises:
        DataError: A file is not there, is damaged or is no result.
    """
    uris = list(manifest.results.values())
    if not uris:
        raise DataError("the manifest", "", "a result per input file", "none")
    if read_layout(uris[0], store).model_type == "REGRESSION":
        return read_scores(uris, store)
    return ProbabilityMatrix.read(manifest, store=store)

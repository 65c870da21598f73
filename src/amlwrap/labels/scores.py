"""The results of a REGRESSION model, as numbers."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np

from amlwrap.documents.predictions import parse_columns
from amlwrap.exceptions import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from amlwrap.objects import ObjectStore

__all__ = ["parse_scores", "read_scores"]


def read_scores(uris: Iterable[str], store: ObjectStore) -> NDArray[np.float64]:
    """
    The scores in the result files at *uris*, one file after the other.

    Raises:
        DataError: A file is not there, is no gzip, is another model's, or holds what is no number.
    """
    parts: list[NDArray[np.float64]] = []
    for uri in uris:
        with store.open(uri) as source:
            try:
                content = gzip.decompress(source.read())
            except (gzip.BadGzipFile, EOFError) as error:
                raise DataError(uri, "", "readable gzip data", str(error)) from error
        parts.append(parse_scores(content, uri))
    return np.concatenate(parts) if parts else np.empty(0)


def parse_scores(content: bytes, name: str) -> NDArray[np.float64]:
    r"""
    The last column of a result, which is the score; NaN for empty lines.

    Raises:
        DataError: The result is another model's, or holds what is no number.

    >>> parse_scores(b"tag,score\na,1.5E0\n\nb,-2E1\n", "result")
    array([  1.5,   nan, -20. ])
    """
    header, *lines = content.splitlines() or [b""]
    layout = parse_columns(header.decode("utf-8-sig"))
    if layout.model_type != "REGRESSION":
        remedy = "Use labels() or probabilities()."
        found = f"one of a {layout.model_type} model"
        raise DataError(name, "line 1", "the result of a REGRESSION model", found, remedy)
    texts = [line.rpartition(b",")[2] or b"nan" for line in lines]
    try:
        return np.array(texts, dtype=np.bytes_).astype(np.float64)
    except ValueError as error:
        raise DataError(name, "column 'score'", "numbers", str(error)) from error

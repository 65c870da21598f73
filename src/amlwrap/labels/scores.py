"""The results of a REGRESSION model, as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amlwrap.labels._parsing import parse_scores
from amlwrap.labels._reading import DEFAULT_LIMIT, content_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from amlwrap.objects import ObjectStore

__all__ = ["parse_scores", "read_scores"]


def read_scores(uris: Iterable[str], store: ObjectStore, *, limit: int = DEFAULT_LIMIT) -> NDArray[np.floating]:
    """
    The scores in the result files at *uris*, one file after the other; NaN where a record could not be predicted.

    Args:
        uris: Of the results, in the order in which they are wanted.
        store: Where they are read from.
        limit: The most bytes one result may have, decompressed.

    Raises:
        DataError: A file is not there, is damaged or is another model's result.
    """
    parts: list[NDArray[np.floating]] = [np.empty(0)]
    for uri in uris:
        with store.open(uri) as source:
            parts.append(parse_scores(content_of(source, uri, limit), uri))
    return np.concatenate(parts)

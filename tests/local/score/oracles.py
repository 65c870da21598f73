"""Independent readings of what the score stage writes."""

from __future__ import annotations

import csv
import gzip
import io
from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
from numpy.typing import NDArray

from amlwrap.local.score.number_format import cells, text_of
from amlwrap.objects import ObjectStore
from tests.oracles import sklearn_metrics

__all__ = ["parsed", "sklearn_metrics", "spell", "spelled", "unzipped"]

_ROUNDING = Context(prec=7, rounding=ROUND_HALF_EVEN)


def spell(value: float) -> str:
    """The service's spelling of one finite double, digit by digit."""
    rounded = _ROUNDING.create_decimal(Decimal(value))
    if not rounded:
        return "0E0"
    sign, digits, _ = rounded.as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    return f"{'-' * sign}{text[0]}{'.' * (len(text) > 1)}{text[1:]}E{rounded.adjusted()}"


def spelled(scores: NDArray[np.float32]) -> list[str]:
    """How the product spells each score."""
    block = cells(scores)
    block[:, -1] = ord("\n")
    return text_of(block).decode().splitlines()


def unzipped(store: ObjectStore, uri: str) -> str:
    """The text of a gzip object."""
    with store.open(uri) as file:
        return gzip.decompress(file.read()).decode()


def parsed(text: str) -> list[list[str]]:
    """The fields of each line of a CSV, by the standard library; an empty line has none."""
    return list(csv.reader(io.StringIO(text), strict=True))

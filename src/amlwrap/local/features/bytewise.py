"""Levels by byte: what an output makes of one number, worked out for every byte once, to be looked up in columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from amlwrap.documents.recipe_expressions import Apply, Expression, Leaf
from amlwrap.documents.schema import AttributeType
from amlwrap.local.features.evaluation import Evaluator, Memory
from amlwrap.local.features.signals import Level
from amlwrap.local.ingest.columns import Column, NumericColumn

_ALL = NumericColumn(np.arange(256, dtype=np.uint8))


def bytes_of(column: Column) -> NDArray[np.uint8] | None:
    """The values of a NUMERIC column of which none is missing and each is a byte; None of any other."""
    if isinstance(column, NumericColumn) and column.missing is None and column.values.dtype == np.uint8:
        return column.values
    return None


def number_of(expression: Expression) -> str | None:
    """The NUMERIC attribute that is all that *expression* reads; None when it reads something else."""
    while isinstance(expression, Apply) and len(expression.arguments) == 1:
        (expression,) = expression.arguments
    return expression.name if isinstance(expression, Leaf) and expression.type == AttributeType.NUMERIC else None


def codes_of_bytes(expression: Expression, memory: Memory) -> NDArray[np.unsignedinteger[Any]] | None:
    """The level, by code, that *expression* makes of each byte, shape ``(256,)``; None when it makes no level."""
    name = number_of(expression)
    if name is None:
        return None
    signal = Evaluator({name: _ALL}, memory).output(expression)
    return signal.codes if isinstance(signal, Level) else None

"""The recipe for those who gave none, in the form the service's own suggestions have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from amlwrap.documents._parsing import close_matches
from amlwrap.documents.recipe_grammar import Term, Variable
from amlwrap.documents.schema import AttributeType
from amlwrap.documents.transforms import group, quantile_bin
from amlwrap.exceptions import DocumentError

if TYPE_CHECKING:
    from amlwrap.documents.schema import Schema

__all__ = ["DEFAULT_BINS", "suggest"]

DEFAULT_BINS = 10
"""Bins of a number nobody looked at: the smallest count common in the service's own suggestions."""


def suggest(schema: Schema, bins: int | Mapping[str, int] = DEFAULT_BINS) -> tuple[dict[str, Term], list[Term]]:
    """
    The groups and the outputs to suggest for *schema*.

    There is one group per number of bins, in ascending order. ``ALL_CATEGORICAL`` is always an output, ``ALL_BINARY``
    and ``ALL_TEXT`` only where such inputs exist.
    """
    by_count = _by_count(schema, bins)
    names = {count: f"NUMERIC_VARS_QB_{count}" for count in sorted(by_count)}
    binned = [quantile_bin(name, count) for count, name in names.items()]
    groups: dict[str, Term] = {name: group(*by_count[count]) for count, name in names.items()}
    types = {attribute.type for attribute in schema.inputs}
    first = ["ALL_BINARY"] if AttributeType.BINARY in types else []
    last = ["ALL_TEXT"] if AttributeType.TEXT in types else []
    return groups, [*map(Variable, (*first, "ALL_CATEGORICAL")), *binned, *map(Variable, last)]


def _by_count(schema: Schema, bins: int | Mapping[str, int]) -> dict[int, list[str]]:
    numeric = [attribute.name for attribute in schema.inputs if attribute.type == AttributeType.NUMERIC]
    chosen = bins if isinstance(bins, Mapping) else dict.fromkeys(numeric, bins)
    for name in chosen:
        if name not in numeric:
            raise DocumentError("recipe", "bins", "names of NUMERIC inputs", repr(name), close_matches(name, numeric))
    by_count: dict[int, list[str]] = {}
    for name in numeric:
        by_count.setdefault(chosen.get(name, DEFAULT_BINS), []).append(name)
    return by_count

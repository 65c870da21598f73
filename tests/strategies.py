"""Hypothesis strategies for the service's documents: the vocabulary of the laws tested elsewhere."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from amlwrap.documents import Attribute, AttributeType, Rearrangement, Schema, TrainingParameters

__all__ = ["attribute_names", "attribute_types", "rearrangements", "schemas", "simple_names", "training_parameters"]

_MAX_DOUBLE = 1.7976931348623157e308


def attribute_names() -> SearchStrategy[str]:
    """Any name the service might see on one line of a CSV: blanks, quotes, commas, every script."""
    return st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=64)


def simple_names() -> SearchStrategy[str]:
    """Names that need no quotes in a CSV or a recipe."""
    return st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,15}", fullmatch=True)


def attribute_types() -> SearchStrategy[AttributeType]:
    """One of the four types."""
    return st.sampled_from(AttributeType)


@st.composite
def schemas(draw: DrawFn, names: SearchStrategy[str] | None = None, *, min_size: int = 1, max_size: int = 8) -> Schema:
    """Schemas whose target, row id, row weight and excluded names are their own attributes."""
    chosen = draw(st.lists(names or attribute_names(), min_size=min_size, max_size=max_size, unique=True))
    attributes = [Attribute(name, draw(attribute_types())) for name in chosen]
    one = st.none() | st.sampled_from(chosen)
    row_id = draw(one)
    targets = [a.name for a in attributes if a.type != AttributeType.TEXT and a.name != row_id]
    return Schema(
        attributes,
        target=draw(st.none() | st.sampled_from(targets)) if targets else None,
        row_id=row_id,
        excluded=draw(st.lists(st.sampled_from(chosen), unique=True, max_size=3)),
        header=draw(st.booleans()),
        row_weight=draw(one),
    )


@st.composite
def rearrangements(draw: DrawFn) -> Rearrangement:
    """Slices of every kind, the empty and the whole one among them."""
    begin, end = sorted(draw(st.tuples(st.integers(0, 100), st.integers(0, 100))))
    seed = draw(st.text(max_size=20))
    return Rearrangement(begin, end, draw(st.sampled_from(["sequential", "random"])), seed, draw(st.booleans()))


@st.composite
def training_parameters(draw: DrawFn) -> TrainingParameters:
    """Parameters from all over their ranges; at most one kind of regularisation."""
    amount = draw(st.floats(0, _MAX_DOUBLE))
    l1, l2 = draw(st.sampled_from([(amount, 0.0), (0.0, amount)]))
    return TrainingParameters(
        max_model_size=draw(st.integers(100_000, 2_147_483_648)),
        passes=draw(st.integers(1, 10_000)),
        shuffle=draw(st.sampled_from(["auto", "none"])),
        l1=l1,
        l2=l2,
    )

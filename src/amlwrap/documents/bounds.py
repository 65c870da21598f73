"""How large documents may be: the service's bounds, which whoever reads for another engine can move for a while."""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

import attrs

from amlwrap.exceptions import DocumentError

__all__ = ["BeyondBound", "Bounds", "bounds", "within"]


@attrs.define(eq=False)
class BeyondBound(DocumentError):
    """A document that is larger than a bound; whoever moved it finds its name here."""

    bound: str = ""


@attrs.frozen(kw_only=True)
class Bounds:
    """
    What the service takes; infinite where there is to be no bound.

    Attributes:
        attributes: Of a schema.
        attribute_name: Characters of an attribute's name.
        recipe_outputs: Variables that a recipe puts out.
        passes: Over the data, of one training.
        model_bytes: That a model may be allowed to grow to.
    """

    attributes: float = 1_000
    attribute_name: float = 64
    recipe_outputs: float = 10_000
    passes: float = 10_000
    model_bytes: float = 2_147_483_648


_SERVICE = Bounds()
_CURRENT: ContextVar[Bounds] = ContextVar("amlwrap_bounds", default=_SERVICE)


def bounds() -> Bounds:
    """Those that hold here and now."""
    return _CURRENT.get()


@contextmanager
def within(**others: float | None) -> Generator[None]:
    """
    Other bounds than the service's while the block runs, in this thread or task alone; None for no bound.

    For documents that an embedded engine with other limits is to be given; AWS refuses what is larger.

    >>> from amlwrap import TrainingParameters
    >>> with within(passes=20_000):
    ...     TrainingParameters(passes=15_000).passes
    15000
    """
    new = attrs.evolve(bounds(), **{name: math.inf if most is None else most for name, most in others.items()})
    token = _CURRENT.set(new)
    try:
        yield
    finally:
        _CURRENT.reset(token)

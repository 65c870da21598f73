"""How much of anything the engine takes: the service's limits, each of which can be lifted by name."""

from __future__ import annotations

import attrs

__all__ = ["Limits"]


@attrs.frozen(kw_only=True)
class Limits:
    """
    The limits of the service that a request can run into.

    Attributes:
        attributes: In one schema.
        tags: On one entity.

    >>> Limits(tags=200).attributes
    1000
    """

    attributes: int = 1000
    tags: int = 50

"""How much of anything the engine takes: the service's limits, each of which can be lifted by name."""

from __future__ import annotations

import attrs

__all__ = ["Limits"]


@attrs.frozen(kw_only=True)
class Limits:
    """
    The limits of the service that a request can run into.

    Attributes:
        tags: On one entity.
        record_bytes: Of the values of a record to predict, and a comma between any two.

    >>> Limits().tags
    50
    """

    tags: int = 50
    record_bytes: int = 102_400

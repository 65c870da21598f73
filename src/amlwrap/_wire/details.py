"""What is asked of our own engine beyond the service's replies: most of it always, what is long by name."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["DETAILS_HEADER", "DETAIL_PREFIX", "SPOILT", "STATISTICS", "wanted_details", "wanting"]

DETAILS_HEADER = "x-amlwrap-details"
DETAIL_PREFIX = "amlwrap."
STATISTICS = "statistics"
SPOILT = "statistics_spoilt"
"""Why a datasource is told without the statistics that were asked for."""

_WANTED = ContextVar("amlwrap_details", default="1")


def wanted_details() -> str:
    """What the header says here and now."""
    return _WANTED.get()


@contextmanager
def wanting(details: str) -> Generator[None]:
    """
    Ask for *details* too while the block runs, in this thread or task alone.

    >>> with wanting(STATISTICS):
    ...     wanted_details()
    'statistics'
    """
    token = _WANTED.set(details)
    try:
        yield
    finally:
        _WANTED.reset(token)

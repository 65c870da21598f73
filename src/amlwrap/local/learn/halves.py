"""Work in two halves at the same time: one here, the other in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")


class Halves:
    """
    A second pair of hands, for work that lets go of the interpreter; a context manager, whose thread ends with it.

    >>> with Halves() as halves:
    ...     halves.both(str.upper, "a", "b")
    ('A', 'B')
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "amlwrap_half")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def both(self, work: Callable[[_Part], _Result], first: _Part, second: _Part) -> tuple[_Result, _Result]:
        """What *work* makes of each."""
        later = self._pool.submit(work, second)
        return work(first), later.result()

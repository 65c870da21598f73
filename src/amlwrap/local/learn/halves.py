"""Work in two halves at the same time: one here, the other in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")
_Done: TypeAlias = tuple[Any, BaseException | None]


class Halves:
    """
    A second pair of hands, for work that lets go of the interpreter; a context manager, whose thread ends with it.

    A pool of the standard library would do as well, at twice the cost of handing over, which is often all there is.

    >>> with Halves() as halves:
    ...     halves.both(str.upper, "a", "b")
    ('A', 'B')
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._done: SimpleQueue[_Done] = SimpleQueue()
        self._thread = Thread(target=self._serve, name="amlwrap_half", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asked.put(None)
        self._thread.join()

    def both(self, work: Callable[[_Part], _Result], first: _Part, second: _Part) -> tuple[_Result, _Result]:
        """What *work* makes of each."""
        self._asked.put(partial(work, second))
        try:
            here = work(first)
        finally:
            there, error = self._done.get()
        if error is not None:
            raise error
        return here, there

    def _serve(self) -> None:
        while (work := self._asked.get()) is not None:
            self._done.put(_attempt(work))


def _attempt(work: Callable[[], Any]) -> _Done:
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
        return None, error

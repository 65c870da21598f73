"""Many calls at a time over rows that need not end: a bounded look ahead, and results in the rows' order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_order"]

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2  # rows taken per thread, so that none is idle while the first is slow


def in_order(work: Callable[[T], R], items: Iterable[T], *, concurrency: int) -> Iterator[R]:
    """
    What *work* makes of each of *items*, in their order.

    At most *concurrency* calls run at a time, and at most twice as many items are taken ahead of the results. When one
    raises, so does this once all before it are given; what has not begun by then never does. The same goes for whoever
    stops asking. If taking an item raises, the items taken before are finished first.

    >>> import itertools
    >>> list(itertools.islice(in_order(str, itertools.count(), concurrency=2), 3))
    ['0', '1', '2']
    """
    source, limit = iter(items), _AHEAD * concurrency
    window: deque[Future[R]] = deque()
    broken: Exception | None = None
    exhausted = False
    pool = ThreadPoolExecutor(concurrency, "amlwrap-predict")
    try:
        while window or not exhausted:
            if exhausted or len(window) == limit or (window and window[0].done()):
                yield window.popleft().result()
                continue
            try:
                window.append(pool.submit(work, next(source)))
            except StopIteration:
                exhausted = True
            except Exception as error:  # noqa: BLE001 - it is raised, in its turn
                exhausted, broken = True, error
        if broken is not None:
            raise broken
    finally:
        pool.shutdown(cancel_futures=True)

"""Rates: how many predictions a second are let through, of one endpoint and of all together, and operations."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    from amlwrap.local.limits import Limits

__all__ = ["Rates"]


@attrs.define
class _Bucket:
    """What may still be asked now: it holds a second's worth at most, and fills as time passes."""

    per_second: float
    left: float
    filled_ms: int

    def fill(self, now_ms: int) -> None:
        passed = max(0, now_ms - self.filled_ms) / 1000  # a clock may be put back
        self.left = min(self.per_second, self.left + passed * self.per_second)
        self.filled_ms = now_ms


class Rates:
    """
    Counts the predictions of one engine, and its other operations, where the limits say that somebody is to.

    Args:
        now: Epoch milliseconds.

    >>> from amlwrap.local.limits import Limits
    >>> rates = Rates(Limits(endpoint_requests=2), lambda: 0)
    >>> [rates.exceeded("ml-1") for _ in range(3)], rates.exceeded("ml-2")
    ([None, None, 'endpoint_requests'], None)
    """

    def __init__(self, limits: Limits, now: Callable[[], int]) -> None:
        self._each = limits.endpoint_requests
        self._all = limits.requests
        self._others = limits.operations
        self._now = now
        self._buckets: dict[str | None, _Bucket] = {}
        self._operations: _Bucket | None = None
        self._lock = threading.Lock()

    def exceeded(self, model_id: str) -> str | None:
        """The limit that a prediction of *model_id* would break now; None, and it is counted, when it breaks none."""
        if self._each is None and self._all is None:
            return None
        with self._lock:
            wanted = [("endpoint_requests", model_id, self._each), ("requests", None, self._all)]
            buckets = [(name, self._bucket(key, most)) for name, key, most in wanted if most is not None]
            for name, bucket in buckets:
                if bucket.left < 1:
                    return name
            for _, bucket in buckets:
                bucket.left -= 1
        return None

    def throttled(self) -> bool:
        """Whether one more operation would be too many now; if not, it is counted."""
        if self._others is None:
            return False
        with self._lock:
            now = self._now()
            bucket = self._operations = self._operations or _Bucket(self._others, self._others, now)
            bucket.fill(now)
            if bucket.left < 1:
                return True
            bucket.left -= 1
        return False

    def forget(self, model_id: str) -> None:
        """The endpoint is gone."""
        with self._lock:
            self._buckets.pop(model_id, None)

    def _bucket(self, key: str | None, most: float) -> _Bucket:
        now = self._now()
        bucket = self._buckets.setdefault(key, _Bucket(most, most, now))
        bucket.fill(now)
        return bucket

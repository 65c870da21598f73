"""Asking the service, at a measured pace, for what an account owns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from amlwrap import _wire
from amlwrap._calls import Calls
from amlwrap._logs import Unavailable, without_query
from amlwrap._wire import Kind
from amlwrap.exceptions import (
    AmlwrapError,
    ConfigError,
    InvalidInputError,
    ServiceClosedError,
    ThrottledError,
    TransportError,
)
from amlwrap.typing import Clock

__all__ = ["KINDS", "Account", "Pace", "Unavailable", "plain", "without_query"]

KINDS: Mapping[str, Kind] = {
    kind.noun.replace(" ", "_"): kind
    for kind in (_wire.DATASOURCE, _wire.MODEL, _wire.EVALUATION, _wire.BATCH_PREDICTION)
}
_PATIENCE = 3


class Pace:
    """At most *rate* steps a second, by *clock*; ``None`` is as fast as it goes."""

    def __init__(self, rate: float | None, clock: Clock) -> None:
        if rate is not None and not rate > 0:
            raise ConfigError("rate", repr(rate), "calls per second, or None for no bound")
        self._gap = 0.0 if rate is None else 1.0 / rate
        self._clock = clock
        self._next: float | None = None

    def step(self) -> None:
        """Wait until the next call may be made."""
        now = self._clock.monotonic()
        if self._next is not None and now < self._next:
            self._clock.sleep(self._next - now)
            now = self._next
        self._next = now + self._gap


class Account:
    """
    The entities behind one connection.

    What one call is refused does not concern the next. When nothing answers any more, several calls in a row, the
    error comes through: an export that is to be continued is better than one full of holes.
    """

    def __init__(self, calls: Calls, pace: Pace) -> None:
        self._calls = calls
        self._pace = pace
        self._lost = 0

    def listed(self, kind: Kind) -> Iterator[dict[str, Any]]:
        """Every entity of *kind* that the service lists, deleted ones too if it does."""
        yield from self._pages(kind, {})
        try:
            yield from self._pages(kind, {"FilterVariable": "Status", "EQ": "DELETED"})
        except InvalidInputError:
            return  # a server that cannot be asked so has none to show

    def get(self, kind: Kind, id: str) -> tuple[dict[str, Any], str | None]:
        """
        The whole reply about an entity, as JSON, and the address of its log, which may be signed and is not to be kept.

        Raises:
            Unavailable: It was refused.
        """
        with _wire.wanting(_wire.STATISTICS):
            reply = self._asked(lambda: self._calls.call(kind.get, **_wire.get(kind, id, verbose=True)))
        return plain(reply), reply.get("LogUri")

    def tags(self, kind: Kind, id: str) -> dict[str, str | None]:
        """
        Tags by key; a tag without a value has None.

        Raises:
            Unavailable: They were refused.
        """
        reply = self._asked(lambda: self._calls.call("DescribeTags", **_wire.tags(kind, id)))
        return {tag["Key"]: tag.get("Value") for tag in reply.get("Tags", [])}

    def _pages(self, kind: Kind, params: dict[str, str]) -> Iterator[dict[str, Any]]:
        pages = self._calls.pages(kind.describe, **params)
        while True:
            self._pace.step()
            page = next(pages, None)
            if page is None:
                return
            yield from map(plain, page)

    def _asked(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self._pace.step()
        try:
            reply = call()
        except (TransportError, ThrottledError, ConfigError) as error:
            self._lost += 1
            if self._lost >= _PATIENCE:
                raise
            raise Unavailable(str(error)) from error
        except AmlwrapError as error:
            if isinstance(error, ServiceClosedError):
                raise
            self._lost = 0
            raise Unavailable(str(error)) from error
        self._lost = 0
        return reply


def plain(reply: Any) -> Any:
    """
    A reply as JSON: times in ISO 8601, nothing of its passage over the wire, no signature in its log's address.

    >>> from datetime import datetime, UTC
    >>> plain({"CreatedAt": datetime(2017, 2, 11, tzinfo=UTC), "ResponseMetadata": {}, "LogUri": "https://h/log?Sign=x"})
    {'CreatedAt': '2017-02-11T00:00:00+00:00', 'LogUri': 'https://h/log'}
    """
    if isinstance(reply, Mapping):
        members = cast("Mapping[str, Any]", reply)
        items = ((key, value) for key, value in members.items() if key != "ResponseMetadata")
        return {key: without_query(value) if key == "LogUri" else plain(value) for key, value in items}
    if isinstance(reply, list | tuple):
        return [plain(value) for value in cast("list[Any]", reply)]
    if isinstance(reply, datetime):
        return (reply.replace(tzinfo=UTC) if reply.tzinfo is None else reply.astimezone(UTC)).isoformat()
    return reply

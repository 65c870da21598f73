"""The only crossing into botocore: call, page, create once, retry within a budget, translate errors."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

import attrs
import tenacity

from amlwrap import exceptions
from amlwrap._translation import asked_delay, in_short, is_ambiguous, is_transient, translate
from amlwrap._wire import is_what_was_asked, redacted
from amlwrap.typing import Clock

__all__ = ["Calls", "Retry", "SystemClock"]

Reply = dict[str, Any]


class SystemClock:
    """The machine's own time."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        """Block for *seconds*."""
        time.sleep(seconds)


def _chance() -> float:
    """By name, so that a pickle holds no generator, whose copies would all say the same."""
    return random.random()


@attrs.frozen(kw_only=True)
class Retry:
    """
    How often, how long and how patiently a refused call is tried again.

    Throttling, errors on the service's side and broken connections are tried again; nothing else is, and nothing that
    could happen twice: ids are chosen before the first call, so a create that is repeated makes one object. A reply
    that says how long to stay away (``Retry-After``) is obeyed, within the budget.

    The error that is raised in the end holds the number of attempts, and a note of what each of them met.

    Attributes:
        attempts: Calls in all, the first included.
        total_seconds: No attempt starts later than this after the first, and no delay reaches beyond it.
        first_delay: Seconds before the second attempt.
        growth: Factor from one delay to the next.
        max_delay: Longest delay in seconds.
        jitter: Share of each delay that is left to chance, 0 to 1.
        rng: Gives numbers in [0, 1).

    >>> [Retry(jitter=0.0).delay(attempt) for attempt in (1, 2, 3)]
    [0.5, 1.0, 2.0]
    """

    attempts: int = attrs.field(default=5, validator=attrs.validators.ge(1))
    total_seconds: float = attrs.field(default=60.0, validator=attrs.validators.ge(0))
    first_delay: float = attrs.field(default=0.5, validator=attrs.validators.ge(0))
    growth: float = attrs.field(default=2.0, validator=attrs.validators.ge(1))
    max_delay: float = attrs.field(default=20.0, validator=attrs.validators.ge(0))
    jitter: float = attrs.field(default=0.5, validator=[attrs.validators.ge(0), attrs.validators.le(1)])
    rng: Callable[[], float] = attrs.field(default=_chance, repr=False, eq=False)

    def delay(self, attempt: int) -> float:
        """Seconds to let pass after *attempt* (counted from 1) has failed."""
        full = min(self.first_delay * self.growth ** min(attempt - 1, 64), self.max_delay)
        return full * (1.0 - self.jitter * self.rng())

    def run(self, call: Callable[[int], Reply], clock: Clock) -> Reply:
        """*call* with the attempt's number until it answers, fails for good, or the budget is spent."""
        started = clock.monotonic()
        met: Counter[str] = Counter()

        def remaining() -> float:
            return self.total_seconds - (clock.monotonic() - started)

        def delay(state: tenacity.RetryCallState) -> float:
            assert state.outcome is not None
            wanted = max(self.delay(state.attempt_number), asked_delay(state.outcome.exception()))
            return max(0.0, min(wanted, remaining()))

        def attempt_numbered(number: int) -> Reply:
            try:
                return call(number)
            except exceptions.AmlwrapError as error:
                met[in_short(error)] += 1
                if number > 1:
                    _tell(error, met, clock.monotonic() - started)
                raise

        for attempt in tenacity.Retrying(
            retry=tenacity.retry_if_exception(is_transient),
            stop=lambda state: state.attempt_number >= self.attempts or remaining() <= 0,
            wait=delay,
            sleep=clock.sleep,
            reraise=True,
        ):
            with attempt:
                return attempt_numbered(attempt.retry_state.attempt_number)
        raise AssertionError("tenacity ends by returning or raising")  # pragma: no cover - unreachable by its contract


@attrs.define(eq=False)
class Calls:
    """
    The operations of one botocore client, which is made at the first call.

    Safe to use from several threads.
    """

    _factory: Callable[[], Any] = attrs.field(repr=False)
    retry: Retry = attrs.field(factory=Retry)
    clock: Clock = attrs.field(factory=SystemClock, repr=False)
    _made: Any = attrs.field(default=None, init=False, repr=False)
    _closed: bool = attrs.field(default=False, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    @property
    def client(self) -> Any:
        """The botocore client itself, for what amlwrap does not do."""
        with self._lock:
            if self._closed:
                raise exceptions.ConfigError("client", "a closed one", "an open one", "Connect again.")
            if self._made is None:
                self._made = self._factory()
            return self._made

    def call(self, operation: str, /, **params: Any) -> Reply:
        """
        The reply to *operation*, named as the API names it, called with *params*.

        Raises:
            ServiceError: It was refused.
            TransportError: No answer came back.
        """
        return self.retry.run(lambda attempt: self._once(operation, params, attempt), self.clock)

    def pages(self, operation: str, /, **params: Any) -> Iterator[list[Reply]]:
        """The ``Results`` of every page, until no token is given; pages may be empty on the way."""
        token: str | None = None
        while True:
            reply = self.call(operation, **params, **({"NextToken": token} if token else {}))
            yield reply.get("Results", [])
            token = reply.get("NextToken")
            if not token:
                return

    def create(self, operation: str, params: Mapping[str, Any], confirm: Callable[[], Mapping[str, Any]]) -> Reply:
        """
        Call a create that may be repeated: it makes one object however often the answer is lost.

        An attempt whose answer never came may have done its work. The next one then meets that work and is refused:
        there is a conflict, or no room for one more. *confirm* gets the object under the id, and if it is what *params*
        asked for, that is success.
        """

        def is_done(_: exceptions.AmlwrapError) -> bool:
            try:
                return is_what_was_asked(params, confirm())
            except exceptions.AmlwrapError as error:
                if is_transient(error):
                    raise
                return False  # the refusal says more than that we could not look

        return self._unless_done(operation, params, is_done)

    def delete(self, operation: str, params: Mapping[str, Any]) -> Reply:
        """Call a delete that may be repeated: what an attempt without an answer has removed is gone, as was asked."""
        return self._unless_done(operation, params, lambda error: isinstance(error, exceptions.NotFoundError))

    def _unless_done(
        self, operation: str, params: Mapping[str, Any], is_done: Callable[[exceptions.AmlwrapError], bool]
    ) -> Reply:
        """Call *operation*; a refusal after a lost answer is success if *is_done* says so."""
        lost = False

        def attempt(number: int) -> Reply:
            nonlocal lost
            try:
                return self._once(operation, params, number)
            except exceptions.AmlwrapError as error:
                if lost and not is_transient(error) and is_done(error):
                    return {}
                lost = lost or is_ambiguous(error)
                raise

        return self.retry.run(attempt, self.clock)

    def close(self) -> None:
        """Let go of the client's connections; later calls are refused."""
        with self._lock:
            self._closed = True
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def _once(self, operation: str, params: Mapping[str, Any], attempt: int) -> Reply:
        client = self.client
        try:
            reply: Reply = getattr(client, _method(operation))(**params)
        except Exception as error:
            translated = translate(error, operation, params, str(client.meta.endpoint_url), attempt)
            if translated is None:
                raise
            said = str(error)
            raise translated from (error if redacted(said, params) == said else None)
        return reply


def _tell(error: exceptions.AmlwrapError, met: Counter[str], seconds: float) -> None:
    """Note on *error* what its attempts *met*; a traceback shows it, and it survives pickle."""
    kinds = ", ".join(f"{kind} ({n}x)" if n > 1 else kind for kind, n in met.items())
    error.add_note(f"{met.total()} attempts within {seconds:.1f} s met: {kinds}.")


@lru_cache(maxsize=64)
def _method(operation: str) -> str:
    import botocore

    return str(cast("Any", botocore).xform_name(operation))

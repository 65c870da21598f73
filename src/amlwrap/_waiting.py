"""Waiting for jobs: one schedule of polls, one deadline and one display, for one job or for many."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any, Protocol, Self, TypeAlias, TypeVar, overload

import attrs

from amlwrap._progress import ENDED, Display, ProgressEvent, open_display
from amlwrap._translation import in_short, is_transient
from amlwrap.documents._parsing import real_number
from amlwrap.exceptions import AmlwrapError, ConfigError, JobDeletedError, JobFailedError, WaitTimeoutError
from amlwrap.typing import Clock, ProgressSetting

__all__ = ["Polling", "Waitable", "as_completed", "wait_all"]


def _chance() -> float:
    """By name, so that a pickle holds no generator, whose copies would all say the same."""
    return random.random()


@attrs.frozen(kw_only=True)
class Polling:
    """
    How often a job is looked at, and for how long.

    Attributes:
        first_delay: Seconds before the second look; the first is at once.
        growth: Factor from one delay to the next.
        max_delay: Longest delay in seconds.
        timeout: Seconds until waiting ends with `WaitTimeoutError`; the job itself goes on.
        patience: Seconds for which the service may give no answer, throttle or fail, beyond what the client's `Retry`
            allows for each look; when they are over, waiting ends with the error. The job itself goes on.
        jitter: Share of each delay that is left to chance, 0 to 1, so that many waiters do not call in step.
        rng: Gives numbers in [0, 1).
    """

    first_delay: float = attrs.field(default=2.0, validator=attrs.validators.gt(0))
    growth: float = attrs.field(default=1.5, validator=attrs.validators.ge(1))
    max_delay: float = attrs.field(default=30.0, validator=attrs.validators.gt(0))
    timeout: float = attrs.field(default=3 * 3600.0, validator=attrs.validators.ge(0))
    patience: float = attrs.field(default=900.0, validator=attrs.validators.ge(0))
    jitter: float = attrs.field(default=0.1, validator=[attrs.validators.ge(0), attrs.validators.le(1)])
    rng: Callable[[], float] = attrs.field(default=_chance, repr=False, eq=False)

    @classmethod
    def remote(cls) -> Self:
        """For jobs that take minutes on AWS: 2 s growing to 30 s, three hours at most, 15 minutes without answer."""
        return cls()

    @classmethod
    def local(cls) -> Self:
        """For jobs of a server of one's own: 0.01 s growing to 0.1 s, one hour at most, a minute without answer."""
        return cls(first_delay=0.01, max_delay=0.1, timeout=3600.0, patience=60.0)

    def delay(self, poll: int) -> float:
        """Seconds between look *poll* (counted from 1) and the next."""
        full = min(self.first_delay * self.growth ** min(poll - 1, 64), self.max_delay)
        return full * (1.0 - self.jitter * self.rng())


class Waitable(Protocol):
    """What waiting needs to know of a resource."""

    @property
    def id(self) -> str:
        """Identifier."""
        ...

    @property
    def name(self) -> str:
        """Name."""
        ...

    @property
    def status(self) -> str:
        """Life cycle."""
        ...

    @property
    def message(self) -> str:
        """The service's words about the status."""
        ...

    @property
    def log_uri(self) -> str | None:
        """Where the job's log is."""
        ...

    def _noun(self) -> str: ...

    def _resume(self) -> str: ...

    def _lasts(self) -> bool: ...

    def _policy(self) -> tuple[Polling, Clock, ProgressSetting]: ...

    def _look(self) -> tuple[Self, float | None, str]: ...


W = TypeVar("W", bound=Waitable)
# Kinds that are waited for together keep their own types, as far as anybody names them one by one.
A = TypeVar("A", bound=Waitable)
B = TypeVar("B", bound=Waitable)
C = TypeVar("C", bound=Waitable)
D = TypeVar("D", bound=Waitable)
E = TypeVar("E", bound=Waitable)


def as_completed(*resources: W, timeout: float | None = None, progress: ProgressSetting | None = None) -> Iterator[W]:
    """
    The newest snapshot of each of *resources* as its job ends, whether it completed, failed or was deleted.

    Args:
        timeout: Seconds for all together; by default the longest that any of their clients allows.
        progress: Overrides what their client was told.

    Raises:
        WaitTimeoutError: The deadline passed; jobs that had ended by then were already given.
    """
    for _, latest in _watch(resources, timeout, progress):
        yield latest


@overload
def wait_all(
    a: A, b: B, /, *, timeout: float | None = None, progress: ProgressSetting | None = None
) -> tuple[A, B]: ...
@overload
def wait_all(
    a: A, b: B, c: C, /, *, timeout: float | None = None, progress: ProgressSetting | None = None
) -> tuple[A, B, C]: ...
@overload
def wait_all(
    a: A, b: B, c: C, d: D, /, *, timeout: float | None = None, progress: ProgressSetting | None = None
) -> tuple[A, B, C, D]: ...
@overload
def wait_all(
    a: A, b: B, c: C, d: D, e: E, /, *, timeout: float | None = None, progress: ProgressSetting | None = None
) -> tuple[A, B, C, D, E]: ...
@overload
def wait_all(*resources: W, timeout: float | None = None, progress: ProgressSetting | None = None) -> tuple[W, ...]: ...
def wait_all(*resources: Any, timeout: float | None = None, progress: ProgressSetting | None = None) -> Any:
    """
    The newest snapshots of *resources*, in the order given, once all their jobs have completed.

    Every job is waited for even when one has failed, so that nothing is left unknown.

    Raises:
        JobFailedError: At least one failed; this is about the first in the order given.
        JobDeletedError: At least one was deleted, or is an endpoint that is not there.
        WaitTimeoutError: The deadline passed.
    """
    ended = dict(_watch(resources, timeout, progress))
    return tuple(_completed(ended[place]) for place in range(len(resources)))


def _completed(resource: W) -> W:
    """*resource*, if its job has completed."""
    noun = resource._noun()  # pyright: ignore[reportPrivateUsage]
    if resource.status == "FAILED":
        reason = resource.message or "the service gave no reason"
        raise JobFailedError(noun, resource.id, reason, resource.log_uri)
    if resource.status in ("DELETED", "NONE"):
        raise JobDeletedError(noun, resource.id)
    return resource


def _watch(resources: Sequence[W], timeout: float | None, progress: ProgressSetting | None) -> Iterator[tuple[int, W]]:
    if not resources:
        return
    _demand_resources(resources)
    policies = [resource._policy() for resource in resources]  # pyright: ignore[reportPrivateUsage]
    _, clock, setting = policies[0]
    limit = max(policy[0].timeout for policy in policies) if timeout is None else _seconds(timeout)
    display = open_display(setting if progress is None else progress)
    try:
        yield from _Watch([policy[0] for policy in policies], clock, limit, display).run(resources)
    finally:
        display.close()


def _demand_resources(given: Sequence[object]) -> None:
    for one in given:
        if not hasattr(one, "_policy"):
            remedy = "Give several one by one, or with a star: wait_all(*resources)."
            raise ConfigError("waiting", type(one).__name__, "resources", remedy)


def _seconds(timeout: object) -> float:
    found = real_number(timeout)
    if found is None or math.isnan(found):
        raise ConfigError("timeout", repr(timeout), "a number of seconds, or None")
    return found


_FEW = 5  # unfinished jobs that are named one by one
_Due: TypeAlias = "tuple[float, int, int, int, Any]"


def _in_order(queue: Sequence[_Due]) -> list[Any]:
    """The resources that are still waited for, as they were given."""
    return [entry[-1] for entry in sorted(queue, key=lambda entry: entry[3])]


@attrs.define
class _Watch:
    """One round of waiting: what is due when, until when."""

    pollings: Sequence[Polling]
    clock: Clock
    limit: float
    display: Display
    started: float = attrs.field(init=False)
    n_jobs: int = attrs.field(default=0, init=False)
    n_done: int = attrs.field(default=0, init=False)
    outages: dict[int, tuple[float, AmlwrapError]] = attrs.field(factory=dict[int, Any], init=False)
    """Since when no look at a place has been answered, and what the last one met."""

    def run(self, resources: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Each of *resources* as it ends, with its place among them."""
        self.started = self.clock.monotonic()
        self.n_jobs = len(resources)
        order = count()
        queue: list[_Due] = [(self.started, next(order), 1, place, one) for place, one in enumerate(resources)]
        while queue:
            due, _, poll, place, resource = heapq.heappop(queue)
            try:
                self._sleep_until(due, resource, place, last_chance_taken=poll > 1)
                latest = self._look(resource, place)
            except KeyboardInterrupt as interrupt:
                self._farewell(interrupt, [resource, *_in_order(queue)])
                raise
            except WaitTimeoutError as late:
                self._farewell(late, _in_order(queue))  # which tells of the one itself
                raise
            if latest.status in ENDED:
                yield place, latest
            else:
                again = self.clock.monotonic() + self.pollings[place].delay(poll)
                heapq.heappush(queue, (again, next(order), poll + 1, place, latest))

    def _sleep_until(self, due: float, resource: Any, place: int, *, last_chance_taken: bool) -> None:
        """Sleep to *due* or the deadline, at which a last look is taken; after that one, raise."""
        now, deadline = self.clock.monotonic(), self.started + self.limit
        if now >= deadline and last_chance_taken:
            noun, resume = resource._noun(), resource._resume()
            _, trouble = self.outages.get(place, (now, None))
            raise WaitTimeoutError(noun, resource.id, resource.status, now - self.started, resume) from trouble
        if min(due, deadline) > now:
            self.clock.sleep(min(due, deadline) - now)

    def _look(self, resource: Any, place: int) -> Any:
        try:
            latest, fraction, words = resource._look()
        except AmlwrapError as error:
            if not is_transient(error):
                raise
            self._endure(error, resource, place)
            latest, fraction, words = resource, None, f"no news: {in_short(error)}; still trying"
        else:
            self.outages.pop(place, None)
        self.n_done += latest.status in ENDED
        event = ProgressEvent(
            kind=latest._noun(),
            id=latest.id,
            name=latest.name,
            status=latest.status,
            elapsed_seconds=self.clock.monotonic() - self.started,
            fraction=fraction,
            words=words,
            n_done=self.n_done,
            n_jobs=self.n_jobs,
        )
        self.display.update(event)
        return latest

    def _endure(self, error: AmlwrapError, resource: Any, place: int) -> None:
        """Go on without an answer, as long as patience lasts."""
        now = self.clock.monotonic()
        since, _ = self.outages.get(place, (now, error))
        self.outages[place] = since, error
        if now - since >= self.pollings[place].patience:
            error.add_note(_outlook(resource))
            raise error

    def _farewell(self, error: BaseException, unfinished: Sequence[Any]) -> None:
        """Say how to come back to each of *unfinished*, or to some when they are many; *error* says it too."""
        told = [_outlook(one) for one in unfinished[:_FEW]]
        if len(unfinished) > _FEW:
            told.append(f"{len(unfinished) - _FEW} more go on as well")
        for text in told:
            self.display.say(text)
            error.add_note(text)


def _outlook(resource: Any) -> str:
    """What becomes of a job that nobody waits for, and how to come back to it."""
    until = "" if resource._lasts() else " until its client is closed"
    return f"{resource._noun()} {resource.id} goes on{until}; come back to it with {resource._resume()}"

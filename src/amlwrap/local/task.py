"""What a stage is given: the request, its parents, places to read and write, and a line back to the engine."""

from __future__ import annotations

import threading
import time
import traceback
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import attrs

from amlwrap.local.databases import Databases
from amlwrap.local.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from amlwrap.local.home import Home
    from amlwrap.local.kinds import Kind
    from amlwrap.objects import ObjectStore

__all__ = ["DEFAULT_MEMORY", "Cache", "Cancelled", "Log", "Parent", "Run", "Stage", "Task"]

_T = TypeVar("_T")

DEFAULT_MEMORY = 1_000_000_000
"""Bytes that the data of jobs may take, until somebody says otherwise."""


class Cancelled(BaseException):
    """
    The engine is closing or the entity is gone: the stage is to stop where it is.

    No `Exception`, so that no stage takes it for a failure of its own.
    """


@attrs.frozen
class Parent:
    """
    An entity that a job builds on.

    Attributes:
        id: Its id.
        request: What it was created with; schema and recipe are there as text, wherever they came from.
        result: What its own job returned; for a BINARY model also ``ScoreThreshold``, as it stands now.
    """

    id: str
    request: Mapping[str, Any]
    result: Mapping[str, Any]


class Run:
    """
    The mutable side of one attempt: how far it is, and whether it is to stop.

    Args:
        most_seconds: How long it may take.
        clock: Seconds since some fixed moment; the machine's own, since nobody's virtual clock tells how long we work.
    """

    def __init__(self, most_seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.progress: tuple[float, str] | None = None
        self._cancelled = threading.Event()
        self._clock = clock
        self._deadline = None if most_seconds is None else clock() + most_seconds

    def cancel(self) -> None:
        """Ask the stage to stop."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """True once the stage is to stop: somebody asked it to, or its time is up."""
        return self._cancelled.is_set() or (self._deadline is not None and self._clock() > self._deadline)

    @property
    def timed_out(self) -> bool:
        """True when its time is up, and nobody asked before."""
        return self.cancelled and not self._cancelled.is_set()


class Log:
    """
    The job's log in the service's form, one line per event: ``16/12/19 10:07:13 INFO: words``.

    Args:
        path: Begun anew by every attempt.
        clock: Epoch seconds.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")

    def __call__(self, words: str) -> None:
        """Write *words* as an INFO line."""
        self._write("INFO", words)

    info = __call__

    def all(self, lines: Iterable[str]) -> None:
        """Write INFO lines that belong together, at once."""
        self._write("INFO", *lines)

    def warn(self, words: str) -> None:
        """Write *words* as a WARN line."""
        self._write("WARN", words)

    def error(self, words: str, error: BaseException | None = None) -> None:
        """Write *words* as an ERROR line, followed by the traceback of *error*."""
        trace = "" if error is None else "\n" + "".join(traceback.format_exception(error)).rstrip()
        self._write("ERROR", words + trace)

    def close(self) -> None:
        """Write out what is held back, and close the file."""
        with self._lock:
            self._file.close()

    def _write(self, level: str, *words: str) -> None:
        stamp = time.strftime("%y/%m/%d %H:%M:%S", time.gmtime(self._clock()))
        with self._lock:
            self._file.write("".join(f"{stamp} {level}: {line}\n" for line in words))
            self._file.flush()


class Cache:
    """
    Values shared by the engine's jobs; each is made once, however many ask for it at the same time.

    Args:
        max_entries: How many are kept; beyond, the one unused for longest goes.

    >>> cache = Cache()
    >>> cache.setdefault("answer", lambda: 42), cache.setdefault("answer", lambda: 43)
    (42, 42)
    """

    def __init__(self, max_entries: int = 32) -> None:
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._values: OrderedDict[object, Any] = OrderedDict()
        self._making: dict[object, threading.Lock] = {}

    def setdefault(self, key: object, factory: Callable[[], _T]) -> _T:
        """The value of *key*, made by *factory* if nobody has; a factory that raises leaves nothing behind."""
        with self._lock:
            if key in self._values:
                return self._kept(key)  # type: ignore[no-any-return]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._values:
                    return self._kept(key)  # type: ignore[no-any-return]
            value = factory()
            with self._lock:
                self._values[key] = value
                self._making.pop(key, None)
                while len(self._values) > self._max_entries:
                    self._values.popitem(last=False)
            return value

    def discard(self, key: object) -> None:
        """Forget *key*."""
        with self._lock:
            self._values.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()

    def _kept(self, key: object) -> Any:
        self._values.move_to_end(key)
        return self._values[key]


@attrs.frozen(kw_only=True)
class Task:
    """
    One attempt at one job, as its stage sees it.

    Attributes:
        kind: What is being made.
        id: Of the entity.
        request: What it was created with; schema and recipe are there as text, wherever they came from.
        parents: By role: ``"datasource"``; for evaluations and batch predictions also ``"model"`` and
            ``"training_datasource"``.
        home: Where artefacts go.
        store: Bytes by ``s3://`` URI.
        log: Lines for whoever asks why.
        cache: Values that outlive the task, as long as the engine.
        databases: Those that the engine was told of.
        memory: Bytes that the data of a job may take.
        limits: Those of the engine.
    """

    kind: Kind
    id: str
    request: Mapping[str, Any]
    parents: Mapping[str, Parent]
    home: Home
    store: ObjectStore
    log: Log
    cache: Cache
    databases: Databases = attrs.field(factory=Databases, repr=False)
    memory: int = DEFAULT_MEMORY
    limits: Limits = attrs.field(factory=Limits)
    run: Run = attrs.field(factory=Run, repr=False)

    def progress(self, fraction: float, words: str = "") -> None:
        """
        Say how far the job is; costs next to nothing, so say it often.

        Raises:
            Cancelled: The job is to stop.
        """
        self.run.progress = (fraction, words)
        if self.run.cancelled:
            raise Cancelled

    def cancelled(self) -> bool:
        """True once the job is to stop; for code that cannot be left by an exception."""
        return self.run.cancelled


Stage: TypeAlias = "Callable[[Task], Mapping[str, Any]]"
"""What is done for one kind of entity; what it returns are members of the service's replies."""

"""Jobs: claimed, run and recorded, by threads that sleep until there is work or in the thread that made the work."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from amlwrap.exceptions import ConfigError
from amlwrap.local import heap, results
from amlwrap.local.attempt import INTERNAL, Failed, GivenBack, Made, attempt
from amlwrap.local.databases import Databases
from amlwrap.local.kinds import Kind
from amlwrap.local.limits import Limits
from amlwrap.local.state import StateError
from amlwrap.local.task import DEFAULT_MEMORY, Cache, Log, Parent, Run, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amlwrap.local.attempt import Outcome
    from amlwrap.local.home import Home
    from amlwrap.local.state import Claim, Queue
    from amlwrap.local.state.queue import ParentRecord
    from amlwrap.local.task import Stage
    from amlwrap.objects import ObjectStore

__all__ = ["Jobs"]

_LOGGER = logging.getLogger("amlwrap.local")

LONG_SECONDS = 1.0
"""Jobs that take so long leave memory behind that is worth asking for."""


class Jobs:
    """
    The workers of one engine.

    Args:
        queue: Where jobs wait.
        stages: What to call for each kind.
        home, store: Handed to the stages.
        clock: Epoch seconds, for logs.
        is_alive: Tells whether another engine on the same folder still runs.
        workers: How many threads; with 0 nothing runs but by `run_until_idle`.
        inline: Run jobs in the thread that makes them, before its call returns.
        poll_seconds: How often to look for what other processes left behind.
        renew_seconds: How often the leases of running jobs are renewed.
        cache: Shared by the jobs, and emptied when they are stopped.
        databases: Handed to the stages.
        memory: Bytes that the data of the jobs may take.
        limits: Handed to the stages.
    """

    def __init__(
        self,
        queue: Queue,
        stages: Mapping[str, Stage],
        *,
        home: Home,
        store: ObjectStore,
        clock: Callable[[], float],
        is_alive: Callable[[str], bool],
        workers: int,
        inline: bool = False,
        poll_seconds: float = 2.0,
        renew_seconds: float = 5.0,
        cache: Cache | None = None,
        databases: Databases | None = None,
        memory: int = DEFAULT_MEMORY,
        limits: Limits | None = None,
    ) -> None:
        self._queue = queue
        self._stages = stages
        self._home = home
        self._store = store
        self._clock = clock
        self._is_alive = is_alive
        self._inline = inline
        self._poll_seconds = poll_seconds
        self._renew_seconds = renew_seconds
        self._cache = Cache() if cache is None else cache
        self._databases = Databases() if databases is None else databases
        self._memory = memory
        self._limits = limits or Limits()
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._generation = 0  # grows with everything that may have made a job runnable
        self._idle_since: dict[int, int] = {}  # worker → generation in which it found nothing
        self._running: dict[Claim, Run] = {}
        self._workers = [self._thread(self._work, n) for n in range(workers)]
        self._threads = [*self._workers, *([self._thread(self._keep_leases)] if workers else [])]

    def start(self) -> None:
        """Put back in the queue what dead engines left running, and begin."""
        self._queue.recover(self._is_alive)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Say that there may be work."""
        if self._inline:
            self.run_until_idle()
        self._note_change()

    def run_until_idle(self) -> int:
        """Run jobs in this thread until none can run; returns how many ran."""
        count = 0
        while not self._stopping.is_set() and self._run_next():
            count += 1
        return count

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait until the workers find nothing more to do; False when *timeout* seconds pass first."""
        with self._changed:
            return self._changed.wait_for(self._is_idle, timeout)

    def wait_for_news(self, seen: int, timeout: float) -> int:
        """Wait for news of jobs after number *seen*, *timeout* seconds at most; returns the number of the latest."""
        with self._changed:
            self._changed.wait_for(lambda: self._generation != seen, timeout)
            return self._generation

    def progress(self, seq: int) -> tuple[float, str] | None:
        """How far the job of entity *seq* is; None when it does not run or has not said."""
        run = self._run_of(seq)
        return self._queue.progress(seq) if run is None else run.progress

    def cancel(self, seq: int) -> None:
        """Ask the job of entity *seq* to stop, if it runs here."""
        if (run := self._run_of(seq)) is not None:
            run.cancel()

    def stop(self, timeout: float = 10.0) -> None:
        """Ask running stages to stop and put their jobs back; wait for the threads, up to *timeout* seconds."""
        with self._changed:
            self._stopping.set()
            for run in self._running.values():
                run.cancel()
            self._changed.notify_all()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))
        self._cache.clear()

    def _thread(self, target: Callable[..., None], *args: int) -> threading.Thread:
        return threading.Thread(target=target, args=args, name=f"amlwrap{target.__name__}", daemon=True)

    def _is_idle(self) -> bool:
        resting = [generation == self._generation for generation in self._idle_since.values()]
        return not self._running and len(resting) == len(self._workers) and all(resting)

    def _run_of(self, seq: int) -> Run | None:
        with self._changed:
            return next((run for claim, run in self._running.items() if claim.seq == seq), None)

    def _note_change(self) -> None:
        with self._changed:
            self._generation += 1
            self._changed.notify_all()

    def _work(self, worker: int) -> None:
        while not self._stopping.is_set():
            generation = self._generation
            try:
                busy = self._run_next()
            except ConfigError:
                return  # closed under a worker that was not waited for
            except KeyboardInterrupt:
                busy = (
                    True  # polars raises it in every thread that is in it; whether to end is the main thread's to say
                )
            except StateError:
                _LOGGER.exception("The state file %s cannot be used now; trying again.", self._home.state)
                busy = False
            if not busy:
                self._rest(worker, generation)

    def _rest(self, worker: int, generation: int) -> None:
        with self._changed:
            self._idle_since[worker] = generation
            self._changed.notify_all()
            awake = self._changed.wait_for(
                lambda: self._stopping.is_set() or self._generation != generation, self._poll_seconds
            )
        if not awake:
            with suppress(StateError, ConfigError):
                self._renew()  # a machine that slept must not take its own jobs for abandoned
                self._queue.recover(self._is_alive)

    def _keep_leases(self) -> None:
        while not self._stopping.wait(self._renew_seconds):
            with suppress(StateError, ConfigError):  # a lease outlives several missed renewals
                self._renew()

    def _renew(self) -> None:
        with self._changed:
            running = dict(self._running)
        if running:
            for lost in self._queue.renew({claim: run.progress for claim, run in running.items()}):
                running[lost].cancel()

    def _run_next(self) -> bool:
        claim = self._queue.claim()
        if claim is None:
            return False
        run = Run(self._limits.job_seconds)
        with self._changed:
            self._running[claim] = run
            if self._stopping.is_set():
                run.cancel()
        try:
            self._run(claim, run)
        finally:
            with self._changed:
                del self._running[claim]
            self._note_change()
        return True

    def _run(self, claim: Claim, run: Run) -> None:
        started = time.monotonic()
        try:
            outcome = self._attempt(claim, run)
        except KeyboardInterrupt:
            self._queue.release(claim)
            raise
        seconds = time.monotonic() - started
        self._record(claim, outcome, max(1, round(seconds * 1000)))
        if seconds >= LONG_SECONDS:
            heap.trim()

    def _attempt(self, claim: Claim, run: Run) -> Outcome:
        try:
            log = Log(self._home.log(claim.kind, claim.id), self._clock)
        except OSError as error:
            return Failed(f"The log of the job cannot be written: {error}")
        with closing(log), self._limits.for_documents():
            return attempt(self._stages[claim.kind], self._task(claim, run, log))

    def _task(self, claim: Claim, run: Run, log: Log) -> Task:
        return Task(
            kind=claim.kind,
            id=claim.id,
            request=claim.request,
            parents={role: _parent(record) for role, record in claim.parents.items()},
            home=self._home,
            store=self._store,
            log=log,
            cache=self._cache,
            databases=self._databases,
            memory=self._memory,
            limits=self._limits,
            run=run,
        )

    def _record(self, claim: Claim, outcome: Outcome, compute_ms: int) -> None:
        if isinstance(outcome, Made):
            ours = self._complete(claim, outcome, compute_ms)
        elif isinstance(outcome, Failed):
            ours = self._queue.fail(claim, outcome.message)
        else:
            ours = self._queue.release(claim)
        if claim.kind == Kind.DATASOURCE and not isinstance(outcome, GivenBack):
            self._databases.forget(claim.id)
        if not ours and self._queue.is_deleted(claim):
            self._home.discard_artefacts(claim.kind, claim.id)

    def _complete(self, claim: Claim, made: Made, compute_ms: int) -> bool:
        summary, details = results.split(made.result)
        try:
            return self._queue.complete(claim, summary=summary, details=details, compute_ms=compute_ms)
        except (TypeError, ValueError):  # a result that JSON cannot tell, which must cost one job, not the worker
            _LOGGER.exception("The result of %s %s cannot be kept.", claim.kind, claim.id)
            return self._queue.fail(claim, INTERNAL)


def _parent(record: ParentRecord) -> Parent:
    result = results.join(record.summary, record.details)
    return Parent(id=record.id, request=record.request, result={**result, **record.settings})

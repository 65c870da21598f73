"""An engine: state, workers and operations put together on one folder; opened, used, closed."""

from __future__ import annotations

import filecmp
import importlib.util
import shutil
import tempfile
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from amlwrap._settings import n_bytes
from amlwrap.exceptions import ConfigError, MissingExtraError
from amlwrap.local.attempt import default_stages
from amlwrap.local.databases import Databases
from amlwrap.local.description import describe
from amlwrap.local.home import Home
from amlwrap.local.jobs import Jobs
from amlwrap.local.kinds import Kind, Status
from amlwrap.local.limits import Limits
from amlwrap.local.liveness import Liveness
from amlwrap.local.predictors import Predictors
from amlwrap.local.protocol import Protocol
from amlwrap.local.rates import Rates
from amlwrap.local.service import ENDPOINT_URL, Adopted, Context, Service, adopt_entity
from amlwrap.local.state import Database, Entities, Queue, Tags
from amlwrap.local.task import DEFAULT_MEMORY, Cache
from amlwrap.objects import S3, Folder, Layered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from amlwrap.local.task import Stage

__all__ = ["Engine", "open_engine"]

_SCHEME = "local:"
_NEEDED = ("isal", "numpy", "polars", "scipy")
_MOST_WORKERS, _WORKER_BYTES = 3, 64_000_000  # by default, and the memory that each must have to itself

# Without threads nobody renews a lease; that the process is alive is told by its lock.
_LEASE_MS, _LEASE_MS_WITHOUT_THREADS = 60_000, 24 * 3_600_000


class Engine:
    """
    A running engine; made by `open_engine`, and a context manager.

    Attributes:
        home: Its folder.
        store: Bytes by ``s3://`` URI, as its jobs see them.
        protocol: Answers requests, for whatever carries them.
    """

    def __init__(self, context: Context, protocol: Protocol, jobs: Jobs, close: Callable[[], None]) -> None:
        self.home = context.home
        self.store = context.store
        self.protocol = protocol
        self._context = context
        self._jobs = jobs
        # Also closes an engine that is forgotten, or still open when the interpreter ends.
        self._close = weakref.finalize(self, close)

    def boto3_client(self) -> Any:
        """A boto3 client for Amazon Machine Learning that talks to this engine."""
        from amlwrap.local.inprocess import client_for

        client = client_for(self.protocol)
        client.amlwrap_engine = self  # the engine lives as long as whoever talks to it
        return client

    def run_until_idle(self) -> int:
        """Run waiting jobs in this thread until none can run; returns how many ran."""
        return self._jobs.run_until_idle()

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait until the workers find nothing more to do; False when *timeout* seconds pass first."""
        return self._jobs.wait_until_idle(timeout)

    def wait_for_news(self, seen: int, timeout: float) -> int:
        """Wait for news of jobs after number *seen*, *timeout* seconds at most; returns the number of the latest."""
        return self._jobs.wait_for_news(seen, timeout)

    def adopt(
        self,
        kind: str,
        reply: Mapping[str, Any],
        *,
        tags: Mapping[str, str | None],
        status: str,
        message: str | None = None,
        usable: bool = True,
        log: bytes | None = None,
    ) -> Adopted:
        """
        Take in an entity that stood elsewhere, under its id, as if it had always been here; in one transaction.

        No operation of the service does this, and no carrier can reach it.

        Args:
            kind: ``"datasource"``, ``"model"``, ``"evaluation"`` or ``"batch_prediction"``.
            reply: To a verbose Get; times as epoch seconds or in ISO 8601.
            status: With which it is to stand here. PENDING puts its job in the queue; of everything else there is no
                job, and it stays as it is.
            message: The words about the status.
            usable: False when nothing can be built on it; *message* then says why to whoever tries.
            log: Of its job there.

        Returns:
            ``"new"``; ``"same"`` when the same was taken in before; ``"taken"`` when something else has the id.
            Nothing that is there is changed.
        """
        known = Kind(kind)
        adopted = adopt_entity(
            self._context, known, reply, tags=tags, status=Status(status), message=message, usable=usable
        )
        if adopted != "taken" and log is not None:
            self.home.keep_log(known, reply[known.id_member], log)
        return adopted

    def adopt_object(self, uri: str, path: Path) -> Adopted:
        """
        Copy the file at *path* to *uri*, in a bucket of the engine's own; what is there already stays as it is.

        Raises:
            DataError: *uri* cannot be a file here, or *path* cannot be read.
        """
        folder = Folder(self.home.objects, durable=self.home.durable)
        if (there := folder.local_path(uri)) is not None:
            return "same" if filecmp.cmp(there, path, shallow=False) else "taken"
        folder.put_file(uri, path)
        return "new"

    def close(self) -> None:
        """Stop the jobs, which go back to the queue, and let go of the folder; a temporary one is removed."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_engine(
    target: str | Path | None = None,
    *,
    workers: int | None = None,
    clock: Callable[[], float] | None = None,
    inline: bool = False,
    limits: Limits | None = None,
    stages: Mapping[str, Stage] | None = None,
    endpoint_url: str = ENDPOINT_URL,
    databases: Mapping[str, str] | None = None,
    memory: int | str | None = None,
) -> Engine:
    """
    Start an engine on a folder.

    Args:
        target: ``"local:DIR"`` or a path, made when it is not there; ``"local:"`` or None for a folder that is gone at
            close.
        workers: How many jobs run at a time; with 0 none runs but by `Engine.run_until_idle`. By default three, or one
            for each 64 MB of *memory* if that is less.
        clock: Epoch seconds, for the times of entities and logs.
        inline: Run each job before the call that made it returns, without threads.
        limits: Instead of the service's.
        stages: What to run for each kind of job, instead of the real thing.
        endpoint_url: The address at which clients reach this engine for predictions, when it is not in their process.
        databases: SQLAlchemy URLs by the name of the RDS instance or Redshift cluster that each stands for.
        memory: Bytes that the data of jobs may take, or a text such as ``"256 MB"``; what is more is read, and learned
            from, a part at a time. By default 1 GB.

    Raises:
        MissingExtraError: The engine's packages are not installed.
        ConfigError: The folder cannot be used.
    """
    if stages is None:
        _require_packages()
    told = Databases(databases)
    budget = DEFAULT_MEMORY if memory is None else n_bytes("memory", memory)
    most = limits or Limits()
    folder = _folder(target)
    home = Home(folder or Path(tempfile.mkdtemp(prefix="amlwrap-")), durable=folder is not None)
    n_default = max(1, min(_MOST_WORKERS, budget // _WORKER_BYTES))
    n_workers = 0 if inline else n_default if workers is None else workers
    n_workers = n_workers if most.jobs is None else min(n_workers, most.jobs)
    closing: list[Callable[[], None]] = [] if folder else [lambda: shutil.rmtree(home.root, ignore_errors=True)]
    try:
        return _assemble(
            home,
            closing,
            n_workers=n_workers,
            clock=clock or time.time,
            inline=inline,
            limits=most,
            stages=stages,
            endpoint_url=endpoint_url,
            databases=told,
            memory=budget,
        )
    except BaseException:
        _undo(closing)
        raise


def _assemble(
    home: Home,
    closing: list[Callable[[], None]],
    *,
    n_workers: int,
    clock: Callable[[], float],
    inline: bool,
    limits: Limits,
    stages: Mapping[str, Stage] | None,
    endpoint_url: str,
    databases: Databases,
    memory: int,
) -> Engine:
    description = describe()
    home.create()
    liveness = Liveness(home.locks, home.owner)
    closing.append(liveness.close)
    folder = Folder(home.objects, durable=home.durable)
    with liveness.exclusive():
        database = Database(home.state, durable=home.durable, now=_milliseconds(clock)())
        home.sweep(liveness.is_alive)
        if liveness.is_alone():
            folder.sweep()
    closing.append(database.close)
    store = Layered(folder, S3)
    queue = Queue(
        database,
        owner=home.owner,
        now=_milliseconds(clock),
        lease_now=_milliseconds(time.time),
        lease_ms=_LEASE_MS if n_workers else _LEASE_MS_WITHOUT_THREADS,
    )
    cache = Cache()
    jobs = Jobs(
        queue,
        default_stages() if stages is None else stages,
        home=home,
        store=store,
        clock=clock,
        is_alive=liveness.is_alive,
        workers=n_workers,
        inline=inline,
        cache=cache,
        databases=databases,
        memory=memory,
        limits=limits,
    )
    closing.append(jobs.stop)
    context = Context(
        database=database,
        entities=Entities(database),
        tags=Tags(database),
        workers=jobs,
        predictors=Predictors(home, cache),
        rates=Rates(limits, _milliseconds(clock)),
        store=store,
        home=home,
        now=_milliseconds(clock),
        limits=limits,
        endpoint_url=endpoint_url,
        databases=databases,
    )
    jobs.start()
    return Engine(context, Protocol(Service(context), description, limits.record_bytes), jobs, lambda: _undo(closing))


def _undo(closing: list[Callable[[], None]]) -> None:
    while closing:
        closing.pop()()


def _require_packages() -> None:
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise MissingExtraError("the embedded engine", "local")


def _folder(target: str | Path | None) -> Path | None:
    if target is None or target == _SCHEME:
        return None
    text = str(target).removeprefix(_SCHEME)
    if not text:
        raise ConfigError("target of the embedded engine", repr(target), "'local:', 'local:DIR' or a path")
    return Path(text).expanduser().absolute()


def _milliseconds(clock: Callable[[], float]) -> Callable[[], int]:
    return lambda: int(clock() * 1000)

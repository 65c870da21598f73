"""One attempt at one job: its stage is called, and whatever comes of it is an outcome."""

from __future__ import annotations

import errno
import importlib
import logging
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from amlwrap.exceptions import AmlwrapError
from amlwrap.local.kinds import Kind
from amlwrap.local.limits import how_to_lift, in_full
from amlwrap.local.task import Cancelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.task import Stage, Task

__all__ = ["INTERNAL", "Failed", "GivenBack", "Made", "Outcome", "attempt", "default_stages", "disk_message"]

_LOGGER = logging.getLogger("amlwrap.local")
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_MEMORY = "The job needs more memory than this machine gives."
INTERNAL = "Internal error of the embedded engine; the log has the details."


@attrs.frozen
class Made:
    """The stage returned."""

    result: Mapping[str, Any]


@attrs.frozen
class Failed:
    """The stage cannot be done, and why."""

    message: str


@attrs.frozen
class GivenBack:
    """The stage stopped because it was asked to."""


Outcome: TypeAlias = Made | Failed | GivenBack


def default_stages() -> Mapping[str, Stage]:
    """What each kind of job does; the stages, and numpy with them, are loaded by the first job."""
    return {kind: _stage(f"run_{kind}") for kind in Kind}


def _stage(name: str) -> Stage:
    def run(task: Task) -> Mapping[str, Any]:
        pipeline = importlib.import_module("amlwrap.local.pipeline")
        result: Mapping[str, Any] = getattr(pipeline, name)(task)
        return result

    return run


def attempt(stage: Stage, task: Task) -> Outcome:
    """
    What comes of ``stage(task)``; only an interrupt from the keyboard is let through.

    Even what is no `Exception` is caught: a panic in a native library must cost one job, not the engine.
    """
    try:
        return Made(stage(task))
    except Cancelled:
        if task.run.timed_out:
            return _timed_out(task)
        task.log.info("Stopped: the engine is closing or the entity is gone.")
        return GivenBack()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - see above
        return _failed(task, error)


def _timed_out(task: Task) -> Failed:
    message = f"The job ran longer than {task.limits.job_seconds:g} seconds. {how_to_lift('job_seconds')}"
    task.log.error(message)
    return Failed(message)


def _failed(task: Task, error: BaseException) -> Failed:
    message = _message(task, error)
    known = message != INTERNAL
    task.log.error(message, None if known else error)
    if not known:
        _LOGGER.error("The job of %s %r raised.", task.kind, task.id, exc_info=error)
    return Failed(message)


def _message(task: Task, error: BaseException) -> str:
    if isinstance(error, AmlwrapError):
        return in_full(error)
    if isinstance(error, OSError) and error.errno in _FULL_DISK:
        return disk_message(task, error)
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    return INTERNAL


def disk_message(task: Task, error: OSError) -> str:
    """Names the disk that is full."""
    place = error.filename or task.home.root
    remedy = "Free some, and create this again under a new id."
    return f"No space is left on the disk that holds {place}: {error.strerror}. {remedy}"

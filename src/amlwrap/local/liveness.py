"""Which engines on a folder are alive: each holds a lock that the system lets go of when its process ends."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["Liveness"]


class Liveness:
    """
    One engine's own lock, and a way to ask about the others'.

    Args:
        folder: Where the locks lie, one file per engine.
        owner: This engine's name.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._path = folder / f"{owner}.lock"
        self._owner = owner
        self._descriptor = _own(self._path)

    def is_alive(self, owner: str) -> bool:
        """False once the process of *owner* has ended; True also when that cannot be told."""
        if owner == self._owner:
            return True
        path = self._folder / f"{owner}.lock"
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            if not (sys.platform != "win32" and _lock(descriptor, wait=False)):
                return True
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(descriptor)

    def is_alone(self) -> bool:
        """True when no other engine on the folder lives; asked inside `exclusive`, that stays so till its end."""
        others = {path.stem for path in self._folder.glob("*.lock")} - {self._owner}
        return not any(self.is_alive(owner) for owner in others)

    @contextmanager
    def exclusive(self) -> Generator[None]:
        """A block that one engine at a time passes through, for what happens at opening."""
        descriptor = os.open(self._folder / "opening", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor, wait=True)
            yield
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Let go of the lock and take its file away."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)


def _own(path: Path) -> int:
    """A descriptor that holds the lock on *path*, made anew when somebody took the file for a dead engine's."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        _lock(descriptor, wait=True)
        with suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(descriptor)):
                return descriptor
        os.close(descriptor)


def _lock(descriptor: int, *, wait: bool) -> bool:
    """True when the lock is ours; where there are no locks, leases alone tell the living from the dead."""
    if sys.platform == "win32":
        return not wait
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

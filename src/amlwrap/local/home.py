"""The folder an engine lives in: where each thing is kept, and how an artefact appears there whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from amlwrap.exceptions import ConfigError
from amlwrap.local.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Home"]
_TEMPORARY = ".tmp"


class Home:
    """
    The paths below one engine's folder.

    Attributes:
        root: The folder itself.
        objects: ``s3/BUCKET/KEY`` holds the bytes of ``s3://BUCKET/KEY``.
        models: One folder per model.
        statistics: One folder per datasource.
        scratches: What jobs need only while they run.
        logs: One text file per job.
        owner: Marks what this engine is writing, so that another one leaves it alone.
        durable: Wait for the disk before anything is called written; a folder that goes at close has no need.
    """

    def __init__(self, root: Path, *, owner: str | None = None, durable: bool = True) -> None:
        self.root = root
        self.durable = durable
        self.objects = root / "s3"
        self.models = root / "models"
        self.statistics = root / "statistics"
        self.scratches = root / "scratch"
        self.logs = root / "logs"
        self.locks = root / "locks"
        self.state = root / "state.sqlite"
        self.owner = owner or secrets.token_hex(8)

    def create(self) -> None:
        """
        Make the folders that are not there yet.

        Raises:
            ConfigError: The place is taken by something else or may not be written.
        """
        try:
            for folder in (self.objects, self.models, self.statistics, self.logs, self.locks):
                folder.mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK):
                raise PermissionError(f"no right to write in {self.root}")
        except OSError as error:
            raise ConfigError(
                "folder of the embedded engine", f"{self.root} ({error})", "a folder that can be written"
            ) from error

    def model(self, id: str) -> Path:
        """The folder of model *id*."""
        return self.models / _name(id)

    def datasource_statistics(self, id: str) -> Path:
        """The folder of what was counted in datasource *id*."""
        return self.statistics / _name(id)

    def log(self, kind: Kind, id: str) -> Path:
        """The log file of the job of entity *id*."""
        return self.logs / f"{kind}-{id}.log"

    def keep_log(self, kind: Kind, id: str, text: bytes) -> None:
        """Keep *text* as the log of a job that ran elsewhere, unless there is one."""
        path = self.log(kind, id)
        if not path.exists():
            part = path.with_name(self._temporary(path.name))
            part.write_bytes(text)
            if self.durable:
                _sync(part)
            part.replace(path)

    @contextmanager
    def publish(self, folder: Path) -> Generator[Path]:
        """
        A new folder to write in; it takes the place of *folder* when the block ends well, and vanishes otherwise.

        Everything in it is on the disk before it is renamed, so a reader finds all of it or nothing.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = folder.with_name(self._temporary(folder.name))
        new.mkdir()
        try:
            yield new
            if self.durable:
                _sync_tree(new)
            self._replace(folder, new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise

    @contextmanager
    def scratch(self, id: str) -> Generator[Path]:
        """A folder for what a job needs while it runs; it vanishes with the block, or with the next engine."""
        folder = self.scratches / self._temporary(_name(id))
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def discard_artefacts(self, kind: Kind, id: str) -> None:
        """Remove what the job of entity *id* made here; its log stays."""
        if kind == Kind.MODEL:
            self.discard(self.model(id))
        elif kind == Kind.DATASOURCE:
            self.discard(self.datasource_statistics(id))

    def discard(self, folder: Path) -> None:
        """Remove an artefact, if it is there: first out of sight, then from the disk."""
        hidden = folder.with_name(self._temporary(folder.name))
        with suppress(FileNotFoundError):
            folder.rename(hidden)
            shutil.rmtree(hidden, ignore_errors=True)

    def sweep(self, is_alive: Callable[[str], bool]) -> None:
        """Remove what engines that are no more left half written."""
        for parent in (self.models, self.statistics, self.scratches, self.logs):
            for path in parent.glob(f".*{_TEMPORARY}"):
                owner = path.name.split(".")[-3]
                if owner == self.owner or not is_alive(owner):
                    _remove(path)

    def _temporary(self, name: str) -> str:
        return f".{name}.{self.owner}.{secrets.token_hex(4)}{_TEMPORARY}"

    def _replace(self, folder: Path, new: Path) -> None:
        # A folder cannot be renamed over one that holds files: what an interrupted run left is moved aside first.
        self.discard(folder)
        new.rename(folder)
        if self.durable:
            _sync(folder.parent)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _name(id: str) -> str:
    """A folder name for *id*: ids may be ``".."``, and ``"%"`` is in no id."""
    return f"%2E{id[1:]}" if id.startswith(".") else id


def _sync_tree(root: Path) -> None:
    for folder, _, names in os.walk(root):
        for name in names:
            _sync(Path(folder, name))
        _sync(folder)


def _sync(path: str | Path) -> None:
    """Wait until *path* is on the disk; systems that cannot open a folder need no such wait."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

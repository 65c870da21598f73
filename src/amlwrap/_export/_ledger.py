"""
What an export folder holds: the manifest of a finished export, the journal of one that is not finished.

The journal is a header and a line of JSON for each entity and object that is there, written once its files are on the
disk. The manifest takes its place when the export ends, in one rename.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any

from amlwrap._export._records import Key, Record, files_of, is_inside, parsed, rendered, size_of
from amlwrap.exceptions import ConfigError, DataError
from amlwrap.objects import Folder
from amlwrap.objects._files import file_errors, replacing

if sys.platform != "win32":  # pragma: no branch - Windows has no such locks, and is not tested on
    import fcntl

__all__ = ["FORMAT", "VERSION", "Ledger"]

FORMAT, VERSION = "amlwrap export", 1
MANIFEST, JOURNAL = "manifest.json", "journal.jsonl"


class Ledger:
    """
    The records of one export folder.

    Attributes:
        folder: The folder.
        source: Where its entities are from; empty while it holds nothing.
        entities: By kind and id.
        objects: By URI.
        files: What belongs to neither.
        journalled: Entities this export, not yet finished, has read.
        unfinished: There is a journal.
    """

    def __init__(
        self, folder: Path, *, wanted: str = "an empty folder, a new one, or one that holds an export"
    ) -> None:
        self.folder = folder
        self._wanted = wanted
        self.source: dict[str, str] = {}
        self.entities: dict[Key, Record] = {}
        self.objects: dict[str, Record] = {}
        self.files: list[Record] = []
        self.journalled: set[Key] = set()
        self.unfinished = False
        self._journal: FileIO | None = None

    def read(self) -> None:
        """
        Learn what the folder holds; nothing, when it is empty or not there.

        Raises:
            ConfigError: It holds something that is no export.
        """
        with file_errors(str(self.folder), "read"):
            if self.folder.is_file():
                raise self._no_export("a file")
            names = {path.name for path in self.folder.iterdir()} if self.folder.exists() else set[str]()
        if MANIFEST in names:
            self._take_manifest()
        if JOURNAL in names:
            self._take_journal()
        elif MANIFEST not in names and names:
            raise self._no_export(f"other things ({min(names)!r})")

    def begin(self, source: Mapping[str, str]) -> None:
        """
        Go on writing, or begin to; until `close` nobody else can.

        Raises:
            ConfigError: The folder holds entities from somewhere else, or another process is writing there.
        """
        self._demand(source)
        with file_errors(str(self.folder), "written"):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._journal = (self.folder / JOURNAL).open("ab", buffering=0)
        if not _locked(self._journal):
            found = "one that another process is exporting into"
            raise ConfigError(f"folder {str(self.folder)!r}", found, "a folder of its own", "Wait for it to end.")
        self.read()  # somebody may have written since
        self._demand(source)
        Folder(self.folder).sweep()
        self.source = dict(source)
        if not self.unfinished:
            self._append({"format": FORMAT, "version": VERSION, "source": self.source})
            self.unfinished = True

    def close(self) -> None:
        """Let others write."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def write(self, path: str, content: bytes) -> Record:
        """Put *content* at *path*, whole or not at all; the record of the file."""
        target = self.folder / path
        with file_errors(str(target), "written"):
            target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target, str(target)) as file:
            file.write(content)
        return {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def drop(self, files: Iterable[Record]) -> None:
        """Remove *files*, which newer ones have replaced."""
        for file in files:
            with suppress(OSError):
                (self.folder / file["path"]).unlink()

    def keep_entity(self, record: Record) -> None:
        """Note that the files of an entity are there."""
        key = record["kind"], record["id"]
        self._append({"entity": record})
        self.entities[key] = record
        self.journalled.add(key)

    def keep_object(self, record: Record) -> None:
        """Note that an object is there."""
        self._append({"object": record})
        self.objects[record["uri"]] = record

    def is_whole(self, record: Record) -> bool:
        """Whether the files of *record* are there, at their sizes."""
        return all(size_of(self.folder / file["path"]) == file["size"] for file in files_of(record))

    def finish(self, details: Mapping[str, Any]) -> None:
        """Put the manifest in place, and take the journal away."""
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            **details,
            "source": self.source,
            "files": self.files,
            "entities": [self.entities[key] for key in sorted(self.entities)],
            "objects": [self.objects[uri] for uri in sorted(self.objects)],
        }
        self.write(MANIFEST, rendered(manifest))
        self.close()
        with file_errors(str(self.folder), "changed"):
            (self.folder / JOURNAL).unlink()
        self.unfinished = False

    def _demand(self, source: Mapping[str, str]) -> None:
        if self.source and self.source != source:
            found = f"an export from {_place(self.source)}"
            remedy = f"Export {_place(source)} into a folder of its own."
            raise ConfigError(f"folder {str(self.folder)!r}", found, "an export from the same place", remedy)

    def _append(self, line: Mapping[str, Any]) -> None:
        assert self._journal is not None
        with file_errors(str(self.folder / JOURNAL), "written"):
            rest = memoryview(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            while rest:  # a disk that is nearly full takes a part of it
                rest = rest[self._journal.write(rest) :]
            os.fsync(self._journal.fileno())

    def _take_manifest(self) -> None:
        path = self.folder / MANIFEST
        with file_errors(str(path), "read"):
            content = path.read_bytes()
        manifest = self._checked(parsed(content))
        self.source = dict(manifest["source"])
        with _complaints(path):
            self.files = list(manifest["files"])
            for record in manifest["entities"]:
                self._take({"entity": record})
            for record in manifest["objects"]:
                self._take({"object": record})

    def _take_journal(self) -> None:
        """What the journal says, up to a line that its process did not live to end; that one is cut off."""
        path = self.folder / JOURNAL
        with file_errors(str(path), "read"):
            content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.splitlines()
        if lines:
            self.source = dict(self._checked(parsed(lines[0]))["source"])
        with _complaints(path):
            for line in lines[1:]:
                self.journalled |= self._take(parsed(line) or {})
        self.unfinished = bool(lines)
        if len(whole) < len(content):
            with file_errors(str(path), "written"):
                os.truncate(path, len(whole))

    def _checked(self, header: Record | None) -> Record:
        if header is None or header.get("format") != FORMAT or not isinstance(header.get("source"), dict):
            raise self._no_export("a manifest of something else")
        if header.get("version") != VERSION:
            found = f"version {header.get('version')!r} of the format"
            raise ConfigError(f"folder {str(self.folder)!r}", found, f"version {VERSION}", "Upgrade amlwrap.")
        return header

    def _no_export(self, found: str) -> ConfigError:
        return ConfigError(f"folder {str(self.folder)!r}", found, self._wanted)

    def _take(self, line: Record) -> set[Key]:
        """One record, if all its paths stay inside the folder; the key of an entity."""
        record: Record = line.get("entity") or line["object"]
        for path in (*(file["path"] for file in files_of(record)), record.get("folder", "objects")):
            if not is_inside(path):
                raise DataError(str(self.folder), "", "paths inside the export", repr(path))
        if "entity" not in line:
            self.objects[record["uri"]] = record
            return set()
        self.entities[record["kind"], record["id"]] = record
        return {(record["kind"], record["id"])}


@contextmanager
def _complaints(path: Path) -> Generator[None, None, None]:
    """What is no record of ours is damage to the file at *path*."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(str(path), "", "records of an export", f"one that is none ({error!r})") from error


def _locked(journal: FileIO) -> bool:
    """Whether nobody else writes; where there are no locks, nobody is known to."""
    if sys.platform != "win32":  # pragma: no branch - see above
        try:
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _place(source: Mapping[str, str]) -> str:
    return source.get("endpoint", "nowhere")

"""Whether an export folder still is what it was: every file there, every byte as it was written."""

from __future__ import annotations

import hashlib
from os import PathLike
from pathlib import Path

from amlwrap._export._ledger import Ledger
from amlwrap._export._records import Record, files_of
from amlwrap._export._reports import Refusal
from amlwrap.exceptions import ConfigError

__all__ = ["damaged", "opened", "verify"]

_CHUNK = 1 << 20


def verify(folder: str | PathLike[str]) -> tuple[Refusal, ...]:
    """
    Files of the export in *folder* that are missing or no longer what they were; none, when all is well.

    Raises:
        ConfigError: *folder* holds no export.
    """
    ledger = opened(folder)
    files = [file for record in (*ledger.entities.values(), *ledger.objects.values()) for file in files_of(record)]
    found = ((file["path"], _fault(ledger.folder, file)) for file in (*ledger.files, *files))
    return tuple(Refusal(path, fault) for path, fault in found if fault)


def opened(folder: str | PathLike[str]) -> Ledger:
    """
    The records of the export in *folder*, finished or not.

    Raises:
        ConfigError: There is none.
    """
    ledger = Ledger(Path(folder), wanted="an export, as amlwrap.export(aml, folder) makes it")
    ledger.read()
    if not ledger.source:
        raise ConfigError(
            f"folder {str(folder)!r}", "nothing", "an export", "Make one with amlwrap.export(aml, folder)."
        )
    return ledger


def damaged(folder: Path, record: Record) -> str:
    """What is wrong with the files of *record*; empty when nothing is."""
    faults = ((file["path"], _fault(folder, file)) for file in files_of(record))
    return "; ".join(f"{path}: {fault}" for path, fault in faults if fault)


def _fault(folder: Path, file: Record) -> str:
    path = folder / file["path"]
    try:
        if path.is_symlink() or path.stat().st_size != file["size"]:
            return f"not the {file['size']:,} bytes that were written"
        digest = hashlib.sha256()
        with path.open("rb") as content:
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    return "" if digest.hexdigest() == file["sha256"] else "changed since it was written"

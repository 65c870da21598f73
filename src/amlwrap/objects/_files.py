"""Files that appear whole or not at all, and the operating system's errors told as ours."""

from __future__ import annotations

import errno
import io
import os
import secrets
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from amlwrap.exceptions import DataError

if TYPE_CHECKING:
    from collections.abc import Generator

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PART_PREFIX, _PART_SUFFIX = ".amlwrap-", ".part"


def is_part(name: str) -> bool:
    """Whether *name* is one that only unfinished writes have."""
    return name.startswith(_PART_PREFIX) and name.endswith(_PART_SUFFIX)


@contextmanager
def replacing(target: Path, uri: str, *, durable: bool = True) -> Generator[BinaryIO, None, None]:
    """A binary file that takes the place of *target*, called *uri* in errors, when the block ends well."""
    part = target.with_name(f"{_PART_PREFIX}{secrets.token_hex(8)}{_PART_SUFFIX}")
    with file_errors(uri, "written"):
        file = part.open("xb")
    try:
        with full_disk(uri):
            yield file
        with file_errors(uri, "written"):
            file.close()
            if durable:
                _sync(part)
            part.replace(target)
    except BaseException:
        with suppress(OSError):
            file.close()
        with suppress(OSError):
            part.unlink()
        raise
    if durable:
        with suppress(OSError):  # the file is there; that its name survives a power cut is the best effort
            _sync(target.parent)


@contextmanager
def text_replacing(path: Path) -> Generator[TextIO, None, None]:
    """A text file that takes the place of *path* when the block ends well; a device or pipe is written directly."""
    name, target = str(path), Path(os.path.realpath(path))  # a link stays, the file behind it is replaced
    if target.exists() and not target.is_file():
        with file_errors(name, "written"), target.open("w", encoding="utf-8", newline="") as text:
            yield text
    else:
        with replacing(target, name) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
            yield text


def _sync(path: Path) -> None:
    """Have the operating system put *path* on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def file_errors(uri: str, verb: str) -> Generator[None, None, None]:
    """Turn the operating system's errors into ours."""
    with full_disk(uri):
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise
            reason = error.strerror or str(error)
            raise DataError(uri, "", f"a file that can be {verb}", f"{reason} ({error.filename})") from error


@contextmanager
def full_disk(uri: str) -> Generator[None, None, None]:
    """Turn a full disk, which may show at any write, into our error; other errors belong to the caller."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        remedy = "Nothing of it was kept. Free some space and write it again."
        raise DataError(uri, "", "room to write it", error.strerror or str(error), remedy) from error


def opened(path: str | os.PathLike[str]) -> BinaryIO:
    """*path*, open for reading bytes."""
    with file_errors(os.fspath(path), "read"):
        return Path(path).open("rb")

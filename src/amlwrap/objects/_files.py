"""The operating system's errors, told as ours."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from amlwrap.exceptions import DataError

if TYPE_CHECKING:
    from collections.abc import Generator

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


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
    with file_errors(os.fspath(path), "read"):
        return Path(path).open("rb")

"""Files of this machine as a person names them: there and readable, or an error that guesses what was meant."""

from __future__ import annotations

import difflib
import errno
import os
import stat
from itertools import islice
from pathlib import Path

from amlwrap.exceptions import DataError
from amlwrap.objects._files import file_errors

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
_MAX_NAMES = 10_000  # more of a folder are not looked at


def named_file(path: str | os.PathLike[str]) -> Path:
    """
    *path*, which names a file.

    Raises:
        DataError: There is nothing, or something else, or no right to look; names close to it are told.

    >>> named_file("nowhere/orders.csv")
    Traceback (most recent call last):
    ...
    amlwrap.exceptions.DataError: nowhere/orders.csv: expected a file, found nothing there.
    """
    name = os.fspath(path)
    if "\n" in name:
        remedy = "Pass CSV text as bytes or as an open file."
        raise DataError("data", "", "the path of a file", "text of several lines", remedy)
    with file_errors(name, "read"):
        mode = _mode(name)
    if mode is None:
        raise DataError(name, "", "a file", "nothing there", _meant(name))
    if stat.S_ISDIR(mode):
        raise DataError(name, "", "a file", "a folder")
    if not stat.S_ISREG(mode):
        raise DataError(name, "", "a file", "a pipe or device", "Open it, and pass the open file.")
    return Path(name)


def _mode(name: str) -> int | None:
    """What kind of thing *name* is; None when it is nothing."""
    try:
        return os.stat(name).st_mode  # noqa: PTH116 - a NUL in it shall be seen here
    except ValueError:
        return None
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise


def _meant(name: str) -> str:
    if "://" in name:
        return "Of URIs, s3:// alone is read: fetch others first."
    last = name.rpartition(os.sep)[2]
    try:
        names = [entry.name for entry in islice(Path(name).parent.iterdir(), _MAX_NAMES)]
    except (OSError, ValueError):
        return ""
    matches = difflib.get_close_matches(last, names, n=2, cutoff=0.75)
    shown = " or ".join(repr(name.removesuffix(last) + match) for match in matches)
    return f"Did you mean {shown}?" if matches else ""

"""Objects in a folder shaped like buckets."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from amlwrap.exceptions import DataError
from amlwrap.objects._base import Infos, ObjectInfo, Sent, split_uri
from amlwrap.objects._files import file_errors, is_part, opened, replacing

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_BLOCK = 1 << 20
_MAX_KEY_BYTES = 1024  # S3's own limit
_MAX_SEGMENT_BYTES = 255  # what file systems take for one name
_MAX_TOLD = len("s3://") + _MAX_SEGMENT_BYTES + _MAX_KEY_BYTES  # of a name that none can have


class Folder:
    r"""
    The bytes of ``s3://BUCKET/KEY`` in the file ``ROOT/BUCKET/KEY``.

    Keys that S3 would take but that could lead out of the folder, or that file systems cannot hold, are refused:
    empty, ``.`` and ``..`` segments, backslashes, NUL, over 255 bytes in a segment or 1024 in all. Links to folders are
    not followed, and a link to a file counts only when that file is inside the root too. A write appears whole or not
    at all, and has reached the disk when it is done, unless the folder is not to last anyway (*durable* false).

    >>> import tempfile
    >>> store = Folder(tempfile.mkdtemp())
    >>> store.put_bytes("s3://shop/in/orders.csv", b"id,total\n")
    >>> [(info.uri, info.size) for info in store.list("s3://shop/in/")]
    [('s3://shop/in/orders.csv', 9)]
    """

    def __init__(self, root: str | os.PathLike[str], *, durable: bool = True) -> None:
        self.root = Path(root).absolute()
        self._durable = durable

    def __repr__(self) -> str:
        return f"Folder({str(self.root)!r})"

    def has_bucket(self, bucket: str) -> bool:
        """Whether there is a folder for *bucket*."""
        with file_errors(f"s3://{bucket}", "reached"):
            return bool(_BUCKET.fullmatch(bucket)) and (self.root / bucket).is_dir()

    def buckets(self) -> dict[str, datetime]:
        """When each bucket that is there was last written to, by name."""
        with file_errors("s3://", "listed"):
            found = sorted(path for path in self.root.iterdir() if self.has_bucket(path.name))
            return {path.name: datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in found}

    def make_bucket(self, bucket: str) -> None:
        """A folder for *bucket*, unless there is one."""
        place = self._place(f"s3://{bucket}", bucket, "", empty=True)
        with file_errors(f"s3://{bucket}", "written"):
            place.mkdir(parents=True, exist_ok=True)

    def head(self, uri: str) -> ObjectInfo | None:
        """What is known about the object; None when there is none."""
        path = self._path(uri)
        with file_errors(uri, "read"):
            return _info(uri, path)

    def list(self, uri_prefix: str) -> Infos:
        """All objects whose URI starts with *uri_prefix*, in byte order of their keys."""
        bucket, prefix = split_uri(uri_prefix)
        top = self._place(uri_prefix, bucket, prefix.rpartition("/")[0], empty=True)
        with file_errors(uri_prefix, "listed"):
            keys = sorted((key for key in self._keys(bucket, top) if key.startswith(prefix)), key=str.encode)
            infos = [_info(f"s3://{bucket}/{key}", self.root / bucket / key) for key in keys]
        return [info for info in infos if info]

    def open(self, uri: str, start: int = 0) -> BinaryIO:
        """The object's bytes from *start* on, to be read forwards and closed by the caller."""
        path = self.local_path(uri)
        if path is None:
            raise DataError(uri, "", "an object", "nothing there", f"Its file would be {self._path(uri)}.")
        with file_errors(uri, "read"):
            file = path.open("rb")
            file.seek(start)
            return file

    def local_path(self, uri: str) -> Path | None:
        """The object's own file, for reading only; None when there is no such object."""
        return self._path(uri) if self.head(uri) else None

    def put_file(self, uri: str, path: str | os.PathLike[str], sent: Sent | None = None) -> None:
        """Copy the file at *path* to *uri*, telling *sent* of every piece."""
        with opened(path) as source, self.writer(uri) as target:
            while block := source.read(_BLOCK):
                target.write(block)
                if sent is not None:
                    sent(len(block))

    def put_bytes(self, uri: str, data: bytes) -> None:
        """Write *data* to *uri*."""
        with self.writer(uri) as target:
            target.write(data)

    @contextmanager
    def writer(self, uri: str) -> Generator[BinaryIO, None, None]:
        """A binary file that becomes the object when the ``with`` block ends well, and vanishes when it does not."""
        target = self._path(uri)
        with file_errors(uri, "written"):
            target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target, uri, durable=self._durable) as file:
            yield file

    def sweep(self) -> None:
        """Remove what writers that are no more left unfinished; only for who knows that nobody writes now."""
        for place, _, names in os.walk(self.root):
            for name in filter(is_part, names):
                with suppress(OSError):
                    Path(place, name).unlink()

    def _path(self, uri: str) -> Path:
        """The file of *uri*, which need not exist but is inside the root."""
        path = self._place(uri, *split_uri(uri))
        with file_errors(uri, "reached"):
            inside = self._inside(path)
        if not inside:
            raise _refused(uri, "a file inside the store", f"a link to {_real(path)}")
        return path

    def _place(self, uri: str, bucket: str, key: str, *, empty: bool = False) -> Path:
        """Where *key* of *bucket* is, refusing whatever could lead elsewhere."""
        if not _BUCKET.fullmatch(bucket):
            found = repr(bucket[:_MAX_SEGMENT_BYTES])
            raise _refused(uri, "a bucket name of letters, digits, '.', '_' and '-'", found)
        if (fault := _key_fault(key)) and not (empty and not key):
            raise _refused(uri, "a key that names a file", fault)
        path = self.root.joinpath(bucket, key)
        folder = path if empty else path.parent
        if _real(folder) != _real(self.root) / folder.relative_to(self.root):
            raise _refused(uri, "folders inside the store", f"a link to {_real(folder)}")
        return path

    def _keys(self, bucket: str, top: Path) -> Iterator[str]:
        """Keys of all files at or below *top*, in no order."""
        base = self.root / bucket
        for place, _, names in os.walk(top, onerror=_unless_missing):
            folder = Path(place).relative_to(base).as_posix()
            for name in names:
                key = name if folder == "." else f"{folder}/{name}"
                if not _key_fault(key) and self._inside(Path(place, name)):
                    yield key

    def _inside(self, path: Path) -> bool:
        """Whether *path* is no link, or one that stays inside the root."""
        return not path.is_symlink() or _real(path).is_relative_to(_real(self.root))


def _key_fault(key: str) -> str:
    """What keeps *key* from naming a file in a folder; empty when nothing does."""
    segments = key.split("/")
    try:
        widths = [len(segment.encode()) for segment in segments]
    except UnicodeEncodeError:
        return "characters that UTF-8 cannot write"
    if sum(widths) + len(segments) - 1 > _MAX_KEY_BYTES or max(widths) > _MAX_SEGMENT_BYTES:
        return f"more than {_MAX_SEGMENT_BYTES} bytes in a segment or {_MAX_KEY_BYTES} in all"
    for segment in segments:
        if segment in {"", ".", ".."}:
            return f"a segment {segment!r}"
        if "\\" in segment or "\0" in segment:
            return f"a backslash or NUL in {segment!r}"
        if is_part(segment):
            return f"{segment!r}, a name kept for unfinished writes"
    return ""


def _real(path: Path) -> Path:
    """*path* with its links followed; unlike `Path.resolve` it leaves a loop of links as it stands."""
    return Path(os.path.realpath(path))


def _info(uri: str, path: Path) -> ObjectInfo | None:
    """*path* as an object; None when it is not a file."""
    try:
        found = path.stat()
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return None
        raise
    if not stat.S_ISREG(found.st_mode):
        return None
    etag = f"{found.st_size:x}-{found.st_mtime_ns:x}-{found.st_ino:x}"
    return ObjectInfo(uri, found.st_size, etag, datetime.fromtimestamp(found.st_mtime_ns / 1e9, UTC))


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def _refused(uri: str, expected: str, found: str) -> DataError:
    source = uri if len(uri) <= _MAX_TOLD else f"{uri[:_MAX_TOLD]}…"
    return DataError(source, "", expected, found, "Objects kept in a folder cannot have this name.")

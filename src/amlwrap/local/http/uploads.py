"""Uploads in parts, as S3's clients send large files: a folder of numbered files until they become an object."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool

from amlwrap.exceptions import DataError

__all__ = ["NoSuchUpload", "Uploads"]

_BLOCK = 1 << 20
_MOST_PARTS = 10_000  # S3's own limit


class NoSuchUpload(Exception):
    """The upload was never begun, or has ended."""


class Uploads:
    """The uploads that were begun and have not ended."""

    def __init__(self) -> None:
        self._begun: dict[str, tuple[str, Path]] = {}

    def begin(self, uri: str) -> str:
        """The name of a new upload to *uri*."""
        upload = secrets.token_hex(16)
        self._begun[upload] = uri, Path(tempfile.mkdtemp(prefix="amlwrap-upload-"))
        return upload

    @contextmanager
    def part(self, upload: str, uri: str, number: str) -> Generator[BinaryIO]:
        """A file for part *number*, which counts when the block ends well."""
        folder = self._place(upload, uri)
        if not (number.isascii() and number.isdigit() and len(number) <= 9 and 1 <= int(number) <= _MOST_PARTS):
            raise DataError(uri, "", f"a part number from 1 to {_MOST_PARTS:,}", repr(number[:20]))
        path = folder / f"{int(number):05}"
        new = path.with_suffix(f".{secrets.token_hex(4)}")
        with new.open("wb") as file:
            yield file
        new.replace(path)

    async def chunks(self, upload: str, uri: str) -> AsyncIterator[bytes]:
        """The bytes of all parts, in the order of their numbers."""
        folder = self._place(upload, uri)
        for path in sorted(path for path in folder.iterdir() if not path.suffix):
            with path.open("rb") as file:
                while block := await run_in_threadpool(file.read, _BLOCK):
                    yield block

    def end(self, upload: str) -> None:
        """Forget an upload and its parts."""
        if (begun := self._begun.pop(upload, None)) is not None:
            shutil.rmtree(begun[1], ignore_errors=True)

    def close(self) -> None:
        """Forget all uploads that nobody ended."""
        for upload in list(self._begun):
            self.end(upload)

    def _place(self, upload: str, uri: str) -> Path:
        known, folder = self._begun.get(upload, ("", Path()))
        if known != uri:
            raise NoSuchUpload(f"No upload {upload[:40]!r} to {uri} has been begun, or it has ended.")
        return folder

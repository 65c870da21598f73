"""A store that keeps its objects in memory, and may misbehave."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeAlias

from amlwrap.exceptions import DataError
from amlwrap.objects import ObjectInfo

_Infos: TypeAlias = list[ObjectInfo]


class Memory:
    """Objects by URI; those listed in *sizes* claim to be of another size than they are."""

    def __init__(self, objects: Mapping[str, bytes], sizes: Mapping[str, int] | None = None) -> None:
        self.objects = dict(objects)
        self.sizes = dict(sizes or {})

    def head(self, uri: str) -> ObjectInfo | None:
        if uri not in self.objects:
            return None
        data = self.objects[uri]
        return ObjectInfo(uri, self.sizes.get(uri, len(data)), str(hash(data)), datetime(2026, 1, 1, tzinfo=UTC))

    def list(self, uri_prefix: str) -> _Infos:
        found = [self.head(uri) for uri in sorted(self.objects) if uri.startswith(uri_prefix)]
        return [info for info in found if info]

    def open(self, uri: str, start: int = 0) -> BinaryIO:
        if uri not in self.objects:
            raise DataError(uri, "", "an object", "nothing there")
        return io.BytesIO(self.objects[uri][start:])

    def local_path(self, uri: str) -> Path | None:
        return None

    def put_file(self, uri: str, path: object, sent: object = None) -> None:
        raise NotImplementedError

    def put_bytes(self, uri: str, data: bytes) -> None:
        self.objects[uri] = data

    def writer(self, uri: str) -> AbstractContextManager[BinaryIO]:
        raise NotImplementedError

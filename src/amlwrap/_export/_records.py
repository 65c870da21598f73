"""Records of an export: plain JSON objects, each of an entity with its files, or of an object, which is one."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias, cast

__all__ = ["Key", "Record", "files_of", "is_inside", "parsed", "rendered", "size_of"]

Record: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]
"""Kind and id."""


def files_of(record: Record) -> list[Record]:
    """The files of an entity, or the one of an object."""
    found: list[Record] = record.get("files", [record])
    return found


def rendered(document: Any) -> bytes:
    """*document* as JSON that people can read; in ASCII only when it holds what UTF-8 cannot write."""
    try:
        text = json.dumps(document, ensure_ascii=False, indent=2).encode()
    except UnicodeEncodeError:
        text = json.dumps(document, indent=2).encode()
    return text + b"\n"


def parsed(content: bytes) -> Record | None:
    """The JSON object in *content*; None when there is none."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return cast("Record", document) if isinstance(document, dict) else None


def is_inside(path: object) -> bool:
    """Whether *path* cannot lead out of the folder it is counted from, on any system."""
    if not isinstance(path, str) or "\\" in path or "\0" in path or ":" in path.partition("/")[0]:
        return False
    pure = PurePosixPath(path)
    return bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts


def size_of(path: Path) -> int | None:
    """The size of a file; None of what is none, or a link."""
    try:
        return None if path.is_symlink() else path.stat().st_size
    except OSError:
        return None

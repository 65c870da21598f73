"""Folders for ids: the id itself wherever every file system can tell it from the others."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

__all__ = ["Names", "is_id"]

_ID = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def is_id(text: str) -> bool:
    """Whether *text* can be the id of an entity; what else a service says is not made a path of."""
    return _ID.fullmatch(text) is not None


class Names:
    """
    Folder names for ids of one kind, none of which is another's but for capitals.

    Args:
        taken: Names given before.

    >>> names = Names()
    >>> [names.give(id) for id in ("ml-A1", "ml-a1", "..", "nul.x")]
    ['ml-A1', 'ml-a1%a7ba1e55', '%2E%2E', '%nul.x']
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in taken}

    def give(self, id: str) -> str:
        """A name for *id*, which is not asked for twice."""
        name = _portable(id)
        if name.casefold() in self._taken:
            name = f"{name}%{hashlib.sha256(id.encode()).hexdigest()[:8]}"
        self._taken.add(name.casefold())
        return name


def _portable(id: str) -> str:
    """*id* without what file systems take for something else; ``%`` is in no id."""
    if _DEVICES.fullmatch(id):
        return f"%{id}"
    inner = id.removeprefix(".")
    ending = inner.removesuffix(".")
    return f"{'' if inner == id else '%2E'}{ending}{'' if ending == inner else '%2E'}"

"""Memory that a job has let go of, handed back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def trim() -> None:
    """
    Ask the C library for the pages that nobody uses.

    glibc keeps them else, a few of each thread's, and a process that has run many jobs holds several times what any of
    them needed. Other libraries give them back by themselves.
    """
    if (ask := _asker()) is not None:
        ask(0)


@cache
def _asker() -> Any:
    return None if sys.platform == "win32" else getattr(ctypes.CDLL(None), "malloc_trim", None)

"""The heap: what is free goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from amlwrap.local import heap

HAS_GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim")
N_BLOCKS, BLOCK_BYTES = 2_000, 100_000


def resident() -> int:
    """Bytes of this process that are in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@pytest.mark.skipif(not HAS_GLIBC, reason="other C libraries give memory back by themselves")
def test_free_memory_goes_back() -> None:
    """Pages below a block that is still in use, which keeps the heap from shrinking, are given back on request."""
    blocks = [bytes([number % 256]) * BLOCK_BYTES for number in range(N_BLOCKS)]
    last = blocks.pop()
    blocks.clear()
    before = resident()
    heap.trim()
    assert before - resident() >= N_BLOCKS * BLOCK_BYTES // 2
    assert len(last) == BLOCK_BYTES


@pytest.mark.parametrize("is_there", [True, False])
def test_only_who_is_there_is_asked(monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    """The C library is asked for all that is free; where it cannot be asked, nothing happens."""
    asked = list[int]()
    monkeypatch.setattr(heap, "_asker", lambda: asked.append if is_there else None)
    heap.trim()
    assert asked == [0] * is_there

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


def test_nothing_happens_without_such_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be asked, nobody is."""
    monkeypatch.setattr(heap, "_asker", lambda: None)
    heap.trim()

"""Memory: a table that is five times the engine's budget goes from CSV to predictions within it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench._timing import python
from bench.scale import SHARE, write

BUDGET = 64_000_000
"""The least that an engine takes."""


@pytest.mark.skipif(sys.platform != "linux", reason="how much memory a process had at most is told in other units")
def test_memory_stays_within_the_budget(tmp_path: Path) -> None:
    """Beyond what an engine takes for itself, jobs over data on the disk take no more than they were given."""
    peaks = list[int]()
    for name, n_bytes in (("small", 1), ("large", SHARE * BUDGET)):
        file = tmp_path / f"{name}.csv"
        write(file, n_bytes)
        peaks.append(python("-m", "bench.scale", tmp_path / name, file, str(BUDGET), "2").peak_bytes)
    assert peaks[1] - peaks[0] <= BUDGET

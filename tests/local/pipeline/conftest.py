"""A client on an engine that is gone after the test, and small tables to feed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

import amlwrap
from amlwrap import Client

Rows = Sequence[Sequence[object]]


@pytest.fixture
def aml() -> Iterator[Client]:
    """A client on the embedded engine."""
    with amlwrap.connect("local:", progress=False) as client:
        yield client


@pytest.fixture
def csv(tmp_path: Path) -> Callable[[str, Rows], Path]:
    """Write a header and rows as a CSV file of the test's own."""

    def write(header: str, rows: Rows, name: str = "data.csv") -> Path:
        path = tmp_path / name
        lines = [",".join(map(str, row)) for row in rows]
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    return write


def customers(n: int, seed: int = 0) -> list[list[object]]:
    """Rows of ``id,age,job,note,spend,bought``; who bought, and how much is spent, depends on age, job and note."""
    rng = np.random.default_rng(seed)
    ages, jobs = rng.integers(18, 80, n), rng.choice(["nurse", "clerk", "cook"], n)
    notes = rng.choice(["likes tea", "likes coffee", "asks for the manager"], n)
    worth = (ages - 50) / 10 + 2 * (jobs == "nurse") + 1.5 * (notes == "likes tea") + rng.normal(size=n)
    return [
        [f"c{number}", age, job, note, f"{value:.3f}", "yes" if value > 1 else "no"]
        for number, (age, job, note, value) in enumerate(zip(ages, jobs, notes, worth, strict=True))
    ]


HEADER = "id,age,job,note,spend,bought"

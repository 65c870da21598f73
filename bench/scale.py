"""
One table at 1 ×, 4 × and 16 × its rows, from CSV to predictions: time that grows as the rows do, memory that does not.

The largest is five times the memory that the engine is given.
``python -m bench.scale FOLDER FILE MEMORY PASSES`` is one run.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

import amlwrap
from amlwrap import Schema
from amlwrap.documents.schema import Attribute, AttributeType
from bench._figures import Line, Report, figure
from bench._timing import Options, Usage, python

TIMES = (1, 4, 16)
SHARE = 5
"""The largest file, as a multiple of the memory."""

N_NUMBERS, N_NAMES = 10, 6
_ROWS_AT_A_TIME = 100_000
N_FEW = 1_000
"""Rows over which an engine takes no memory to speak of, but for itself."""

PASSES = 10
"""As many as a model makes by default."""

BUCKET = "bench"


def schema() -> Schema:
    """Numbers, categories, and a target of two classes."""
    numbers = [Attribute(f"x{place}", AttributeType.NUMERIC) for place in range(N_NUMBERS)]
    names = [Attribute(f"c{place}", AttributeType.CATEGORICAL) for place in range(N_NAMES)]
    return Schema([*numbers, *names, Attribute("y", AttributeType.BINARY)], target="y")


def write(path: Path, n_bytes: int) -> int:
    """Write rows until the file has *n_bytes*; returns how many there are."""
    dice = np.random.default_rng(2026)
    n_rows = 0
    with path.open("wb") as file:
        while file.tell() < n_bytes:
            some = _rows(dice).head(N_FEW if n_bytes == 1 else _ROWS_AT_A_TIME)
            some.write_csv(file, include_header=not n_rows)
            n_rows += len(some)
    return n_rows


def _rows(dice: np.random.Generator) -> pl.DataFrame:
    numbers = dice.normal(size=(_ROWS_AT_A_TIME, N_NUMBERS)).round(4)
    names = dice.integers(0, 12, (_ROWS_AT_A_TIME, N_NAMES))
    score = numbers[:, 0] + 0.7 * np.sin(2 * numbers[:, 1]) + 0.3 * (names[:, 0] % 3) - 0.5 * (names[:, 1] == 5)
    target = dice.random(_ROWS_AT_A_TIME) < 1 / (1 + np.exp(-score))
    columns = {f"x{place}": pl.Series(numbers[:, place]) for place in range(N_NUMBERS)}
    columns |= {f"c{place}": "level " + pl.Series(names[:, place]).cast(pl.String) for place in range(N_NAMES)}
    return pl.DataFrame({**columns, "y": target.astype(np.int8)})


def chain(folder: Path, file: Path, memory: str, passes: int) -> None:
    """The whole way: datasources, a model, its evaluation and a batch prediction."""
    with amlwrap.connect(f"local:{folder}", memory=memory, staging=f"s3://{BUCKET}/", progress=False) as aml:
        bucket = folder / "s3" / BUCKET
        bucket.mkdir(parents=True, exist_ok=True)
        (bucket / file.name).hardlink_to(file)
        data = aml.datasources.create(f"s3://{BUCKET}/{file.name}", schema=schema())
        train, test = data.split(0.7, seed=2026)
        model = aml.models.create(train, passes=passes, shuffle=True, l2=1e-6).wait(timeout=36_000)
        model.evaluate(test).wait(timeout=36_000)
        model.predict_batch(test).wait(timeout=36_000)


def run(options: Options) -> Report:
    """Each size once: what takes minutes is not repeated."""
    with tempfile.TemporaryDirectory() as folder:
        _, small = _usage(Path(folder), 1, options.memory)
        sizes = [SHARE * options.memory * times // TIMES[-1] for times in TIMES]
        usages = [_usage(Path(folder), size, options.memory) for size in sizes]
    engine = small.peak_bytes
    largest, own = f"{sizes[-1] / 1e6:,.0f} MB", f"{engine / 1e6:,.0f} MB"
    note = f"the largest file has {largest}; the engine's own, over {N_FEW:,} rows, are {own}"
    return Report([*_lines(usages, options.memory, engine)], note)


def _usage(folder: Path, n_bytes: int, memory: int) -> tuple[int, Usage]:
    """Rows, and what one run over so many bytes takes."""
    file, home = folder / "data.csv", folder / "home"
    n_rows = write(file, n_bytes)
    usage = python("-m", "bench.scale", home, file, str(memory), str(PASSES))
    file.unlink()
    shutil.rmtree(home)
    return n_rows, usage


def _lines(usages: list[tuple[int, Usage]], memory: int, engine: int) -> Iterator[Line]:
    for times, (_, usage) in zip(TIMES, usages, strict=True):
        yield figure(f"{times} ×, CSV to predictions", "s", usage.seconds)
        yield figure(f"{times} ×, peak memory beyond the engine's own", "B", usage.peak_bytes - engine, at_most=memory)
    for place in (1, 2):
        (few, short), (many, long) = usages[place - 1], usages[place]
        name = f"time for each row, {TIMES[place]} × beside {TIMES[place - 1]} ×"
        yield figure(name, "×", (long.seconds / many) / (short.seconds / few), at_most=1.1)


if __name__ == "__main__":
    chain(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))

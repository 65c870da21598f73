"""How fast a Kaggle-sized CSV becomes typed columns and their statistics, beside polars alone."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

import amlwrap
from amlwrap.local.ingest.reader import read_table
from amlwrap.local.ingest.statistics import summarise
from amlwrap.local.ingest.table import Table
from amlwrap.objects import Folder, find_files
from bench._digits import SCHEMA, draw
from bench._figures import Line, Report, figure, ratio
from bench._timing import Options, python, race, seconds

URI = "s3://bench/train.csv"


def run(options: Options) -> Report:
    """The training file, read and summarised."""
    with tempfile.TemporaryDirectory() as folder:
        bucket = Path(folder) / "bench"
        bucket.mkdir()
        path, _ = draw(options.digits).write(bucket)
        table = read(Path(folder))
        lines = [*_lines(Path(folder), path, table, options)]
    text = table.n_bytes / 1e6
    return Report(lines, f"{table.n_rows:,} rows, {len(table.columns)} columns, {text:,.0f} MB of text")


def read(root: Path) -> Table:
    """The table below *root*, read from its file."""
    store = Folder(root)
    return read_table(store, find_files(store, URI), SCHEMA)


def chain(path: Path) -> None:
    """Two slices with their statistics, a model of one and its evaluation on the other, by a new engine."""
    with amlwrap.connect("local:", progress=False) as aml:
        data = aml.datasources.create(path, schema=SCHEMA)
        train, test = data.split(0.7, seed=2026)
        aml.models.create(train).evaluate(test).wait()


def _lines(root: Path, path: Path, table: Table, options: Options) -> Iterator[Line]:
    pairs = race(lambda: read(root), lambda: pl.read_csv(path), options.n_runs)
    summarising = [seconds(lambda: summarise([table], SCHEMA)) for _ in range(options.n_runs)]
    yield ratio("typed columns, beside polars.read_csv", pairs)
    whole = race(lambda: summarise([read(root)], SCHEMA), lambda: pl.read_csv(path), options.n_runs)
    yield ratio("… and their statistics", whole, at_most=1.5)
    chained = race(lambda: chain(path), lambda: pl.read_csv(path), options.n_runs)
    yield ratio("CSV to evaluation: datasources, model and all", chained, at_most=6)
    yield figure("statistics of all columns", "s", statistics.median(summarising))
    yield figure("memory the columns hold", "B", table.nbytes)
    yield figure("peak memory of a process that reads them", "B", python("-m", "bench.ingest", root).peak_bytes)


if __name__ == "__main__":
    read(Path(sys.argv[1]))

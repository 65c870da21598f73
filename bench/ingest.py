"""
How fast a Kaggle-sized CSV becomes typed columns, next to polars alone.

``python bench/ingest.py train.csv`` reads the file as NUMERIC columns with a CATEGORICAL first one, summarises it, and
prints seconds: the median of several runs, in turn with ``polars.read_csv`` on the same file.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from amlwrap.documents.schema import Attribute, Schema
from amlwrap.local.ingest.reader import find_files, read_table
from amlwrap.local.ingest.statistics import summarise
from amlwrap.objects import Folder

URI = "s3://bench/data.csv"


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def schema_for(path: Path) -> Schema:
    with path.open(newline="") as file:
        target, *others = next(csv.reader(file))
    return Schema([Attribute(target, "CATEGORICAL"), *(Attribute(name, "NUMERIC") for name in others)], target=target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    schema = schema_for(arguments.path)
    with tempfile.TemporaryDirectory(dir=arguments.path.parent) as root:
        store = Folder(root)
        (Path(root) / "bench").mkdir()
        os.link(arguments.path, Path(root) / "bench" / "data.csv")
        files = find_files(store, URI)
        table = read_table(store, files, schema)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        taken: dict[str, list[float]] = {"polars.read_csv": [], "read_table": [], "summarise": []}
        for _ in range(arguments.runs):
            taken["polars.read_csv"].append(seconds(lambda: pl.read_csv(arguments.path)))
            taken["read_table"].append(seconds(lambda: read_table(store, files, schema)))
            taken["summarise"].append(seconds(lambda: summarise(table, schema)))
    print(f"{table.n_rows:,} rows, {len(table.columns)} columns, {table.n_bytes / 2**20:.0f} MiB of text")
    print(
        f"columns hold {table.nbytes / 2**20:.0f} MiB; the process had at most {peak:.0f} MiB after the first reading"
    )
    for name, runs in taken.items():
        print(f"{name:16} {statistics.median(runs):6.3f} s  (best {min(runs):.3f})")


if __name__ == "__main__":
    main()

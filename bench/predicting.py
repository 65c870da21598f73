"""A batch prediction from the file to its gzip result, beside polars parsing the same file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import amlwrap
from amlwrap import Client, Datasource, Model, Schema
from bench._figures import Report, ratio
from bench._timing import Options, race

N_ROWS, N_KNOWN = 400_000, 20_000
N_COUNTS, N_REALS, N_NAMES, N_STATES = 5, 5, 7, 2
AT_MOST = 1 / 0.6
"""Of the time polars takes."""

_JOBS = ["technician", "blue-collar", "management", "services", "admin.", "retired", "self-employed", "student"]


def run(options: Options) -> Report:
    """The whole job, from the request to the file that can be read."""
    with tempfile.TemporaryDirectory() as folder, amlwrap.connect(f"local:{folder}", progress=False) as aml:
        bucket = Path(folder) / "s3" / "bench"
        bucket.mkdir()
        table(N_KNOWN, seed=1).write_csv(bucket / "known.csv")
        table(N_ROWS, seed=2).drop("y").write_csv(bucket / "asked.csv")
        model = aml.models.create(aml.datasources.create("s3://bench/known.csv", schema=schema("y"))).wait()
        asked = aml.datasources.create("s3://bench/asked.csv", schema=schema(None), statistics=False).wait()
        pairs = race(
            lambda: predict(aml, model, asked, bucket / "asked.csv"),
            lambda: pl.read_csv(bucket / "asked.csv"),
            options.n_runs,
        )
        size = (bucket / "asked.csv").stat().st_size / 1e6
    name = "batch prediction, beside polars.read_csv"
    return Report([ratio(name, pairs, at_most=AT_MOST)], f"{N_ROWS:,} rows, {size:,.0f} MB of text")


def predict(aml: Client, model: Model, asked: Datasource, path: Path) -> None:
    """One job, waited for as anybody would; the file is touched first, so that it is parsed again."""
    os.utime(path)
    done = aml.batch_predictions.create(model, asked, output="s3://bench/out/").wait()
    assert done.n_total == N_ROWS


def table(n: int, seed: int) -> pl.DataFrame:
    """A row id, counts, amounts, names, states, and a target that follows from some of them."""
    random = np.random.default_rng(seed)
    counts = {f"k{place}": random.poisson(10 ** (1 + place / 2), n) for place in range(N_COUNTS)}
    reals = {f"r{place}": random.normal(10 * place, 4, n).round(1 + place // 2) for place in range(N_REALS)}
    names = {f"c{place}": random.choice(_JOBS[: 2 + place], n) for place in range(N_NAMES)}
    states = {f"b{place}": random.integers(0, 2, n) for place in range(N_STATES)}
    worth = reals["r0"] / 4 + (names["c3"] == "management") - states["b0"] + random.normal(size=n)
    ids = {"id": [f"row-{number}" for number in range(n)]}
    return pl.DataFrame({**ids, **counts, **reals, **names, **states, "y": (worth > 0).astype(np.int8)})


def schema(target: str | None) -> Schema:
    """Of the table, with or without its target."""
    kinds = {"k": "NUMERIC", "r": "NUMERIC", "c": "CATEGORICAL", "b": "BINARY", "i": "CATEGORICAL", "y": "BINARY"}
    columns = table(1, seed=0).columns
    return Schema(
        {name: kinds[name[0]] for name in columns if target or name != "y"}, target=target, row_id="id", header=True
    )

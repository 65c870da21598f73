"""A gzip result of a batch prediction read and labelled, beside pandas."""

from __future__ import annotations

import gzip
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from amlwrap.labels import ProbabilityMatrix
from bench._figures import Report, ratio
from bench._timing import Options, race
from bench.labels import N_CLASSES, probabilities

N_ROWS = 280_000


def run(options: Options) -> Report:
    """From the file to an array of labels."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bp-1-test.csv.gz"
        write(path)

        def ours() -> object:
            return ProbabilityMatrix.read(path).labels().to_numpy()

        def peer() -> object:
            frame: Any = pd.read_csv(path)
            return frame.idxmax(axis=1).map(int).to_numpy()

        pairs = race(ours, peer, options.n_quick_runs)
    return Report([ratio("read gzip and label", pairs, at_most=1.0)], f"{N_ROWS:,} × {N_CLASSES}")


def write(path: Path) -> None:
    """A result in the form of the service: single precision, exponents, gzip."""
    names = [str(digit) for digit in range(N_CLASSES)]
    text = io.BytesIO()
    pl.from_numpy(probabilities(N_ROWS).astype(np.float32), names).write_csv(text, float_scientific=True)
    path.write_bytes(gzip.compress(text.getvalue(), 6))

"""
From probabilities to labels, timed against numpy and pandas: ``python bench/labels.py``.

Both sides run in one process, in turn, several times; medians are compared. Exits with 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import statistics
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pandas as pd
import polars as pl

from amlwrap.labels import ProbabilityMatrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESULTS = Path(__file__).parent / "results" / "labels.json"
N_CLASSES = 10


@attrs.frozen(kw_only=True)
class Case:
    """One thing, done by us and by a peer, and how much longer than the peer we may take."""

    name: str
    ours: Callable[[], object]
    peer: Callable[[], object]
    bound: float


def probabilities(n_rows: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Rows that sum to one, the same every time."""
    return np.random.default_rng(2026).dirichlet(np.full(N_CLASSES, 0.2), size=n_rows)


def label_cases(n_rows: int) -> Iterator[Case]:
    """labels() against numpy's argmax of the same matrix, in both memory orders and widths."""
    values = probabilities(n_rows)
    for dtype in (np.float64, np.float32):
        for order in ("C", "F"):
            array = np.asarray(values, dtype, order=order)
            matrix = ProbabilityMatrix(array, range(N_CLASSES))
            name = f"labels() of {n_rows:,} × {N_CLASSES}, {np.dtype(dtype)}, {order} order"
            yield Case(name=name, ours=matrix.labels, peer=lambda array=array: np.argmax(array, axis=1), bound=1.25)


def reading_case(n_rows: int, folder: Path) -> Case:
    """Reading a gzip result and labelling it, against pandas."""
    path = folder / "bp-1-test.csv.gz"
    names = [str(digit) for digit in range(N_CLASSES)]
    text = io.BytesIO()
    pl.from_numpy(probabilities(n_rows).astype(np.float32), names).write_csv(text, float_scientific=True)
    path.write_bytes(gzip.compress(text.getvalue(), 6))

    def ours() -> object:
        return ProbabilityMatrix.read(path).labels().to_numpy()

    def peer() -> object:
        return pd.read_csv(path).idxmax(axis=1).map(int).to_numpy()

    return Case(name=f"read gzip of {n_rows:,} × {N_CLASSES}, and label", ours=ours, peer=peer, bound=1.0)


def seconds(function: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measured(case: Case, n_runs: int) -> dict[str, Any]:
    """Medians of both sides, which take turns so that a busy moment hits both."""
    case.ours(), case.peer()
    pairs = [(seconds(case.ours), seconds(case.peer)) for _ in range(n_runs)]
    ours, peer = (statistics.median(times) for times in zip(*pairs, strict=True))
    return {"name": case.name, "seconds": ours, "peer_seconds": peer, "ratio": ours / peer, "bound": case.bound}


def extra_memory(n_rows: int) -> float:
    """What labels() allocates beside its codes, as a share of the matrix."""
    matrix = ProbabilityMatrix(probabilities(n_rows), range(N_CLASSES))
    tracemalloc.start()
    labels = matrix.labels()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - labels.codes.nbytes) / matrix.values.nbytes


def main() -> int:
    """Print the table, write the JSON, and say whether all bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    n_runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        cases = [*label_cases(1_000_000), reading_case(280_000, Path(folder))]
        rows = [measured(case, n_runs) for case in cases]
    extra = extra_memory(1_000_000)
    print(f"{'':48} {'ours':>9} {'peer':>9} {'ratio':>6} {'bound':>6}")
    for row in rows:
        times = f"{1e3 * row['seconds']:6.1f} ms {1e3 * row['peer_seconds']:6.1f} ms"
        print(f"{row['name']:48} {times} {row['ratio']:6.2f} {row['bound']:6.2f}")
    print(f"labels() allocates {extra:.1%} of the matrix beside the codes")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"runs": n_runs, "cases": rows, "labels_extra_memory": extra}, indent=2) + "\n")
    return int(any(row["ratio"] > row["bound"] for row in rows) or extra > 0.1)


if __name__ == "__main__":
    sys.exit(main())

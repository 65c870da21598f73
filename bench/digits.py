"""The whole story, two CSVs in and a submission out, beside the script a person would otherwise write."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs
import polars as pl

from bench._digits import Digits, draw
from bench._figures import Line, Report, figure, ratio
from bench._timing import ROOT, Options, Usage, alternate, pairs_of, python

EXAMPLE = ROOT / "examples" / "digit_recognizer.py"
PEER = Path(__file__).with_name("_peer_digits.py")
MAX_BYTES = 2e9


@attrs.frozen
class Files:
    """What the programs read and write."""

    folder: Path
    train: Path
    test: Path

    def ours(self, recipe: str) -> Usage:
        """Run the example."""
        inputs = "--train", self.train, "--test", self.test
        outputs = "--output", self.submission(recipe), "--plot", self.folder / "confusion.png"
        return python(EXAMPLE, *inputs, *outputs, "--recipe", recipe)

    def peer(self) -> Usage:
        """Run the script."""
        return python(PEER, self.train, self.test, self.submission("peer"))

    def submission(self, name: str) -> Path:
        """Where *name* writes its labels."""
        return self.folder / f"{name}.csv"


def run(options: Options) -> Report:
    """The suggested recipe against the script, and the recipe of neighbours by itself."""
    digits = draw(options.digits)
    with tempfile.TemporaryDirectory() as folder:
        files = Files(Path(folder), *digits.write(Path(folder)))
        return Report([*_suggested(files, digits, options.n_runs), *_neighbours(files, digits)], digits.note)


def _suggested(files: Files, digits: Digits, n_runs: int) -> Iterator[Line]:
    ours, peer = alternate(lambda: files.ours("suggested"), files.peer, n_runs)
    shares = accuracy(files.submission("suggested"), digits), accuracy(files.submission("peer"), digits)
    peaks = max(usage.peak_bytes for usage in ours), max(usage.peak_bytes for usage in peer)
    yield ratio("suggested recipe, CSVs to submission", pairs_of(ours, peer), at_most=0.7)
    yield figure("suggested recipe, rows labelled right", "share", *shares, at_least=digits.at_least(0.917))
    yield figure("suggested recipe, peak memory", "B", *peaks, at_most=MAX_BYTES)


def _neighbours(files: Files, digits: Digits) -> Iterator[Line]:
    usage = files.ours("neighbours")
    share = accuracy(files.submission("neighbours"), digits)
    yield figure("neighbours, CSVs to submission (one run)", "s", usage.seconds)
    yield figure("neighbours, rows labelled right", "share", share, at_least=digits.at_least(0.955))
    yield figure("neighbours, peak memory", "B", usage.peak_bytes)


def accuracy(submission: Path, digits: Digits) -> float:
    """
    Share of the rows that *submission* labels rightly.

    Raises:
        ValueError: It has not one label for each row, in order.
    """
    rows = pl.read_csv(submission)
    if rows.columns != ["ImageId", "Label"] or rows["ImageId"].to_list() != [*range(1, len(digits.test_labels) + 1)]:
        raise ValueError(f"{submission} is no submission of {len(digits.test_labels):,} rows")
    return int((rows["Label"].to_numpy() == digits.test_labels).sum()) / len(rows)

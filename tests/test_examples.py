"""The example a newcomer runs, as they run it, and the page that tells its story."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "digit_recognizer.py"
PNG = b"\x89PNG\r\n\x1a\n"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The example, run in *folder* without any settings of ours."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AMLWRAP_"))}
    return subprocess.run(
        [sys.executable, EXAMPLE, *arguments],
        cwd=folder,
        env=clean | {"PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=300,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the example is run once, for several tests."""
    return tmp_path_factory.mktemp("digits")


@pytest.fixture(scope="module")
def done(folder: Path) -> subprocess.CompletedProcess[str]:
    """What that run printed."""
    return run(folder)


def counts(text: str) -> list[list[int]]:
    """The counts of a confusion matrix as it is printed."""
    rows = [re.split(r"\s+", line.partition("|")[0].strip())[1:] for line in text.splitlines() if line[:1].isdigit()]
    return [[0 if cell == "·" else int(cell) for cell in row] for row in rows if len(row) == 10]


def test_one_digit_for_each_row(folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    """The submission has Kaggle's header, a row per image in order, and a digit in each."""
    with (folder / "submission.csv").open(newline="") as file:
        header, *rows = csv.reader(file)

    assert ["ImageId", "Label"] == header
    assert [str(number) for number in range(1, 598)] == [row[0] for row in rows]
    assert set("0123456789") == {row[1] for row in rows}


def test_what_a_newcomer_sees(folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    """Progress goes to stderr, numbers that are good to stdout, a picture into the folder, and nothing else is left."""
    accuracy, macro_f1, baseline = re.findall(r"^(?:accuracy|macro).* (0\.\d+)$", done.stdout, re.MULTILINE)

    assert "datasource" in done.stderr
    assert "COMPLETED" in done.stderr
    assert float(accuracy) > 0.9
    assert float(macro_f1) > 0.9
    assert float(baseline) < 0.05
    assert (folder / "confusion.png").read_bytes().startswith(PNG)
    assert {"confusion.png", "submission.csv"} == {path.name for path in folder.iterdir()}


def test_the_tutorial_shows_what_is_printed(done: subprocess.CompletedProcess[str]) -> None:
    """The matrix in the tutorial is the example's, but for a few digits that may fall otherwise elsewhere."""
    shown = counts((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))
    printed = counts(done.stdout)

    assert 10 == len(shown) == len(printed)
    assert sum(map(sum, shown)) == sum(map(sum, printed))
    moved = sum(abs(a - b) for row, other in zip(shown, printed, strict=True) for a, b in zip(row, other, strict=True))
    assert moved <= 12


def test_own_files_and_the_recipe_of_strokes(folder: Path, tmp_path: Path) -> None:
    """With files of one's own nothing of scikit-learn's is used; a folder keeps what was made."""
    rows = [f"{label},{label * 9},{255 - label * 9},{number % 7},0" for number in range(80) for label in (1, 2, 3)]
    (tmp_path / "mine.csv").write_text("\n".join(["label,pixel0,pixel1,pixel2,pixel3", *rows]))
    (tmp_path / "new.csv").write_text("pixel0,pixel1,pixel2,pixel3\n9,246,0,0\n27,228,3,0\n")
    files = ["--train", "mine.csv", "--test", "new.csv", "--output", "out.csv", "--plot", "out.png"]

    done = run(tmp_path, *files, "--recipe", "neighbours", "--connect", "local:kept")

    assert "2 digits written to out.csv" in done.stdout
    assert "ImageId,Label\n1,1\n2,3\n" == (tmp_path / "out.csv").read_text()
    assert (tmp_path / "out.png").exists()
    assert (tmp_path / "kept" / "state.sqlite").exists()


def test_half_a_pair_of_files_is_refused(tmp_path: Path) -> None:
    """Training rows without rows to label are a mistake on the command line."""
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(tmp_path, "--train", "mine.csv")

    assert 2 == caught.value.returncode
    assert "--train and --test go together" in caught.value.stderr

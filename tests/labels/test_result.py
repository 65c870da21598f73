"""Labels as arrays, files and counts."""

from __future__ import annotations

import csv
import io
import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.exceptions import ConfigError, DataError
from amlwrap.labels import ConfusionMatrix, ProbabilityMatrix
from tests.labels.strategies import names, probabilities

if TYPE_CHECKING:
    from pathlib import Path

EYE = np.eye(2)


class TestAsArray:
    def test_numpy_sees_text(self) -> None:
        """to_numpy, numpy.asarray and iteration all give the labels as text."""
        labels = ProbabilityMatrix(EYE, ("cat", "dog")).labels()

        assert ["cat", "dog"] == labels.to_numpy().tolist() == np.asarray(labels).tolist() == list(labels)
        assert np.asarray(labels, dtype=object).dtype == object
        assert np.array(labels) is not labels.to_numpy()
        assert np.array(labels, copy=True).tolist() == list(labels)
        assert 2 == len(labels)


class TestToCsv:
    @given(probabilities(), st.data())
    def test_gives_back_what_was_written(self, values: Any, data: st.DataObject) -> None:
        """Ids and labels of any spelling come back from the file, row by row."""
        ids = data.draw(st.lists(names, min_size=len(values), max_size=len(values)))
        classes = data.draw(st.lists(names, min_size=values.shape[1], max_size=values.shape[1], unique=True))
        labels = ProbabilityMatrix(values, classes, row_ids=np.array(ids, object)).labels()
        file = io.StringIO()
        labels.to_csv(file, columns=("id", "label"))

        written = list(csv.reader(file.getvalue().split("\n")[:-1]))

        assert [["id", "label"], *map(list, zip(ids, labels, strict=True))] == written

    def test_missing_label_is_an_empty_field(self, tmp_path: Path) -> None:
        """An unreadable row keeps its line."""
        labels = ProbabilityMatrix([[np.nan, 1.0], [1.0, 0.0]], "ab", on_invalid="missing").labels()
        labels.to_csv(tmp_path / "labels.csv")

        assert b"ImageId,Label\n1,\n2,a\n" == (tmp_path / "labels.csv").read_bytes()

    def test_many_rows(self, tmp_path: Path) -> None:
        """More rows than are written at once come out in order, numbered from one."""
        ProbabilityMatrix(np.tile(EYE, (70_000, 1)), "ab").labels().to_csv(tmp_path / "labels.csv")
        lines = (tmp_path / "labels.csv").read_text().splitlines()

        assert 140_001 == len(lines)
        assert ["65536,b", "65537,a", "140000,b"] == [lines[at] for at in (65_536, 65_537, 140_000)]

    @pytest.mark.parametrize("columns", ["ab", ("a",), ("a", "b", "c")])
    def test_two_columns(self, columns: Any) -> None:
        """The header has two names, no more and no fewer."""
        with pytest.raises(ConfigError, match="columns: expected two names"):
            ProbabilityMatrix(EYE, "ab").labels().to_csv(io.StringIO(), columns)

    def test_folder_that_is_not_there(self, tmp_path: Path) -> None:
        """A file that cannot be made is named."""
        with pytest.raises(DataError, match=r"absent/labels\.csv.*No such file"):
            ProbabilityMatrix(EYE, "ab").to_csv(tmp_path / "absent" / "labels.csv")

    def test_failure_leaves_the_old_file(self, tmp_path: Path) -> None:
        """When writing fails half way, what was there stays, and nothing else is left."""
        path = tmp_path / "labels.csv"
        path.write_text("old")
        labels = ProbabilityMatrix(EYE, ("a", "b"), row_ids=np.array(["1", "\ud800"], object)).labels()

        with pytest.raises(UnicodeEncodeError):
            labels.to_csv(path)
        assert "old" == path.read_text()
        assert [path] == list(tmp_path.iterdir())

    def test_link_stays_a_link(self, tmp_path: Path) -> None:
        """Writing to a link writes the file behind it."""
        (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
        ProbabilityMatrix(EYE, "ab").to_csv(tmp_path / "link.csv")

        assert (tmp_path / "link.csv").is_symlink()
        assert (tmp_path / "real.csv").read_text().startswith("ImageId")

    def test_pipe_is_written_to(self, tmp_path: Path) -> None:
        """A pipe is not replaced by a file."""
        pipe = tmp_path / "pipe"
        got: list[str] = []
        os.mkfifo(pipe)
        reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
        reader.start()
        ProbabilityMatrix(EYE, "ab").to_csv(pipe)
        reader.join()

        assert ["ImageId,Label\n1,a\n2,b\n"] == got


class TestConfusion:
    def test_counts_pairs(self) -> None:
        """Rows are true classes, columns predicted ones."""
        labels = ProbabilityMatrix(EYE[[0, 0, 1, 1, 1]], "ab", true_labels=list("abbba")).labels()

        assert ConfusionMatrix("ab", [[1, 1], [1, 2]]) == labels.confusion()
        assert 0.6 == labels.accuracy()

    def test_leaves_out_what_is_not_known(self) -> None:
        """Rows without a prediction or a true label do not count."""
        values: Any = [[1, 0], [0, 1], [np.nan, 1], [0, 1], [1, 0]]
        truth: Any = ["a", "b", "a", None, float("nan")]
        labels = ProbabilityMatrix(values, "ab", true_labels=truth, on_invalid="missing").labels()

        assert ConfusionMatrix("ab", EYE) == labels.confusion()

    def test_classes_never_trained_are_misses(self) -> None:
        """True labels that are no class follow the classes, sorted, and were never predicted."""
        labels = ProbabilityMatrix(EYE[[0, 1, 1]], "ab", true_labels=["a", "z", "c"]).labels()

        assert ConfusionMatrix("abcz", [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]]) == labels.confusion()

    def test_true_labels_may_be_numbers(self) -> None:
        """Like classes, true labels are written out."""
        labels = ProbabilityMatrix(EYE, [7, 8], true_labels=np.array([7, 7])).labels()

        assert 0.5 == labels.accuracy()

    def test_nothing_to_compare_with(self) -> None:
        """Without true labels the error says where they come from."""
        with pytest.raises(ConfigError, match="Predict on a datasource whose schema names the target"):
            ProbabilityMatrix(EYE, "ab").labels().confusion()

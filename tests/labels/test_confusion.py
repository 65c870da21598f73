"""The confusion matrix: its scores, its table, its picture."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from amlwrap.exceptions import ConfigError, DataError, MissingExtraError
from amlwrap.labels import ConfusionMatrix, ProbabilityMatrix
from tests.drawn import covered
from tests.oracles import sklearn_metrics as metrics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


MANY = ConfusionMatrix([f"c{at}" for at in range(12)], np.diag(np.arange(1, 13)) + np.eye(12, k=1))


class TestScores:
    @given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
    def test_agree_with_scikit_learn(self, pairs: list[tuple[str, str]]) -> None:
        """Accuracy is scikit-learn's, and so is macro F1 over the classes that occur, smoothing aside."""
        truth, given_labels = (np.array(column) for column in zip(*pairs, strict=True))
        values = (given_labels[:, None] == np.array(list("abc"))).astype(float)
        confusion = ProbabilityMatrix(values, "abc", true_labels=truth).labels().confusion()
        f1s = metrics.f1_score(truth, given_labels, labels=list("abc"), average=None, zero_division=0)
        there = [letter in {*truth, *given_labels} for letter in "abc"]

        assert metrics.accuracy_score(truth, given_labels) == confusion.accuracy
        assert np.allclose(np.where(there, f1s, 0.5), [one.f1 for one in confusion.per_class()], atol=1e-9)
        assert np.isclose(np.mean([one.f1 for one in confusion.per_class()]), confusion.macro_f1)

    def test_macro_f1_is_smoothed(self) -> None:
        """A class that never was and never was predicted scores 0.5; precision and recall move by 1e-13."""
        e = 1e-13
        precision = recall = (5 + e) / (5 + 2 * e)
        f1 = 2 * precision * recall / (precision + recall)

        assert (f1 + 0.5) / 2 == ConfusionMatrix("ab", [[5, 0], [0, 0]]).macro_f1

    def test_per_class(self) -> None:
        """Each class has its counts, precision, recall and F1."""
        cat, dog = ConfusionMatrix(("cat", "dog"), [[8, 2], [0, 10]]).per_class()

        assert ("cat", 10, 8, "dog", 10, 12) == (
            cat.name,
            cat.n_true,
            cat.n_predicted,
            dog.name,
            dog.n_true,
            dog.n_predicted,
        )
        assert (1, 0.8) == (round(cat.precision, 9), round(cat.recall, 9))
        assert round(2 * 0.8 / 1.8, 9) == round(cat.f1, 9)

    def test_of_nothing(self) -> None:
        """Without rows there is no accuracy."""
        confusion = ConfusionMatrix("ab", np.zeros((2, 2), int))

        assert np.isnan(confusion.accuracy)
        assert 0.5 == round(confusion.macro_f1, 9)
        assert "nan" in confusion.to_text()


class TestWhatItTakes:
    @pytest.mark.parametrize("counts", [[[1, 2]], [1, 2], np.eye(3)])
    def test_a_square(self, counts: Any) -> None:
        """There is a row and a column for each class."""
        with pytest.raises(DataError, match="2 × 2 counts"):
            ConfusionMatrix("ab", counts)

    def test_counts(self) -> None:
        """They are whole, not negative, and cannot be changed."""
        with pytest.raises(DataError, match="counts, found -1"):
            ConfusionMatrix("a", [[-1]])
        with pytest.raises(DataError, match="whole numbers"):
            ConfusionMatrix("a", [[0.5]])
        with pytest.raises(ValueError, match="read-only"):
            ConfusionMatrix("a", [[1]]).counts[0, 0] = 2

    def test_equality(self) -> None:
        """Two are equal when classes and counts are; other things are not."""
        assert ConfusionMatrix("ab", np.eye(2)) == ConfusionMatrix(("a", "b"), [[1, 0], [0, 1]])
        assert ConfusionMatrix("ab", np.eye(2)) != ConfusionMatrix("ba", np.eye(2))
        assert ConfusionMatrix("a", [[1]]) != [[1]]


class TestFolded:
    def test_most_frequent_first_then_others(self) -> None:
        """As the console did: the frequent classes by themselves, the rest as one, nothing lost."""
        table, scores = MANY.folded(4)

        assert ("c10", "c11", "c9", "others (9)") == table.classes
        assert MANY.n_rows == table.n_rows
        assert MANY.accuracy <= table.accuracy
        rare = [one.f1 for one in MANY.per_class()[:9]]
        assert np.mean(rare) == scores[-1].f1
        assert [one.n_true for one in scores] == table.counts.sum(axis=1).tolist()

    def test_few_classes_stay_as_they_are(self) -> None:
        """When all fit, they keep their order."""
        assert MANY is MANY.folded(12)[0]

    def test_one_is_too_few(self) -> None:
        """There must be room for one class and the others."""
        with pytest.raises(ConfigError, match="max_classes"):
            MANY.to_text(max_classes=1)


class TestToText:
    def test_columns_are_aligned(self) -> None:
        """Every line is as long as the first, whatever the names."""
        names = ("x", "a name that is longer than the table likes", "tab\tand\x1b[31mcolour")
        text = ConfusionMatrix(names, [[1000, 0, 2], [0, 1, 0], [3, 0, 5]]).to_text()
        lines = text.split("\n")

        assert 5 == len(lines)
        assert 1 == len({line.index("|") for line in lines})
        assert "\x1b" not in text
        assert "a name that is …" in lines[2]

    def test_others_at_ten(self) -> None:
        """By default ten classes are shown, the last of them the others."""
        lines = MANY.to_text().split("\n")

        assert 12 == len(lines)
        assert lines[10].startswith("others (3)")


class TestPlot:
    @pytest.mark.parametrize(("suffix", "head"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), ("", b"\x89PNG")])
    def test_file(self, tmp_path: Path, suffix: str, head: bytes) -> None:
        """The suffix says which picture is written; PNG without one."""
        path = tmp_path / f"confusion{suffix}"
        MANY.plot(path)

        assert path.read_bytes().startswith(head)
        assert [path] == list(tmp_path.iterdir())

    def test_unknown_suffix(self, tmp_path: Path) -> None:
        """A picture that matplotlib cannot write is refused, and nothing is left behind."""
        with pytest.raises(DataError, match=r"\.docx"):
            MANY.plot(tmp_path / "confusion.docx")
        assert [] == list(tmp_path.iterdir())

    def test_says_what_the_table_says(self) -> None:
        """Shares of the true class, frequencies, F1 and the headline are all in the picture."""
        figure = ConfusionMatrix(("cat", "$dog\n"), [[999, 1], [250, 750]]).plot()
        figure.draw_without_rendering()
        (axes,) = figure.axes
        words = [text.get_text() for text in axes.texts]

        assert ["100", "<1", "25", "75"] == words[:4]
        assert {"50.0%", "0.89", "0.86", "62.5%"} <= set(words)
        assert r"\$dog·" in [label.get_text() for label in axes.get_yticklabels()]
        assert "accuracy 87.5%     macro F1 0.873     2,000 rows" == axes.get_title(loc="left")

    @pytest.mark.parametrize("names", [["only"], ["0", "1"], ["setosa", "versicolor", "virginica"], MANY.classes])
    @pytest.mark.parametrize("n_rows", [7, 123_456_789_012])
    def test_fills_its_figure(self, names: Sequence[str], n_rows: int) -> None:
        """Nothing is cut, nothing upright covers anything else, and no side stays blank, however many classes."""
        figure: Any = ConfusionMatrix(names, np.eye(len(names), dtype=int) * n_rows).plot(max_classes=30)
        figure.draw_without_rendering()
        (axes,) = figure.axes
        drawn, whole = axes.get_tightbbox(), figure.bbox
        blanks = drawn.x0, drawn.y0, whole.x1 - drawn.x1, whole.y1 - drawn.y1
        upright = [text for text in axes.findobj(Text) if text.get_visible() and not text.get_rotation()]

        assert all(0 < blank / figure.dpi < 0.3 for blank in blanks)
        assert not covered(upright)
        assert axes.get_window_extent().height / figure.dpi > 0.5 * len(names)

    def test_long_names_stay_apart(self) -> None:
        """What is left of them are both their ends."""
        figure = ConfusionMatrix([f"the same beginning {at}" for at in range(3)], np.eye(3, dtype=int)).plot()
        names = [label.get_text() for label in figure.axes[0].get_yticklabels()]

        assert 3 == len(set(names))
        assert all(len(name) <= 14 and name.startswith("the") for name in names)

    def test_small_shares(self) -> None:
        """A half percent is no 0, which says that there is none."""
        figure = ConfusionMatrix("ab", [[199, 1], [0, 1]]).plot()
        assert ["100", "<1", "100"] == [text.get_text() for text in figure.axes[0].texts[:3]]

    def test_no_rows(self) -> None:
        """They have no accuracy."""
        assert "no rows" == ConfusionMatrix("ab", [[0, 0], [0, 0]]).plot().axes[0].get_title(loc="left")

    def test_own_axes(self) -> None:
        """Axes of the caller's are drawn on; their figure comes back."""
        figure = Figure()
        left, right = figure.subplots(1, 2)

        assert figure is MANY.plot(left, max_classes=3)
        assert left.texts
        assert not right.texts

    def test_pyplot_stays_out(self) -> None:
        """Drawing leaves matplotlib's global state alone."""
        before = sys.modules.pop("matplotlib.pyplot", None)
        MANY.plot()
        assert "matplotlib.pyplot" not in sys.modules
        if before is not None:
            sys.modules["matplotlib.pyplot"] = before

    def test_without_matplotlib(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """When matplotlib is not installed the error says what to install."""
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

        with pytest.raises(MissingExtraError, match=r"pip install 'amlwrap\[plot\]'"):
            MANY.plot()


def test_to_csv(tmp_path: Path) -> None:
    """All counts go to the file, with classes beside and above."""
    ConfusionMatrix(("a,b", "c"), [[1, 2], [3, 4]]).to_csv(tmp_path / "counts.csv")

    assert 'true,"a,b",c\n"a,b",1,2\nc,3,4\n' == (tmp_path / "counts.csv").read_text()

"""What a matrix of probabilities says, and which ones it refuses."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from amlwrap.exceptions import ConfigError, DataError
from amlwrap.labels import Labels, ProbabilityMatrix
from tests.labels.strategies import probabilities

NAN = float("nan")


def of(values: Any, **kwargs: Any) -> ProbabilityMatrix:
    """A matrix with letters for classes."""
    return ProbabilityMatrix(values, "abcdefgh"[: np.shape(values)[1]], **kwargs)


class TestLabels:
    def test_most_probable_class(self) -> None:
        """The label of a row is the class with its largest probability."""
        assert ["b", "a", "c"] == list(of([[0.1, 0.8, 0.1], [0.5, 0.2, 0.3], [0.2, 0.3, 0.5]]).labels())

    def test_first_of_equals(self) -> None:
        """Ties go to the first class."""
        assert ["a", "b"] == list(of([[0.4, 0.2, 0.4], [0.2, 0.4, 0.4]]).labels())

    @given(probabilities())
    def test_are_those_of_argmax(self, values: Any) -> None:
        """In any memory order and width the codes are numpy's argmax, and scores are the values there."""
        labels = of(values).labels()

        assert_array_equal(np.argmax(values, axis=1), labels.codes)
        assert_array_equal(values.max(axis=1), labels.scores)
        assert [labels.classes[code] for code in labels.codes] == list(labels)

    @given(probabilities(), st.randoms(use_true_random=False))
    def test_of_permuted_rows_are_permuted(self, values: Any, random: Any) -> None:
        """Each row's label depends on that row alone."""
        order = random.sample(range(len(values)), len(values))

        assert_array_equal(of(values).labels().codes[order], of(values[order]).labels().codes)

    @given(probabilities(), st.randoms(use_true_random=False))
    def test_of_permuted_classes_are_the_same(self, values: Any, random: Any) -> None:
        """Where nothing is tied, the order of the columns does not matter."""
        clear = values[(values == values.max(axis=1, keepdims=True)).sum(axis=1) == 1]
        order = random.sample(range(values.shape[1]), values.shape[1])
        classes = "abcdefgh"[: values.shape[1]]
        permuted = ProbabilityMatrix(clear[:, order], [classes[at] for at in order])

        assert list(ProbabilityMatrix(clear, classes).labels()) == list(permuted.labels())

    @pytest.mark.parametrize("order", ["C", "F"])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_no_copy_of_the_matrix(self, order: Any, dtype: Any) -> None:
        """Neither making nor labelling nor measuring takes the room of a second matrix."""
        values = np.full((200_000, 20), 0.05, dtype=dtype, order=order)
        tracemalloc.start()
        matrix = of_many(values)
        labels, margin = matrix.labels(), matrix.margin()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert np.shares_memory(values, matrix.values)
        assert peak - labels.codes.nbytes - margin.nbytes < values.nbytes / 2

    def test_many_blocks(self) -> None:
        """A matrix of several blocks is labelled, checked and measured like a small one."""
        values = np.random.default_rng(7).dirichlet(np.ones(10), size=40_000)
        whole, columns = of_many(values), of_many(np.asfortranarray(values))
        bad = values.copy()
        bad[[13_200, 39_999], 3] = NAN

        assert_array_equal(values.argmax(axis=1), columns.labels().codes)
        assert_allclose(np.sort(values)[:, -1] - np.sort(values)[:, -2], whole.margin())
        assert_allclose(values @ np.eye(10), columns.expected_cost(np.eye(10)))
        with pytest.raises(DataError, match="row 13201: expected a number for each class, found NaN"):
            of_many(bad)
        assert [13_200, 39_999] == np.flatnonzero(of_many(bad, on_invalid="missing").unreadable).tolist()


def of_many(values: Any, **kwargs: Any) -> ProbabilityMatrix:
    """A matrix with numbers for classes."""
    return ProbabilityMatrix(values, range(values.shape[1]), **kwargs)


class TestThreshold:
    def test_gives_the_second_class_from_there_on(self) -> None:
        """The probability of the second class decides, the threshold itself included."""
        matrix = ProbabilityMatrix([[0.7, 0.3], [0.6, 0.4], [0.5, 0.5]], ("no", "yes"))

        assert ["no", "yes", "yes"] == list(matrix.labels(threshold=0.4))
        assert ["no", "no", "no"] == list(matrix.labels())

    def test_of_the_matrix_is_the_default(self) -> None:
        """What the matrix was given holds until a call says otherwise."""
        matrix = ProbabilityMatrix([[0.7, 0.3]], ("no", "yes"), threshold=0.25)

        assert ["yes"] == list(matrix.labels())
        assert ["no"] == list(matrix.labels(threshold=1))

    @pytest.mark.parametrize("threshold", [-0.1, 1.1, NAN])
    def test_is_a_probability(self, threshold: float) -> None:
        """A threshold outside 0 … 1 is refused."""
        with pytest.raises(ConfigError, match="expected a probability"):
            of([[1, 0]]).labels(threshold=threshold)
        with pytest.raises(ConfigError, match="expected a probability"):
            of([[1, 0]], threshold=threshold)

    def test_needs_two_classes(self) -> None:
        """With more classes a threshold has no meaning; the error names what has."""
        with pytest.raises(ConfigError, match=r"0\.5 with 3 classes.*margin\(\)"):
            of([[1, 0, 0]]).labels(threshold=0.5)


class TestMeasures:
    def test_top(self) -> None:
        """Classes come best first, equals in their own order, with their probabilities."""
        top = of([[0.25, 0.5, 0.25], [0.0, 0.1, 0.9]]).top(2)

        assert [["b", "a"], ["c", "b"]] == top.labels.tolist()
        assert [[0.5, 0.25], [0.9, 0.1]] == top.scores.tolist()

    @given(probabilities())
    def test_top_1_is_the_label(self, values: Any) -> None:
        """The best of all is what labels() says."""
        assert_array_equal(of(values).labels().codes, of(values).top(1).codes[:, 0])

    @given(probabilities())
    def test_top_of_all_is_a_ranking(self, values: Any) -> None:
        """All classes appear once, with probabilities that never rise."""
        top: Any = of(values).top(values.shape[1])

        assert_array_equal(np.tile(range(values.shape[1]), (len(values), 1)), np.sort(top.codes, axis=1))
        assert (np.diff(top.scores, axis=1) <= 0).all()

    @pytest.mark.parametrize("k", [0, 4, -1])
    def test_top_of_too_many(self, k: int) -> None:
        """There must be that many classes."""
        with pytest.raises(ConfigError, match=f"k: expected 1 to 3, the number of classes, found {k}"):
            of([[1, 0, 0]]).top(k)

    @given(probabilities())
    def test_margin_is_between_the_best_two(self, values: Any) -> None:
        """A margin is never negative, and is the difference of the first two of the ranking."""
        matrix = of(values)
        margin = matrix.margin()

        assert (margin >= 0).all()
        if values.shape[1] > 1:
            scores = matrix.top(2).scores
            assert_array_equal(scores[:, 0] - scores[:, 1], margin)
        else:
            assert_array_equal(np.ones(len(values)), margin)

    @given(probabilities())
    def test_entropy_has_bounds(self, values: Any) -> None:
        """Entropy lies between that of certainty and that of complete indecision."""
        entropy = of(values).entropy()

        assert (entropy >= 0).all()
        assert (entropy <= np.log(values.shape[1])).all()
        assert_allclose(0, entropy[values.max(axis=1) == 1])

    def test_entropy_of_equals(self) -> None:
        """When nothing is known, entropy is the logarithm of the number of classes."""
        assert_allclose([np.log(4)], of([[0.25] * 4]).entropy())

    def test_expected_cost(self) -> None:
        """Costs are weighed by probability, for as many decisions as there are columns."""
        cost = of([[0.9, 0.1], [0.2, 0.8]]).expected_cost([[0, 1, 5], [100, 0, 5]])

        assert_allclose([[10, 0.9, 5], [80, 0.2, 5]], cost)

    def test_cheapest_class(self) -> None:
        """With dear mistakes the improbable class is the better label; ties go to the first."""
        labels = of([[0.9, 0.1], [1.0, 0.0]]).cheapest([[0, 1], [100, 0]])

        assert ["b", "a"] == list(labels)
        assert [0.1, 1.0] == labels.scores.tolist()
        assert ["a"] == list(of([[0.5, 0.5]]).cheapest([[1, 1], [1, 1]]))

    @given(probabilities())
    def test_cheapest_when_all_mistakes_cost_the_same(self, values: Any) -> None:
        """Then the cheapest class is as probable as the most probable one."""
        labels = of(values).cheapest(1 - np.eye(values.shape[1]))

        assert_allclose(of(values).labels().scores, labels.scores, atol=1e-6)

    @pytest.mark.parametrize("costs", [[1, 2], [[1, 2]], [[[1]], [[2]]]])
    def test_costs_need_a_row_per_class(self, costs: Any) -> None:
        """A table of another shape is refused."""
        with pytest.raises(DataError, match="costs: expected a row for each of 2 classes"):
            of([[1, 0]]).expected_cost(costs)

    def test_cheapest_needs_a_column_per_class(self) -> None:
        """Decisions that are no classes cannot become labels; the error names the other way."""
        with pytest.raises(DataError, match="expected_cost"):
            of([[1, 0]]).cheapest([[1], [2]])


class TestWhatItTakes:
    def test_row_ids_count_from_one(self) -> None:
        """Without row ids the rows are numbered, as an ImageId is."""
        matrix = of([[1, 0], [0, 1]])

        assert [1, 2] == matrix.row_ids.tolist()
        assert np.int64 == matrix.row_ids.dtype

    def test_row_ids_are_kept(self) -> None:
        """Given row ids come back as they are."""
        assert ["x", "y"] == of([[1, 0], [0, 1]], row_ids=["x", "y"]).row_ids.tolist()

    def test_classes_are_text(self) -> None:
        """Numbers make good classes: they are written out."""
        assert ("0", "1") == ProbabilityMatrix([[1, 0]], np.arange(2)).classes

    def test_whole_numbers_and_frames(self) -> None:
        """Lists, integers, foreign byte orders and data frames are converted."""
        for values in ([[0, 1]], np.array([[0, 1]], "i2"), np.array([[0, 1]], ">f8"), pd.DataFrame([[0.0, 1.0]])):
            assert ["b"] == list(ProbabilityMatrix(values, "ab").labels())

    def test_no_rows(self) -> None:
        """A matrix without rows gives nothing, gracefully."""
        matrix = of(np.empty((0, 3)))

        assert [] == list(matrix.labels())
        assert (0, 0, 0) == (len(matrix), len(matrix.margin()), len(matrix.entropy()))
        assert "<ProbabilityMatrix: 0 rows, 3 classes, 0 unreadable>" == repr(matrix)

    def test_values_are_read_only(self) -> None:
        """Nobody changes them by accident; the caller's own array stays as it was."""
        own = np.array([[1.0, 0.0]])
        with pytest.raises(ValueError, match="read-only"):
            of(own).values[0, 0] = 0
        assert own.flags.writeable

    @pytest.mark.parametrize(
        ("values", "classes", "message"),
        [
            ([[1, 0]], "abc", "a column for each of 3 classes, found 2 columns"),
            ([[1, 0]], "aa", "each class once, found 'a' again"),
            ([1, 0], "ab", r"a row per record and a column per class, found shape \(2,\)"),
            (np.empty((2, 0)), "", r"a row per record and a column per class, found shape \(2, 0\)"),
            ([["x"]], "a", "a matrix of numbers"),
            ([[1], [1, 2]], "a", "a matrix of numbers"),
        ],
    )
    def test_other_shapes_are_refused(self, values: Any, classes: str, message: str) -> None:
        """Columns and classes must fit, and be what they are called."""
        with pytest.raises(DataError, match=message):
            ProbabilityMatrix(values, classes)

    def test_one_row_id_and_true_label_for_each_row(self) -> None:
        """Their numbers must fit too."""
        with pytest.raises(DataError, match=r"row ids: expected one for each of 1 rows, found shape \(2,\)"):
            of([[1, 0]], row_ids=[1, 2])
        with pytest.raises(DataError, match=r"true labels: expected one for each of 1 rows, found shape \(0,\)"):
            of([[1, 0]], true_labels=[])


class TestInvalidRows:
    @pytest.mark.parametrize(
        ("row", "found"),
        [
            ([NAN, 1], "NaN"),
            ([NAN, NAN], "NaN"),
            ([-0.25, 1.25], r"the negative value -0\.25"),
            ([0.5, 0.75], r"a sum of 1\.25"),
            ([0.0, 0.0], "a sum of 0"),
            ([float("inf"), 0], "a sum of inf"),
        ],
    )
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_are_errors(self, row: Any, found: str, dtype: Any) -> None:
        """The first bad row is named, with what is wrong and what can be done."""
        values = np.array([[0.5, 0.5], row, row], dtype)

        with pytest.raises(DataError, match=rf"probabilities, row 2: .*found {found}.*on_invalid"):
            of(values)

    @pytest.mark.parametrize("row", [[NAN, 1], [-0.25, 1.25], [0.5, 0.75], [float("inf"), 0]])
    def test_may_be_missing_instead(self, row: Any) -> None:
        """On request such a row keeps its place without a label, and no measure says anything of it."""
        matrix = of([[0.25, 0.75], row], on_invalid="missing", true_labels=["b", "a"])
        labels, top = matrix.labels(), matrix.top(2)

        assert 1 == matrix.n_unreadable == labels.n_unreadable
        assert ["b", ""] == list(labels) == top.labels[:, 0].tolist()
        assert [1, -1] == labels.codes.tolist() == list(matrix.cheapest(1 - np.eye(2)).codes)
        assert ["b", ""] == list(matrix.labels(threshold=0.1))
        for measure in (labels.scores, top.scores, matrix.margin(), matrix.entropy(), matrix.expected_cost(np.eye(2))):
            assert np.isfinite(measure[0]).all()
            assert np.isnan(measure[1]).all()
        assert 1 == labels.accuracy()

    def test_margin_of_one_class(self) -> None:
        """A single class stands against nothing; an unreadable row of it stays NaN."""
        assert_array_equal([1, NAN], of([[1.0], [NAN]], on_invalid="missing").margin())

    @pytest.mark.parametrize("row", [[0.999, 0.0], [0.33, 0.66], [0.505, 0.5]])
    def test_rounding_is_none(self, row: Any) -> None:
        """A sum that is one but for rounding passes; the tolerance can be narrowed."""
        assert 0 == of([row]).n_unreadable
        with pytest.raises(DataError, match=r"a sum of 1 \(± 1e-06\)"):
            of([row], tolerance=1e-6)

    def test_scores_that_are_no_probabilities(self) -> None:
        """Without validation any scores do, NaN excepted."""
        assert ["b", "a"] == list(of([[-3.0, 7.0], [float("inf"), float("-inf")]], validate=False).labels())
        with pytest.raises(DataError, match="row 1: expected a number for each class"):
            of([[NAN, 1]], validate=False)

    def test_other_words(self) -> None:
        """Only the two words that are known are taken."""
        with pytest.raises(ConfigError, match="on_invalid: expected 'raise' or 'missing', found 'drop'"):
            of([[1, 0]], on_invalid="drop")


def test_a_matrix_is_labels_away_from_csv(tmp_path: Any) -> None:
    """to_csv of the matrix is that of its labels."""
    matrix = of([[0, 1]])
    matrix.to_csv(tmp_path / "a.csv")
    matrix.labels().to_csv(tmp_path / "b.csv")

    assert isinstance(matrix.labels(), Labels)
    assert "ImageId,Label\n1,b\n" == (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()

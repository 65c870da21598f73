"""Evaluations of observations that come some at a time, and of more than are kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from amlwrap.exceptions import DataError
from amlwrap.local.score import folds
from amlwrap.local.score.auc import auc
from amlwrap.local.score.folds import BinaryEvaluation, Evaluation, MulticlassEvaluation, RegressionEvaluation
from amlwrap.local.score.metrics import residual_histogram
from amlwrap.local.score.ranking import Ranking
from amlwrap.local.score.residuals import Residuals

N = 500
Observed = tuple[NDArray[Any], NDArray[Any]]


def binary(random: np.random.Generator) -> Observed:
    """Scores that know a little of their targets."""
    targets = random.integers(0, 2, N)
    return (1 / (1 + np.exp(-random.normal(2 * targets - 1, 2)))).astype(np.float32), targets


def multiclass(random: np.random.Generator) -> Observed:
    """Three probabilities each, and some targets of a class that is not among them."""
    return random.dirichlet([1, 1, 1], N).astype(np.float32), random.integers(-1, 3, N)


def regression(random: np.random.Generator) -> Observed:
    """Predictions about as good as the mean."""
    return random.normal(size=N).astype(np.float32), 5 * random.normal(size=N)


KINDS: dict[str, tuple[Callable[[np.random.Generator], Observed], Callable[[], Evaluation]]] = {
    "BINARY": (binary, BinaryEvaluation),
    "MULTICLASS": (multiclass, lambda: MulticlassEvaluation(["a", "b", "c"], 1)),
    "REGRESSION": (regression, lambda: RegressionEvaluation(0.5)),
}
ENDS = st.lists(st.integers(0, N), max_size=8).map(sorted)


def cut(observed: Observed, ends: Sequence[int]) -> Iterator[Observed]:
    """The observations up to each of *ends*, and the rest."""
    for start, end in zip([0, *ends], [*ends, N], strict=True):
        yield observed[0][start:end], observed[1][start:end]


def finished(evaluation: Evaluation, blocks: Iterator[Observed]) -> dict[str, str]:
    """What is found in *blocks*."""
    for scores, targets in blocks:
        evaluation.add(scores, targets)
    return evaluation.finish(n_invalid=3)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)  # counts by bits are large arrays
@given(ENDS, st.sampled_from([200, 900, 3 * N, 1 << 20]), st.integers(0, 9))
def test_cutting_does_not_show(kind: str, ends: list[int], n_values: int, seed: int) -> None:
    """However the observations come, kept or not, every property is the same to the last digit."""
    draw, make = KINDS[kind]
    observed = draw(np.random.default_rng(seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folds, "RUN_VALUES", n_values)

        assert finished(make(), cut(observed, [])) == finished(make(), cut(observed, ends))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_kept_is_counted(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Of more observations than are kept, all is as of those that are, up to rounding and the bits that are kept."""
    draw, make = KINDS[kind]
    observed = draw(np.random.default_rng(4))
    kept = finished(make(), cut(observed, []))
    monkeypatch.setattr(folds, "RUN_VALUES", 100)
    counted = finished(make(), cut(observed, []))

    assert list(kept) == list(counted)
    for name in kept.keys() - {"amlwrap.residuals"}:
        if kept[name].startswith("{"):
            assert kept[name] == counted[name]
        else:
            assert float(kept[name]) == pytest.approx(float(counted[name]), rel=1e-4 if name == "BinaryAUC" else 1e-12)


SCORES = st.lists(st.floats(0, 1, width=32), min_size=2, max_size=80)


@settings(max_examples=40)
@given(SCORES, st.integers(0, 2**32 - 1), st.integers(0, 80))
def test_ranking_knows_how_far_it_may_be_off(scores: list[float], seed: int, cut_at: int) -> None:
    """The area from the leading bits is the area to within what it says; the more bits differ, the less it says."""
    values = np.array(scores, np.float32)
    targets = np.random.default_rng(seed).integers(0, 2, len(values))
    targets[:2] = 0, 1
    ranking = Ranking()
    ranking.add(values[:cut_at], targets[:cut_at])
    ranking.add(values[cut_at:], targets[cut_at:])

    assert abs(auc(values, targets) - ranking.auc()) <= ranking.uncertainty() + 1e-12


def test_ranking_tells_scores_apart() -> None:
    """Two scores that differ by one part in 32,768 are no tie, wherever they lie."""
    lower = np.geomspace(1e-18, 0.99, 50).astype(np.float32)
    upper = (lower * (1 + 2.0**-15)).astype(np.float32)
    for low, high in zip(lower, upper, strict=True):
        ranking = Ranking()
        ranking.add(np.array([low, high]), np.array([0, 1]))

        assert (1.0, 0.0) == (ranking.auc(), ranking.uncertainty())


def test_ranking_of_real_scores_is_close() -> None:
    """Scores of a model that is good, many of them near 0 and 1, lose a millionth."""
    random = np.random.default_rng(1)
    targets = random.integers(0, 2, 200_000)
    scores = (1 / (1 + np.exp(-random.normal(6 * targets - 3, 3)))).astype(np.float32)
    ranking = Ranking()
    ranking.add(scores, targets)

    assert ranking.uncertainty() < 1e-5
    assert auc(scores, targets) == pytest.approx(ranking.auc(), abs=1e-6)


REAL = st.floats(-(2.0**100), 2.0**100, width=32).map(lambda value: value or 0.0)


@settings(max_examples=40)
@given(st.lists(REAL, min_size=1, max_size=60), st.integers(0, 60))
def test_residuals_from_leading_bits(values: list[float], cut_at: int) -> None:
    """Edges are those of all residuals; a residual is counted in its own bin, or across an edge that it is close to."""
    residuals = np.array(values)
    exact = residual_histogram(np.zeros(len(values)), residuals, 10)
    held = Residuals()
    held.add(residuals[:cut_at])
    held.add(residuals[cut_at:])
    found = held.histogram(10)
    close = sum(bool((np.abs(exact.edges - value) <= abs(value) * 2.0**-10).any()) for value in values)

    assert exact.edges.tolist() == found.edges.tolist()
    assert len(values) == found.counts.sum()
    assert np.abs(exact.counts - found.counts).sum() <= 2 * close


def test_what_is_no_number_is_named_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place of an observation goes on from one run to the next."""
    monkeypatch.setattr(folds, "RUN_VALUES", 2)
    bad = np.array([0.5, 0.5, 0.5, np.nan])

    with pytest.raises(DataError, match="observation 4: expected a score, found NaN"):
        finished(BinaryEvaluation(), iter([(bad, np.array([0, 1, 0, 1]))]))
    with pytest.raises(DataError, match="observation 4: expected a finite prediction"):
        finished(RegressionEvaluation(0.0), iter([(bad, np.zeros(4))]))


def test_one_class_alone_has_no_area(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what is kept, too."""
    monkeypatch.setattr(folds, "RUN_VALUES", 2)

    with pytest.raises(DataError, match="only targets of 1"):
        finished(BinaryEvaluation(), iter([(np.full(5, 0.5), np.ones(5, int))]))


def test_thousandths_are_counted_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The curve and what the threshold does are exact however many observations there are."""
    monkeypatch.setattr(folds, "RUN_VALUES", 10)
    scores = (np.arange(1001) / 1000).astype(np.float32)
    found = finished(BinaryEvaluation(0.7), iter([(scores, (np.arange(1001) >= 700).astype(int))]))

    assert list(range(301, 0, -1)) == json.loads(found["amlwrap.curve"])["true_positives"][700:]
    assert "1.0" == found["amlwrap.accuracy"]

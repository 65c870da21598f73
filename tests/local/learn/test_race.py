"""Training: quality against well-known solvers, laws of the solver, the learners' race."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from amlwrap.documents.training_log import LearnerReport, Retirement
from amlwrap.local.features.layout import Layout
from amlwrap.local.features.matrix import Matrix
from amlwrap.local.learn import race, sgd
from amlwrap.local.learn.batching import batches
from amlwrap.local.learn.losses import LogisticLoss, Loss, SoftmaxLoss, SquaredLoss, probability_of_one, softmax
from amlwrap.local.learn.penalties import Penalty
from amlwrap.local.learn.pruning import prune
from amlwrap.local.learn.race import IDS, RATES, Event, Fit, train
from amlwrap.local.learn.spool import Spool
from tests.local.learn.steps import gradient_of, scores_of
from tests.oracles import sklearn_linear, sklearn_metrics

Codes = NDArray[Any]


def one_hot(n_rows: int, n_variables: int, n_levels: int, seed: int) -> Matrix:
    """Random levels of some variables as indicator columns."""
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, n_levels, (n_rows, n_variables)) + np.arange(n_variables) * n_levels
    rows = np.repeat(np.arange(n_rows), n_variables)
    shape = (n_rows, n_variables * n_levels)
    return sparse.csr_array((np.ones(levels.size, np.float32), (rows, levels.ravel())), shape)


def plain(n_columns: int) -> Layout:
    """Columns that imply nothing."""
    return Layout(np.zeros(0, np.intp), np.zeros(0, np.float32), 0, n_columns)


def held(rows: Matrix, targets: Codes, layout: Layout, size: int = 64, path: Path | None = None) -> Spool:
    """Batches of *size* rows, in memory or at *path*."""
    spool = Spool(layout.n_trained, path)
    for batch in batches([(rows, targets)], size, layout):
        spool.add(batch)
    return spool


def fit(rows: Matrix, targets: Codes, loss: Loss, penalty: Penalty | None = None, passes: int = 10) -> Fit:
    """Train with batches of 64 rows."""
    return train(held(rows, targets, plain(rows.shape[1])), loss, penalty or Penalty(0.0, 1e-6), passes=passes)


def classes_of(rows: Matrix, n_classes: int, seed: int) -> Codes:
    """Targets drawn from a linear model of *rows*."""
    rng = np.random.default_rng(seed)
    scores = np.asarray(rows @ rng.normal(size=(rows.shape[1], n_classes)), np.float32)
    probabilities = softmax(scores)
    return np.asarray(
        (probabilities.cumsum(axis=1) < rng.random((rows.shape[0], 1))).sum(axis=1).clip(0, n_classes - 1)
    )


def test_multiclass_is_as_good_as_logistic_regression() -> None:
    """On held-out rows the log loss is that of a converged solver, within a hundredth or better."""
    rows = one_hot(6000, 8, 5, seed=1)
    targets = classes_of(rows, 4, seed=2)
    found = fit(rows[:4000], targets[:4000], SoftmaxLoss(4))
    ours = sklearn_metrics.log_loss(targets[4000:], softmax(rows[4000:] @ found.weights + found.bias))
    oracle = sklearn_linear.LogisticRegression(max_iter=500).fit(rows[:4000], targets[:4000])
    assert ours <= sklearn_metrics.log_loss(targets[4000:], oracle.predict_proba(rows[4000:])) + 0.01


def test_binary_is_as_good_as_logistic_regression() -> None:
    """On held-out rows the log loss is that of a converged solver, within a hundredth or better."""
    rows = one_hot(6000, 8, 5, seed=3)
    targets = classes_of(rows, 2, seed=4)
    found = fit(rows[:4000], targets[:4000], LogisticLoss())
    scores = probability_of_one((rows[4000:] @ found.weights + found.bias)[:, 0])
    oracle = sklearn_linear.LogisticRegression(max_iter=500).fit(rows[:4000], targets[:4000])
    expected = sklearn_metrics.log_loss(targets[4000:], oracle.predict_proba(rows[4000:])[:, 1])
    assert sklearn_metrics.log_loss(targets[4000:], scores.astype(np.float64)) <= expected + 0.01


def test_regression_is_as_good_as_ridge() -> None:
    """On held-out rows the RMSE is that of ridge regression, within one per cent."""
    rng = np.random.default_rng(5)
    dense = rng.normal(size=(4000, 10)).astype(np.float32)
    targets = dense @ rng.normal(size=10) + rng.normal(size=4000)
    targets = np.asarray(targets / targets.std(), np.float64)
    rows = sparse.csr_array(dense)
    found = fit(rows[:3000], targets[:3000], SquaredLoss())
    scores = np.asarray(rows[3000:] @ found.weights[:, 0] + found.bias[0], np.float64)
    ours = np.sqrt(np.mean((scores - targets[3000:]) ** 2))
    oracle = sklearn_linear.Ridge(1.0).fit(dense[:3000], targets[:3000])
    expected = np.asarray(oracle.predict(dense[3000:]), np.float64)
    assert ours <= 1.01 * np.sqrt(np.mean((expected - targets[3000:]) ** 2))


def test_same_rows_same_bits() -> None:
    """Training twice gives the same weights to the last bit."""
    rows = one_hot(500, 4, 3, seed=6)
    targets = classes_of(rows, 3, seed=7)
    first, second = (fit(rows, targets, SoftmaxLoss(3)) for _ in range(2))
    assert first.weights.tobytes() == second.weights.tobytes()
    assert first.bias.tobytes() == second.bias.tobytes()


def test_implied_levels_learn_as_stored_ones_do() -> None:
    """Leaving the most frequent level out of the matrix costs no accuracy against storing every level."""
    rows = one_hot(4000, 6, 4, seed=18)
    targets = classes_of(rows, 2, seed=19)
    layout = Layout(np.arange(6) * 4, np.full(6, 0.25, np.float32), 24, 24)
    stored = rows.toarray()
    stored[:, layout.starts] = 0
    entries = sparse.csr_array(stored)
    batched = held(entries[:3000], targets[:3000], layout)
    found = train(batched, LogisticLoss(), Penalty(0.0, 1e-6), passes=10)
    weights, bias = layout.fold(found.weights, found.bias)
    whole = fit(rows[:3000], targets[:3000], LogisticLoss())
    implied = probability_of_one((entries[3000:] @ weights[:24] + bias)[:, 0])
    expected = probability_of_one((rows[3000:] @ whole.weights + whole.bias)[:, 0])
    assert (
        sklearn_metrics.log_loss(targets[3000:], implied.astype(float))
        <= sklearn_metrics.log_loss(targets[3000:], expected.astype(float)) + 0.005
    )


def test_gradient_of_implied_levels_matches_finite_differences() -> None:
    """The gradient by every weight, implied levels included, is the derivative of the mean cost."""
    rng = np.random.default_rng(20)
    layout = Layout(np.array([0, 2]), np.array([0.5, 0.75], np.float32), 5, 6)
    stored = np.zeros((8, 6), np.float32)
    stored[[0, 3, 5], [1, 3, 4]] = 1
    stored[:, 5] = rng.normal(size=8)
    targets = rng.integers(0, 3, 8)
    (batch,) = batches([(sparse.csr_array(stored), targets)], 8, layout)
    weights, bias, loss = rng.normal(size=(6, 3)).astype(np.float32), np.zeros(3, np.float32), SoftmaxLoss(3)

    def cost(weights: NDArray[np.float32]) -> float:
        return float(loss.price(scores_of(batch, weights, bias)[:, None], targets)[0].sum(dtype=np.float64))

    gradient = gradient_of(batch, loss.price(scores_of(batch, weights, bias)[:, None], targets)[1][:, 0])
    for place in np.ndindex(*weights.shape):
        up, down = weights.copy(), weights.copy()
        up[place] += 1e-2
        down[place] -= 1e-2
        assert gradient[place] == pytest.approx((cost(up) - cost(down)) / 2e-2, abs=5e-3)


def test_halves_give_the_weights_of_whole_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows looked at in two halves teach what they teach together, to rounding; and the same bits every time."""
    rows = one_hot(1_000, 6, 5, 22)
    targets = classes_of(rows, 3, 23)
    layout = Layout(np.array([0, 5]), np.array([0.2, 0.2], np.float32), 10, 30)

    def fitted(halved_from: float) -> Fit:
        monkeypatch.setattr(sgd, "HALVED_FROM", halved_from)
        return train(held(rows, targets, layout), SoftmaxLoss(3), Penalty(0.0, 1e-6), passes=3)

    halved, again, whole = fitted(0), fitted(0), fitted(float("inf"))
    assert halved.weights.tobytes() == again.weights.tobytes()
    np.testing.assert_allclose(halved.weights, whole.weights, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(halved.bias, whole.bias, rtol=1e-3, atol=1e-4)


def test_narrow_batches_give_the_weights_of_whole_ones() -> None:
    """Columns that no row holds change nothing, though they make every batch a narrow one."""
    rows = one_hot(512, 4, 3, seed=8)
    targets = classes_of(rows, 2, seed=9)
    wide = sparse.hstack([rows, sparse.csr_array((512, 1000), dtype=np.float32)], format="csr")
    plain, padded = fit(rows, targets, LogisticLoss()), fit(wide, targets, LogisticLoss())
    assert padded.weights[:12] == pytest.approx(plain.weights, abs=1e-6)
    assert not padded.weights[12:].any()


def test_rows_are_trusted_as_they_are_told_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without regard to that, weights of noise would be larger, and weights of what columns explain smaller."""
    rows = one_hot(1200, 2, 100, seed=25)
    noise = np.random.default_rng(26).integers(0, 2, 1200)
    few = one_hot(1200, 2, 20, seed=27)
    clear = np.asarray(few[:, :10].sum(axis=1), np.intp)
    problems = (rows, noise), (few, clear)
    of_noise, of_clear = (np.abs(fit(*one, LogisticLoss()).weights).sum() for one in problems)
    monkeypatch.setattr(race, "TRUST", 1.0)
    assert of_noise < 0.95 * np.abs(fit(rows, noise, LogisticLoss()).weights).sum()
    assert of_clear > 1.05 * np.abs(fit(few, clear, LogisticLoss()).weights).sum()


def clear(n_rows: int, seed: int) -> tuple[Matrix, Codes]:
    """Rows of ten levels, and standardised numbers which these explain but for a twentieth."""
    rows = one_hot(n_rows, 10, 4, seed)
    rng = np.random.default_rng(seed + 1)
    told = np.asarray(rows @ rng.normal(size=rows.shape[1]), np.float64)
    targets = told / told.std() + rng.normal(size=n_rows) / np.sqrt(20)
    return rows, np.asarray((targets - targets.mean()) / targets.std())


def error(rows: Matrix, targets: Codes, weights: NDArray[Any], bias: NDArray[Any]) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.mean((np.asarray(rows @ weights + bias).ravel() - targets) ** 2)))


def test_few_rows_that_tell_much_are_learned_in_ten_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """On held-out rows the RMSE is, in the mean, within three hundredths of ridge regression's; one look is worse."""

    def fitted(rows: Matrix, targets: Codes) -> Fit:
        return train(held(rows, targets, plain(rows.shape[1]), 4), SquaredLoss(), Penalty(0.0, 1e-6), passes=10)

    ours, once, peers = list[float](), list[float](), list[float]()
    for seed in range(60, 70):
        rows, targets = clear(1160, seed)
        few, others = (rows[:160], targets[:160]), (rows[160:], targets[160:])
        oracle = sklearn_linear.Ridge(1.0).fit(*few)
        peers.append(error(*others, np.asarray(oracle.coef_), np.asarray(oracle.intercept_)))
        found = fitted(*few)
        ours.append(error(*others, found.weights, found.bias))
        with monkeypatch.context() as patched:
            patched.setattr(race, "ENOUGH", float("inf"))
            found = fitted(*few)
        once.append(error(*others, found.weights, found.bias))
    assert np.mean(ours) <= 1.03 * np.mean(peers)
    assert np.mean(ours) < np.mean(once)


def test_many_looks_at_batches_in_a_file_are_those_at_batches_in_memory(tmp_path: Path) -> None:
    """Where a batch comes from changes no bit of the weights, though several places are read in turns."""
    rows, targets = clear(160, 50)
    found = list[Fit]()
    for path in (None, tmp_path / "batches"):
        with held(rows, targets, plain(rows.shape[1]), 4, path) as spool:
            found.append(train(spool, SquaredLoss(), Penalty(), passes=4))
    assert found[0].weights.tobytes() == found[1].weights.tobytes()


def test_more_l2_gives_smaller_weights() -> None:
    """The norm of the weights falls as the penalty grows; a huge one leaves next to nothing."""
    rows = one_hot(1000, 4, 4, seed=10)
    targets = classes_of(rows, 2, seed=11)
    norms = [np.abs(fit(rows, targets, LogisticLoss(), Penalty(0.0, l2)).weights).sum() for l2 in (0.0, 1e-2, 10.0)]
    assert norms[0] > norms[1] > norms[2]
    assert norms[2] < 0.1 * norms[0]


def test_more_l1_gives_more_zeros() -> None:
    """The number of zero weights grows with the penalty, up to all of them."""
    rows = one_hot(1000, 6, 5, seed=12)
    targets = np.random.default_rng(13).integers(0, 2, 1000)
    zeros = [
        (fit(rows, targets, LogisticLoss(), Penalty(l1, 0.0), passes=4).weights == 0).sum() for l1 in (0.0, 1e-2, 10.0)
    ]
    assert zeros[0] < zeros[1] < zeros[2] == 30


def test_every_rate_starts_and_one_wins() -> None:
    """All five learners report at first; the winner of the first pass is alone in the later ones."""
    rows = one_hot(2000, 4, 4, seed=14)
    targets = classes_of(rows, 2, seed=15)
    told: list[Event] = []
    batched = held(rows, targets, plain(rows.shape[1]))
    found = train(batched, LogisticLoss(), Penalty(), passes=3, on_event=told.append)
    reports = [one for one in told if isinstance(one, LearnerReport)]
    assert [(one.learner, one.rate) for one in reports[:5]] == list(zip(IDS, RATES, strict=True))
    assert {one.rate for one in reports if one.n_updates > 2000} == {found.rate}
    assert tuple(reports) == found.reports


def test_whoever_leaves_the_race_is_told_of_once() -> None:
    """Every learner but the winner retires with a reason, after its last report."""
    rows = one_hot(2000, 4, 4, seed=14)
    told: list[Event] = []
    batched = held(rows, classes_of(rows, 2, seed=15), plain(rows.shape[1]))
    found = train(batched, LogisticLoss(), Penalty(), passes=2, on_event=told.append)
    retired = [one for one in told if isinstance(one, Retirement)]
    last = {one.learner: one.n_updates for one in told if isinstance(one, LearnerReport)}
    assert sorted(one.learner for one in retired) == sorted(set(IDS) - {found.learner})
    assert [last[one.learner] for one in retired] == [one.n_updates for one in retired]
    assert all(one.reason for one in retired)


def test_rows_in_order_race_for_a_whole_pass() -> None:
    """Shuffled rows decide the race when 4,096 were seen; others may be of one kind for long, and decide it later."""
    rows = one_hot(6000, 3, 3, seed=23)
    batched = held(rows, classes_of(rows, 2, seed=24), plain(rows.shape[1]))
    for is_shuffled, decided_at in ((True, 4096), (False, 6000)):
        told: list[Event] = []
        train(batched, LogisticLoss(), Penalty(), passes=1, is_shuffled=is_shuffled, on_event=told.append)
        assert {decided_at} == {one.n_updates for one in told if isinstance(one, Retirement)}


def test_reports_come_at_doublings_and_at_the_end_of_each_pass() -> None:
    """Before the first record, after 64, 128 … updates and after every pass, each time once."""
    rows = one_hot(732, 3, 3, seed=21)
    found = fit(rows, classes_of(rows, 2, seed=22), LogisticLoss(), passes=2)
    assert sorted({one.n_updates for one in found.reports}) == [0, 64, 128, 256, 512, 732, 1052, 1464]


def test_progressive_figures_are_counted_by_hand() -> None:
    """Accuracy times updates is a whole number at every report, over all passes; before data the likelihood is 1."""
    rows = one_hot(732, 3, 3, seed=21)
    found = fit(rows, classes_of(rows, 2, seed=22), LogisticLoss(), passes=3)
    assert {1.0} == {one.likelihood for one in found.reports[:5]}
    for one in found.reports[5:]:
        hits = (one.performance.accuracy or 0.0) * one.n_updates
        assert hits == pytest.approx(round(hits), abs=1e-6)


def test_the_winner_has_the_lowest_likelihood() -> None:
    """At the end of the first pass nobody who is left stands better than the learner that is kept."""
    rows = one_hot(732, 3, 3, seed=21)
    found = fit(rows, classes_of(rows, 2, seed=22), LogisticLoss(), passes=2)
    standings = {one.likelihood: one.learner for one in found.reports if one.n_updates == 732}
    assert standings[min(standings)] == found.learner


def test_the_first_report_is_progressive() -> None:
    """Before anything is learned the mean cost of a binary learner is ln 2: records are scored first."""
    rows = one_hot(64, 2, 2, seed=16)
    targets = classes_of(rows, 2, seed=17)
    found = fit(rows, targets, LogisticLoss(), passes=1)
    assert found.reports[5].likelihood == pytest.approx(np.log(2), rel=1e-6)


def test_one_learner_is_left_even_of_equals() -> None:
    """Rows without any column, whose targets are balanced in every batch, cost all learners the same; one is kept."""
    rows = sparse.csr_array(np.zeros((256, 0), np.float32))
    found = fit(rows, np.tile([0, 1], 128), LogisticLoss())
    assert found.weights.shape == (0, 1)
    assert found.bias.tolist() == [0.0]


def test_training_stops_when_a_pass_gains_nothing() -> None:
    """Targets that no column explains are learned in a few passes."""
    rows = sparse.csr_array(np.zeros((640, 1), np.float32))
    found = fit(rows, np.tile([0, 1], 320), LogisticLoss(), passes=100)
    assert found.converged
    assert found.n_passes < 10


def test_prune_trims_the_smallest_weights_first() -> None:
    """What does not fit is set to zero in order of magnitude, and counted."""
    weights = np.array([[3.0, -0.5], [0.0, 1.0], [-2.0, 0.25]], np.float32)
    assert prune(weights, 3 * 96) == 2
    assert weights.tolist() == [[3.0, 0.0], [0.0, 1.0], [-2.0, 0.0]]
    assert prune(weights, 3 * 96) == 0

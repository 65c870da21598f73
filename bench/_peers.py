"""The learners ours is held against, each trained for a given number of turns over a problem's own matrix."""

from __future__ import annotations

import importlib
import importlib.util
import math
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, SGDClassifier

from bench._problems import Problem


@attrs.frozen
class Attempt:
    """One training: how long it took, and how good it is on the test rows."""

    seconds: float
    log_loss: float


Trainer: TypeAlias = Callable[[int], Attempt]
"""Train anew for so many turns: iterations, epochs or passes."""

STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0)
"""What is tried as scikit-learn's `C`."""

ITERATIONS = 100
"""Of lbfgs, when the goal is set: scikit-learn's default."""

ALPHAS, RATES = (1e-4, 1e-5), (0.5, 2.0)
"""What is tried of the peers that have no `C`; their defaults come first."""


def reference(problem: Problem) -> tuple[float, float]:
    """Best test log loss of scikit-learn's lbfgs over `STRENGTHS`, and the strength that gave it."""
    return min((_fitted(problem, _regression("lbfgs", c, ITERATIONS)).log_loss, c) for c in STRENGTHS)


def contenders(problem: Problem, strength: float, stack: ExitStack) -> Iterator[tuple[str, list[Trainer]]]:
    """Each peer, with the settings of which the best counts; *stack* holds their files."""
    yield "lbfgs", [lambda turns: _fitted(problem, _regression("lbfgs", strength, turns))]
    yield "saga", [lambda turns: _fitted(problem, _regression("saga", strength, turns))]
    yield "SGDClassifier", [_sgd(problem, alpha, average=average) for alpha in ALPHAS for average in (False, True)]
    if has_vowpal_wabbit():
        yield "Vowpal Wabbit", [stack.enter_context(VowpalWabbit(problem, rate)) for rate in RATES]


def _sgd(problem: Problem, alpha: float, *, average: bool) -> Trainer:
    """On all cores where there are several classes."""

    def train(turns: int) -> Attempt:
        no_tolerance: Any = None
        model = SGDClassifier(
            loss="log_loss", alpha=alpha, average=average, max_iter=turns, tol=no_tolerance, n_jobs=-1, random_state=0
        )
        return _fitted(problem, model)

    return train


def _regression(solver: str, c: float, turns: int) -> Any:
    return LogisticRegression(solver=solver, C=c, max_iter=turns, tol=1e-6, random_state=0)


def _fitted(problem: Problem, model: Any) -> Attempt:
    width = problem.layout.n_trained
    train, test = problem.train[:, :width], problem.test[:, :width]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # who is stopped early has not converged
        start = time.perf_counter()
        model.fit(train, problem.train_classes)
        seconds = time.perf_counter() - start
    return Attempt(seconds, problem.log_loss(model.predict_proba(test)))


def has_vowpal_wabbit() -> bool:
    """Whether the package is here."""
    return importlib.util.find_spec("vowpalwabbit") is not None


@attrs.define(eq=False)
class VowpalWabbit:
    """
    Vowpal Wabbit on a problem's rows, which it has parsed into its own cache before the clock starts.

    What counts is its own driver, from the cache to the saved model.

    A context manager: its files are gone at the end.
    """

    problem: Problem
    rate: float
    _folder: Any = attrs.field(init=False, factory=tempfile.TemporaryDirectory)

    def __enter__(self) -> Self:
        self._write("train", self.problem.train, self.problem.train_classes)
        self._write("test", self.problem.test, self.problem.test_classes)
        _drive(f"-d {self._path('train.txt')} --cache_file {self._path('train.cache')} -k {self._task}")
        return self

    def __exit__(self, *exception: object) -> None:
        self._folder.cleanup()

    def __call__(self, turns: int) -> Attempt:
        """Train from the cache, then try the test rows."""
        start = time.perf_counter()
        _drive(
            f"--cache_file {self._path('train.cache')} -f {self._path('model')} {self._task} -l {self.rate} "
            f"--passes {turns} --holdout_off"
        )
        seconds = time.perf_counter() - start
        several = "--probabilities" if self.problem.n_classes > 2 else ""
        _drive(f"-t -i {self._path('model')} -d {self._path('test.txt')} -p {self._path('found')} {several}")
        return Attempt(seconds, self.problem.log_loss(self._found()))

    @property
    def _task(self) -> str:
        """Logistic regression, with a weight of its own for every column and class."""
        n_columns, n_classes = self.problem.layout.n_trained, self.problem.n_classes
        bits = max(18, math.ceil(math.log2(n_columns * n_classes)) + 1)
        kind = f"--oaa {n_classes} --probabilities" if n_classes > 2 else "--link logistic"
        return f"-b {bits} --loss_function logistic {kind}"

    def _path(self, name: str) -> Path:
        return Path(self._folder.name) / name

    def _write(self, name: str, matrix: Any, classes: NDArray[np.int64]) -> None:
        labels = classes + 1 if self.problem.n_classes > 2 else 2 * classes - 1
        with self._path(f"{name}.txt").open("w", encoding="ascii") as file:
            file.writelines(_lines(matrix, labels, self.problem.layout.n_trained))

    def _found(self) -> NDArray[np.float64]:
        text = self._path("found").read_text()
        if self.problem.n_classes == 2:
            ones = np.array(text.split(), np.float64)
            return np.column_stack([1 - ones, ones])
        pairs = np.array([[float(one.split(":")[1]) for one in line.split()] for line in text.splitlines()])
        return np.asarray(pairs / pairs.sum(axis=1, keepdims=True), np.float64)


def _lines(matrix: Any, labels: NDArray[np.int64], width: int) -> Iterator[str]:
    for row, label in enumerate(labels.tolist()):
        entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
        held = zip(matrix.indices[entries].tolist(), matrix.data[entries].tolist(), strict=True)
        features = " ".join(
            f"{column}:{value:g}" if value != 1 else str(column) for column, value in held if column < width
        )
        yield f"{label} | {features}\n"


def _drive(arguments: str) -> None:
    """Let Vowpal Wabbit's own driver, in C++, go through what *arguments* name."""
    package: Any = importlib.import_module("vowpalwabbit")
    workspace = package.Workspace(f"--quiet {arguments}")
    workspace.run_parser()
    workspace.finish()

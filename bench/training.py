"""
Training alone: how long it takes to be as good as scikit-learn's best, beside its solvers and Vowpal Wabbit.

Everybody gets the same design matrix, ours. The goal is the lowest test log loss of a converged solver over several
strengths, and one per cent. Who goes over the rows again and again is trained anew for 1, 2, 3, … turns; what counts is
the time of the first training that meets the goal, and of it the median of several runs, all contenders in turn. Ours
has its defaults throughout, and its time includes the cutting of batches and the race of its five learners.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import attrs

from amlwrap.documents.parameters import TrainingParameters
from amlwrap.local.learn.batching import batch_size, batches
from amlwrap.local.learn.losses import LogisticLoss, SoftmaxLoss
from amlwrap.local.learn.penalties import Penalty
from amlwrap.local.learn.race import Fit, train
from amlwrap.local.learn.spool import Spool
from bench import _peers
from bench._figures import Line, Report, figure, ratio
from bench._peers import Attempt, Trainer
from bench._problems import Problem, problems, tried
from bench._timing import Options, Pairs

ALLOWED = 1.01
"""The goal, as a multiple of the best log loss known."""

MOST_TURNS = 1000

PATIENCE, LEAST_PATIENCE = 50, 5.0
"""A peer gives up when a training takes that many times ours, or that many seconds if they are more."""


@attrs.frozen
class Climb:
    """How far a contender came, and in how many turns."""

    name: str
    trainer: Trainer
    turns: int
    last: Attempt
    goal: float

    @property
    def reached(self) -> bool:
        """Whether it met the goal."""
        return self.last.log_loss <= self.goal

    @property
    def rank(self) -> tuple[bool, float]:
        """Small for the good: first those who met the goal, by time; then the others, by how near they came."""
        return not self.reached, self.last.seconds if self.reached else self.last.log_loss


def run(options: Options) -> Report:
    """Three problems, a line for each peer."""
    notes = list[str]()
    lines = [line for problem in problems(options.digits) for line in _lines(problem, options.n_runs, notes)]
    if not _peers.has_vowpal_wabbit():
        notes.append("vowpalwabbit is not installed, and so left out")
    return Report(lines, "; ".join(notes))


def _lines(problem: Problem, n_runs: int, notes: list[str]) -> Iterator[Line]:
    best, strength = _peers.reference(problem)
    goal = ALLOWED * best
    ours = climb("ours", lambda passes: fit(problem, passes), goal, float("inf"))
    patience = max(PATIENCE * ours.last.seconds, LEAST_PATIENCE)
    with ExitStack() as stack:
        peers = [
            min((climb(name, one, goal, patience) for one in trainers), key=lambda climbed: climbed.rank)
            for name, trainers in _peers.contenders(problem, strength, stack)
        ]
        seconds = _in_turn([ours, *(peer for peer in peers if peer.reached)], n_runs)
    notes.append(f"{problem.name}: {problem.note}, goal {goal:.4f}, best strength {strength:g}; ours took {ours.turns}")
    yield figure(f"{problem.name}, log loss when the goal is met", "nats", ours.last.log_loss, best, at_most=goal)
    for peer in peers:
        yield _line(ours, peer, seconds)
    yield figure("… with all default passes, log loss", "nats", fit(problem).log_loss, best)
    yield figure("… cores at work meanwhile", "×", cores(problem))


def _line(ours: Climb, peer: Climb, seconds: dict[str, tuple[float, ...]]) -> Line:
    if peer.reached:
        name = f"… beside {peer.name}, {peer.turns} turns"
        return ratio(name, Pairs(seconds[ours.name], seconds[peer.name]), at_most=1)
    name = f"… beside {peer.name}, who gave up at {peer.last.log_loss:.4f}"
    return ratio(name, Pairs(seconds[ours.name][:1], (peer.last.seconds,)), at_most=1)


def climb(name: str, trainer: Trainer, goal: float, patience: float) -> Climb:
    """Train for more and more turns, until the goal is met or a training has taken more seconds than *patience*."""
    short, turns, found = 0, 1, trainer(1)
    while found.log_loss > goal and found.seconds < patience and turns < MOST_TURNS:
        short, turns = turns, max(turns + 1, round(1.4 * turns))
        found = trainer(turns)
    while found.log_loss <= goal and turns - short > max(1, turns // 10):  # what was jumped over may do as well
        between = (short + turns) // 2
        tried_between = trainer(between)
        if tried_between.log_loss <= goal:
            turns, found = between, tried_between
        else:
            short = between
    return Climb(name, trainer, turns, found, goal)


def _in_turn(climbs: list[Climb], n_runs: int) -> dict[str, tuple[float, ...]]:
    """Seconds of each, all having had one turn before anybody has the next."""
    runs = [[one.trainer(one.turns).seconds for one in climbs] for _ in range(n_runs)]
    return {one.name: tuple(run[place] for run in runs) for place, one in enumerate(climbs)}


def fit(problem: Problem, passes: int | None = None) -> Attempt:
    """Train, then try the test rows."""
    start = time.perf_counter()
    found = learn(problem, passes)
    seconds = time.perf_counter() - start
    return Attempt(seconds, problem.log_loss(tried(problem, found)))


def learn(problem: Problem, passes: int | None = None) -> Fit:
    """Cut batches and train; everything but *passes* is as it is without being asked for."""
    parameters = TrainingParameters()
    loss = LogisticLoss() if problem.n_classes == 2 else SoftmaxLoss(problem.n_classes)
    size, layout = batch_size(len(problem.train_classes)), problem.layout
    held = Spool(layout.n_trained)
    for batch in batches([(problem.train, problem.train_classes)], size, layout):
        held.add(batch)
    penalty = Penalty(parameters.l1, parameters.l2)
    return train(held, loss, penalty, passes=passes or parameters.passes)


def cores(problem: Problem, passes: int | None = None) -> float:
    """How many cores a training keeps at work, in the mean: its processor time for each second."""
    start, busy = time.perf_counter(), time.process_time()
    learn(problem, passes)
    return (time.process_time() - busy) / (time.perf_counter() - start)

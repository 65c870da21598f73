"""
What the suggested recipe's choice of bins is worth: its cost on held-out rows beside that of every fixed number.

Log loss in nats, or RMSE as a share of the targets' deviation. The peer of a data set is the fixed number that turned
out best on its held-out rows, which nobody could have known; the last lines hold the rule against each fixed number
over all data sets.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator

import attrs

from amlwrap.documents.schema import AttributeType
from amlwrap.local.features.cuts import COUNTS
from bench._contest import Split, loss, train
from bench._figures import Bound, Line, Report, figure
from bench._public import Public, data_sets, missing_packages
from bench._timing import Options

LARGE = 10_000
"""Rows of a data set of which one split is enough."""

WORST = 1.05
"""How much more than with the best fixed number a data set may cost."""


@attrs.frozen
class Costs:
    """Mean costs of one data set."""

    name: str
    ours: float
    raw: float
    fixed: tuple[float, ...]

    @property
    def best(self) -> float:
        """That of the best fixed number."""
        return min(self.fixed)


def run(options: Options) -> Report:
    """A line a data set with numbers, then one for each fixed count."""
    found = [_costs(data, options.n_runs) for data in data_sets() if _has_numbers(data)]
    missing = missing_packages()
    note = f"not installed, and so left out: the data sets of {', '.join(missing)}" if missing else ""
    return Report([*map(_line, found), *_summary(found)], note)


def _has_numbers(data: Public) -> bool:
    return any(attribute.type == AttributeType.NUMERIC for attribute in data.schema.inputs)


def _costs(data: Public, n_runs: int) -> Costs:
    n_splits = 1 if len(data.frame) > LARGE else n_runs
    splits = [Split.of(data, seed) for seed in range(n_splits)]
    recipes = [None, recipe("ALL_NUMERIC"), *(recipe(f"quantile_bin(ALL_NUMERIC,{count})") for count in COUNTS)]
    ours, raw, *fixed = (statistics.mean(_cost(split, one) for split in splits) for one in recipes)
    return Costs(data.name, ours, raw, tuple(fixed))


def recipe(numbers: str) -> str:
    """The suggested form, with *numbers* for its lines of bins."""
    return f'{{"outputs": ["ALL_BINARY", "ALL_CATEGORICAL", "{numbers}", "ALL_TEXT"]}}'


def _cost(split: Split, recipe: str | None) -> float:
    ours = train(split, recipe)
    return loss(split, ours.scores, ours.classes)


def _line(costs: Costs) -> Line:
    best = COUNTS[costs.fixed.index(costs.best)]
    return Line(
        name=f"{costs.name}; best is {best}, numbers as they are cost {costs.raw:.4f}",
        unit="nats",
        ours=costs.ours,
        peer=costs.best,
        compared=costs.ours / costs.best,
        bound=Bound("≤", WORST),
    )


def _summary(found: list[Costs]) -> Iterator[Line]:
    for place, count in enumerate(COUNTS):
        theirs = [costs.fixed[place] for costs in found]
        ratios = [math.log(costs.ours / other) for costs, other in zip(found, theirs, strict=True)]
        over_all = math.exp(statistics.mean(ratios))
        yield figure(f"all data sets, beside {count} bins for all (mean of ratios)", "×", over_all, at_most=1.0)

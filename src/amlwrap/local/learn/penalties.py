"""Penalties on the size of weights: L2 bends the gradient, L1 shrinks towards zero after the step."""

from __future__ import annotations

import attrs
import numpy as np

from amlwrap.local.learn.losses import Floats

_MOST = 1e9
"""Beyond it no weight is left of any size, and its square, of single precision, would soon be infinite."""


def _bounded(amount: float) -> float:
    return min(amount, _MOST)


@attrs.frozen
class Penalty:
    """
    ``l1 · Σ|w| + l2 / 2 · Σw²``, added to the mean cost of a row. The constant is not penalised.

    A weight is visited only in the batches that hold its column; *rarity*, the number of batches for each visit,
    makes up for the others, so that what a weight pays over a pass does not depend on how its column is spread.
    """

    l1: float = attrs.field(default=0.0, converter=_bounded)
    l2: float = attrs.field(default=0.0, converter=_bounded)

    def bend(self, gradient: Floats, weights: Floats, rarity: Floats) -> None:
        """Add the slope of the L2 term to *gradient*, in place."""
        if self.l2:
            gradient += np.float32(self.l2) * rarity * weights

    def shrink(self, weights: Floats, steps: Floats, rarity: Floats) -> None:
        """Move *weights* towards zero by the L1 term's share of each weight's step, stopping at zero, in place."""
        if self.l1:
            allowance = np.float32(self.l1) * rarity * steps
            np.copysign(np.maximum(np.abs(weights) - allowance, np.float32(0)), weights, out=weights)

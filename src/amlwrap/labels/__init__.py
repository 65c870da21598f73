"""
From probabilities to labels, with numpy and without an engine.

A `ProbabilityMatrix` holds a row per record and a column per class, made from an array or read from the files of a
batch prediction. It gives `Labels`, one per row, and those give a `ConfusionMatrix` when the true labels are known.
`Scores` are what a REGRESSION model predicted. Held against the truth, both give a `Comparison`.
"""

from __future__ import annotations

from amlwrap.labels.comparison import Comparison
from amlwrap.labels.confusion import ClassScores, ConfusionMatrix
from amlwrap.labels.matrix import ProbabilityMatrix
from amlwrap.labels.result import Labels, TopLabels
from amlwrap.labels.rows import PredictedRow
from amlwrap.labels.scores import Scores

__all__ = [
    "ClassScores",
    "Comparison",
    "ConfusionMatrix",
    "Labels",
    "PredictedRow",
    "ProbabilityMatrix",
    "Scores",
    "TopLabels",
]

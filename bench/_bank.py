"""A table like a bank's records of its telephone calls: 41,188 customers, twenty attributes, one in nine says yes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from amlwrap.documents.schema import Attribute, Schema
from amlwrap.local.ingest.columns import CategoricalColumn, NumericColumn

N_ROWS = 41_188
SEED = 41_188
SHARE_OF_YES = 0.11

SIZES = (12, 4, 8, 3, 3, 2, 10, 5, 3, 6)
"""Levels of each CATEGORICAL attribute."""
NUMBERS = tuple(f"number{place}" for place in range(10))
LEVELS = tuple(f"level{place}" for place in range(len(SIZES)))
SCHEMA = Schema(
    [
        Attribute("y", "BINARY"),
        *(Attribute(name, "NUMERIC") for name in NUMBERS),
        *(Attribute(name, "CATEGORICAL") for name in LEVELS),
    ],
    target="y",
)


def draw() -> tuple[dict[str, NumericColumn | CategoricalColumn], NDArray[np.int64]]:
    """Attributes and answers, the same every time: skewed, correlated, with bends, interactions and noise."""
    rng = np.random.default_rng(SEED)
    hidden = rng.normal(size=(N_ROWS, 4))
    numbers = _numbers(hidden, rng)
    codes = [_codes(hidden, size, rng) for size in SIZES]
    score = _score(numbers, codes, rng) + rng.logistic(size=N_ROWS)
    yes = score > np.quantile(score, 1 - SHARE_OF_YES)
    columns: dict[str, NumericColumn | CategoricalColumn] = {
        name: NumericColumn(values) for name, values in zip(NUMBERS, numbers, strict=True)
    }
    for name, held, size in zip(LEVELS, codes, SIZES, strict=True):
        columns[name] = CategoricalColumn(held, tuple(f"{name}-{level:02}" for level in range(size)))
    return columns, yes.astype(np.int64)


def _numbers(hidden: NDArray[np.float64], rng: np.random.Generator) -> list[NDArray[Any]]:
    """Ages, durations, counts, rates: some whole, some skewed, each with a part in what is *hidden*."""
    mixed = hidden @ rng.normal(size=(4, 10)) / 2 + rng.normal(size=(N_ROWS, 10))
    return [
        np.clip(40 + 10 * mixed[:, 0], 17, 98).astype(np.int16),
        np.exp(5 + 0.8 * mixed[:, 1]).astype(np.int32),
        np.clip(np.exp(0.6 * mixed[:, 2]), 1, 50).astype(np.int16),
        np.where(mixed[:, 3] > 1.5, np.round(np.abs(mixed[:, 3]) * 4), 999).astype(np.int16),
        np.clip(mixed[:, 4] - 1, 0, 7).astype(np.int16),
        np.round(mixed[:, 5] * 1.5).clip(-3, 2),
        np.round(93 + 0.6 * mixed[:, 6], 1),
        np.round(-40 + 5 * mixed[:, 7], 1),
        np.round(3 + 1.7 * mixed[:, 8], 3),
        np.round(5170 + 70 * mixed[:, 9], 1),
    ]


def _codes(hidden: NDArray[np.float64], size: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Levels, the first the most frequent, each drawn to other places of what is *hidden*."""
    utilities = hidden @ rng.normal(size=(4, size)) * 0.6 - 0.5 * np.arange(size) + rng.gumbel(size=(N_ROWS, size))
    return np.asarray(utilities.argmax(axis=1), np.int32)


def _score(
    numbers: list[NDArray[Any]], codes: list[NDArray[np.int32]], rng: np.random.Generator
) -> NDArray[np.float64]:
    standard = [(values - values.mean()) / values.std() for values in numbers]
    score = 2.0 * np.log1p(numbers[1]) + 0.8 * standard[0] ** 2 + 1.2 * np.tanh(2 * standard[7]) - 0.9 * standard[8]
    score += 1.5 * (numbers[3] < 999) + 0.5 * standard[5] * standard[6]
    for held, size in zip(codes, SIZES, strict=True):
        score += rng.normal(scale=0.5, size=size)[held]
    return np.asarray(score + rng.normal(scale=0.8, size=(SIZES[0], SIZES[6]))[codes[0], codes[6]], np.float64)

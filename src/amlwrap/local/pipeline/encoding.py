"""Examples as batches of a design matrix, in the order in which they are to be learned, in memory or on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amlwrap.local.learn.batching import batch_size, batches
from amlwrap.local.learn.spool import Spool
from amlwrap.local.pipeline.shuffling import Encoded, Piles, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from numpy.typing import NDArray

    from amlwrap.local.features.encoder import Encoder
    from amlwrap.local.features.matrix import Matrix
    from amlwrap.local.learn.training_log import ActiveCounts
    from amlwrap.local.pipeline.examples import Examples
    from amlwrap.local.task import Task

SPOOL_SHARE, PILE_SHARE = 8, 32
"""Batches take up to an eighth of the memory before they go to the disk, a pile to be shuffled a thirty-second."""


def encode(
    task: Task, stack: ExitStack, encoder: Encoder, examples: Examples, active: ActiveCounts, *, shuffle: bool
) -> Spool:
    """
    The design matrix of *examples*, cut into batches.

    Args:
        stack: Keeps what lies on the disk, until it is closed.
        active: Told how many features each row holds.
    """
    folder = stack.enter_context(task.home.scratch(task.id))
    spool = stack.enter_context(Spool(encoder.layout.n_trained, folder / "batches", task.memory // SPOOL_SHARE))
    encoded = _watched(active, _in_order(task, folder, encoder, examples, shuffle=shuffle))
    size = batch_size(examples.facts.n)

    def pieces() -> Iterator[tuple[Matrix, NDArray[Any]]]:
        for rows in rebatched(encoded, size):
            yield rows.block.matrix, rows.targets
            task.progress(0.15, f"encoding: {active.n:,} of {examples.facts.n:,} records")

    for batch in batches(pieces(), size, encoder.layout):
        spool.add(batch)
    return spool


def _in_order(task: Task, folder: Path, encoder: Encoder, examples: Examples, *, shuffle: bool) -> Iterator[Encoded]:
    if shuffle and examples.is_whole:
        yield from _encoded(encoder, examples, shuffled=True)
    elif shuffle:
        with Piles(folder, encoder.layout.n_columns, task.memory // PILE_SHARE, examples.facts.n) as piles:
            for rows in _encoded(encoder, examples):
                piles.add(rows)
            yield from piles.sorted()
    else:
        yield from _encoded(encoder, examples)


def _watched(active: ActiveCounts, encoded: Iterable[Encoded]) -> Iterator[Encoded]:
    for rows in encoded:
        active.add(rows.block.n_active)
        yield rows


def _encoded(encoder: Encoder, examples: Examples, *, shuffled: bool = False) -> Iterator[Encoded]:
    for rows, values in examples:
        order = np.argsort(keys_of(0, len(values))) if shuffled else None
        start = 0
        targets = values if order is None else values[order]
        for block in encoder.blocks(rows, order=order):
            stop = start + len(block.n_active)
            yield Encoded(block, targets[start:stop])
            start = stop


def rebatched(encoded: Iterable[Encoded], size: int) -> Iterator[Encoded]:
    """The same rows, so that each part but the last has a multiple of *size* of them, wherever they were cut."""
    rest: list[Encoded] = []
    for rows in encoded:
        joined = Encoded.join([*rest, rows])
        n = len(joined.targets)
        whole = n - n % size
        if whole:
            yield joined.between(0, whole)
        rest = [joined.between(whole, n)] if whole < n else []
    yield from rest

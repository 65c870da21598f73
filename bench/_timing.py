"""Taking turns with a peer, so that a busy moment of the machine hits both."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import attrs

ROOT = Path(__file__).parent.parent
"""The checkout: what examples are run from."""

_LAUNCHER = Path(__file__).with_name("_launch.py")

_Ours = TypeVar("_Ours")
_Peer = TypeVar("_Peer")


@attrs.frozen(kw_only=True)
class Options:
    """
    What the command line asked for.

    Attributes:
        n_runs: Of each side; what takes milliseconds is run `n_quick_runs` times.
        digits: An .npz of handwritten digits, or None for made-up ones.
        memory: Bytes that an engine is given where data is to be more than memory.
    """

    n_runs: int = 5
    digits: Path | None = None
    memory: int = 1_000_000_000

    @property
    def n_quick_runs(self) -> int:
        """Runs of what takes milliseconds."""
        return 3 * self.n_runs


@attrs.frozen
class Usage:
    """What a process took."""

    seconds: float
    peak_bytes: int


@attrs.frozen
class Pairs:
    """
    Seconds of both sides, run by run.

    Neighbours in time are compared with each other first, and the median is taken of what comes out: a quiet run of
    one side is never held against a busy run of the other.

    >>> pairs = Pairs((1.0, 4.0, 3.0), (2.0, 4.0, 4.0))
    >>> pairs.ratio, pairs.excess
    (0.75, -1.0)
    """

    ours: tuple[float, ...] = attrs.field(converter=tuple[float, ...])
    peer: tuple[float, ...] = attrs.field(converter=tuple[float, ...])

    def __attrs_post_init__(self) -> None:
        if len(self.ours) != len(self.peer) or not self.ours:
            raise ValueError(f"pairs need as many runs of ours as of the peer: {len(self.ours)}, {len(self.peer)}")

    @property
    def ratio(self) -> float:
        """Median of ours over the peer's."""
        return statistics.median(ours / peer for ours, peer in zip(self.ours, self.peer, strict=True))

    @property
    def excess(self) -> float:
        """Median of ours less the peer's."""
        return statistics.median(ours - peer for ours, peer in zip(self.ours, self.peer, strict=True))


def alternate(
    ours: Callable[[], _Ours], peer: Callable[[], _Peer], n_runs: int, *, warm_up: bool = False
) -> tuple[list[_Ours], list[_Peer]]:
    """
    What *ours* and *peer* return, called in turn.

    Args:
        ours: Called first.
        peer: Called second.
        n_runs: Of each.
        warm_up: Call each once before, and forget what it returned.
    """
    if warm_up:
        ours()
        peer()
    runs = [(ours(), peer()) for _ in range(n_runs)]
    return [mine for mine, _ in runs], [other for _, other in runs]


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long one call takes."""
    start = clock()
    work()
    return clock() - start


def race(ours: Callable[[], object], peer: Callable[[], object], n_runs: int) -> Pairs:
    """Time two functions of this process, in turn, once both are warm."""
    return Pairs(*alternate(lambda: seconds(ours), lambda: seconds(peer), n_runs, warm_up=True))


def pairs_of(ours: Iterable[Usage], peer: Iterable[Usage]) -> Pairs:
    """The seconds of processes that took turns."""
    return Pairs(tuple(usage.seconds for usage in ours), tuple(usage.seconds for usage in peer))


def python(*arguments: str | os.PathLike[str]) -> Usage:
    """Run this Python with *arguments* at the root of the checkout, to its end."""
    return child([sys.executable, *(os.fspath(argument) for argument in arguments)])


def child(command: Sequence[str]) -> Usage:
    """
    Run *command* to its end.

    Raises:
        RuntimeError: It ended with another exit code than 0.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "usage.json"
        launch = [sys.executable, "-S", "-E", os.fspath(_LAUNCHER), os.fspath(report), *command]
        done = subprocess.run(launch, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"exit code {done.returncode}: {' '.join(command)[:200]}\n{done.stderr[-2000:]}")
        return Usage(**json.loads(report.read_text()))

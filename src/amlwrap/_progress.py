"""How waiting looks: a rewritten line on a terminal, one cell in a notebook, log lines elsewhere. No thread."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, Protocol, TextIO

import attrs

from amlwrap._progress_lines import ENDED, ended_line, line, log_line, summary
from amlwrap.typing import ProgressSetting, ResourceKind, Status

__all__ = ["ENDED", "Display", "ProgressEvent", "open_display"]

HEARTBEAT_SECONDS = 60.0
_COLUMNS = 80  # where nobody knows


@attrs.frozen(kw_only=True)
class ProgressEvent:
    """
    What is known of a job, or of an upload, at one moment.

    Attributes:
        kind: What is being made: ``"model"``, ``"evaluation"`` …; ``"upload"`` for data on its way.
        id: Of the resource; of an upload, where the data will lie.
        elapsed_seconds: Since waiting began.
        fraction: Share of the job that is done; only the embedded engine and its server know it.
        words: What the job is at, e.g. ``"pass 4 of 10"``.
        n_done: How many of the jobs waited for together have ended.
        n_jobs: How many are waited for together.
        n_bytes: Of an upload: how much of it has been sent; ``None`` for jobs.
        total_bytes: Of an upload: how much it is.
    """

    kind: ResourceKind
    id: str
    name: str
    status: Status
    elapsed_seconds: float
    fraction: float | None = None
    words: str = ""
    n_done: int = 0
    n_jobs: int = 1
    n_bytes: int | None = None
    total_bytes: int | None = None


class Display(Protocol):
    """Where events are shown."""

    def update(self, event: ProgressEvent) -> None:
        """Show *event*."""
        ...

    def say(self, text: str) -> None:
        """Show a sentence that stays."""
        ...

    def close(self) -> None:
        """Leave the place tidy."""
        ...


def open_display(setting: ProgressSetting, *, stream: TextIO | None = None) -> Display:
    """The display for *setting*, writing to *stream* (stderr, looked up now so that redirection is honoured)."""
    out = sys.stderr if stream is None else stream
    if setting is False:
        return Silent()
    if callable(setting):
        return Callback(setting, out)
    if stream is None and (handle := _notebook_handle()) is not None:
        return Cell(handle)
    return Bar(out) if out.isatty() else Log(out)


@attrs.frozen
class Silent:
    """Shows nothing."""

    def update(self, event: ProgressEvent) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


@attrs.frozen
class Callback:
    """Hands every event to the caller's function."""

    function: Callable[[ProgressEvent], None]
    stream: TextIO

    def update(self, event: ProgressEvent) -> None:
        """Call the function."""
        self.function(event)

    def say(self, text: str) -> None:
        """Sentences are for people, so they go to the stream."""
        print(text, file=self.stream, flush=True)

    def close(self) -> None:
        """Nothing to tidy."""


@attrs.define
class _Board:
    """The newest event of each job, and one line about all of them."""

    _latest: dict[str, ProgressEvent] = attrs.field(factory=dict[str, ProgressEvent], init=False)

    def note(self, event: ProgressEvent, columns: int | None = None) -> str:
        """The line, of at most *columns*, now that *event* has come."""
        self._latest[event.id] = event
        if event.n_jobs == 1:
            return line(event, columns)
        return summary(event, self._latest.values(), columns)


@attrs.define
class Bar:
    """One line that is written over and over; of several jobs, each that ends leaves a line behind."""

    stream: TextIO
    _board: _Board = attrs.field(factory=_Board, init=False)
    _open: bool = attrs.field(default=False, init=False)
    _last: str = attrs.field(default="", init=False)

    def update(self, event: ProgressEvent) -> None:
        """Rewrite the line, if there is anything new in it, to fit the terminal's width."""
        columns = _columns(self.stream) - 1  # the cursor needs one
        shown = self._board.note(event, columns)
        if event.n_jobs > 1 and event.status in ENDED:
            self._rewrite(ended_line(event, columns))
            self.close()
        if event.n_jobs == 1 or event.n_done < event.n_jobs:
            self._rewrite(shown)

    def say(self, text: str) -> None:
        """Leave the line as it is and write below it."""
        self.close()
        self._write(f"{text}\n")

    def close(self) -> None:
        """End the line."""
        if self._open:
            self._write("\n")
            self._open = False
            self._last = ""

    def _rewrite(self, text: str) -> None:
        if text != self._last:
            self._write(f"\r{text}\x1b[K")
            self._open, self._last = True, text

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


@attrs.define
class Log:
    """A line when a status changes, and a heartbeat when nothing does."""

    stream: TextIO
    _statuses: dict[str, str] = attrs.field(factory=dict[str, str], init=False)
    _spoken_at: float = attrs.field(default=0.0, init=False)

    def update(self, event: ProgressEvent) -> None:
        """Write a line if there is news or a minute has passed."""
        changed = self._statuses.get(event.id) != event.status
        if changed or event.elapsed_seconds - self._spoken_at >= HEARTBEAT_SECONDS:
            self._statuses[event.id] = event.status
            self._spoken_at = event.elapsed_seconds
            self.say(log_line(event))

    def say(self, text: str) -> None:
        """Write a line."""
        print(text, file=self.stream, flush=True)

    def close(self) -> None:
        """Nothing to tidy."""


@attrs.define
class Cell:
    """One output of a notebook cell, replaced in place."""

    _handle: Any
    _board: _Board = attrs.field(factory=_Board, init=False)
    _last: str = attrs.field(default="", init=False)

    def update(self, event: ProgressEvent) -> None:
        """Replace the output."""
        self._last = self._board.note(event)
        self._show(self._last)

    def say(self, text: str) -> None:
        """Write under what was shown last."""
        self._show(f"{self._last}\n{text}" if self._last else text)

    def close(self) -> None:
        """Nothing to tidy."""

    def _show(self, text: str) -> None:
        self._handle.update({"text/plain": text}, raw=True)


def _notebook_handle() -> Any:
    """A display handle when a notebook's kernel runs us; IPython is never imported for the question."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    display = sys.modules["IPython.display"].display
    return display({"text/plain": ""}, raw=True, display_id=True)


def _columns(stream: TextIO) -> int:
    """How wide the terminal behind *stream* is, unless the environment says otherwise."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _COLUMNS
    except (OSError, ValueError):  # a stream without a descriptor, or one that is no terminal
        return _COLUMNS

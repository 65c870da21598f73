"""How waiting looks: a rewritten line on a terminal, one cell in a notebook, log lines elsewhere. No thread."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import Any, Protocol, TextIO

import attrs

from amlwrap.typing import ProgressSetting, ResourceKind, Status

__all__ = ["ENDED", "Display", "ProgressEvent", "open_display"]

HEARTBEAT_SECONDS = 60.0
_BAR_WIDTH = 24

ENDED = frozenset({"COMPLETED", "FAILED", "DELETED", "READY", "NONE"})
"""Statuses that a job does not leave by itself; the last two are those of a realtime endpoint, there and gone."""


@attrs.frozen(kw_only=True)
class ProgressEvent:
    """
    What is known of a job at one moment.

    Attributes:
        elapsed_seconds: Since waiting began.
        fraction: Share of the job that is done; only the embedded engine and its server know it.
        words: What the job is at, e.g. ``"pass 4 of 10"``.
        n_done: How many of the jobs waited for together have ended.
        n_jobs: How many are waited for together.
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

    def note(self, event: ProgressEvent) -> str:
        """The line, now that *event* has come."""
        self._latest[event.id] = event
        if event.n_jobs == 1:
            return f"{_title(event)}  {_bar(event.fraction)}{_state(event)}"
        share = sum(1.0 if known.status in ENDED else known.fraction or 0.0 for known in self._latest.values())
        count = f"{event.n_done} of {event.n_jobs} jobs  {_duration(event.elapsed_seconds)}"
        return f"{count}  {_bar(share / event.n_jobs)}{self._at_work()}".rstrip()

    def _at_work(self) -> str:
        """What the first job that is running is at."""
        running = (known for known in self._latest.values() if known.status == "INPROGRESS")
        first = next(running, None)
        if first is None:
            return ""
        words = f": {first.words}" if first.words else ""
        return f"{first.kind} {_called(first)}{words}"


@attrs.define
class Bar:
    """One line that is written over and over; of several jobs, each that ends leaves a line behind."""

    stream: TextIO
    _board: _Board = attrs.field(factory=_Board, init=False)
    _open: bool = attrs.field(default=False, init=False)

    def update(self, event: ProgressEvent) -> None:
        """Rewrite the line, cut to the terminal's width."""
        line = self._board.note(event)
        if event.n_jobs > 1 and event.status in ENDED:
            self._rewrite(f"{event.kind} {_called(event)}  {_state(event)}")
            self.close()
        self._rewrite(line)

    def say(self, text: str) -> None:
        """Leave the line as it is and write below it."""
        self.close()
        self._write(f"{text}\n")

    def close(self) -> None:
        """End the line."""
        if self._open:
            self._write("\n")
            self._open = False

    def _rewrite(self, line: str) -> None:
        width = shutil.get_terminal_size().columns
        self._write(f"\r{line[: width - 1]}\x1b[K")
        self._open = True

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
            self.say(f"{_title(event)}  {_state(event)}")

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


def _title(event: ProgressEvent) -> str:
    name = f" {event.name!r}" if event.name else ""
    count = f"[{event.n_done}/{event.n_jobs}] " if event.n_jobs > 1 else ""
    return f"{count}{event.kind} {event.id}{name}"


def _called(event: ProgressEvent) -> str:
    return repr(event.name) if event.name else event.id


def _state(event: ProgressEvent) -> str:
    running = event.status not in ENDED
    share = f"  {event.fraction:.0%}" if event.fraction is not None and running else ""
    words = f"  {event.words}" if event.words and running else ""
    return f"{event.status}{share}{words}  {_duration(event.elapsed_seconds)}"


def _bar(fraction: float | None) -> str:
    if fraction is None:
        return ""
    full = round(_BAR_WIDTH * fraction)
    return f"|{'#' * full}{'.' * (_BAR_WIDTH - full)}|  "


def _duration(seconds: float) -> str:
    """
    Seconds as a person says them.

    >>> _duration(3.21), _duration(75.0), _duration(7265.0)
    ('3.2 s', '1 min 15 s', '2 h 01 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"

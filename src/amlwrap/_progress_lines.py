"""How an event reads: a line that tells the most that its place has room for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from amlwrap._text import cut, width

if TYPE_CHECKING:
    from amlwrap._progress import ProgressEvent

__all__ = ["ENDED", "ended_line", "line", "log_line", "size", "summary"]

ENDED = frozenset({"COMPLETED", "FAILED", "DELETED", "READY", "NONE"})
"""Statuses that a job does not leave by itself; the last two are those of a realtime endpoint, there and gone."""

_BAR_WIDTH = 24
_SHORTEST_TITLE = 12


def line(event: ProgressEvent, columns: int | None = None) -> str:
    """What is known of one job; where that is more than *columns*, its name gives way before its state does."""
    full = f"{_title(event)}  {_bar(event.fraction)}{_state(event)}"
    if columns is None or width(full) <= columns:
        return full
    state, title = _short_state(event), f"{event.kind} {_called(event)}"
    for tail in (f"{_bar(event.fraction)}{state}", state):
        room = columns - width(tail) - 2
        if room >= min(width(title), _SHORTEST_TITLE):
            return f"{cut(title, room)}  {tail}"
    return cut(state, columns)


def log_line(event: ProgressEvent) -> str:
    """What is known of one job, without the bar."""
    return f"{_title(event)}  {_state(event)}"


def ended_line(event: ProgressEvent, columns: int) -> str:
    """That one of several jobs has ended, and how."""
    return cut(f"{event.kind} {_called(event)}  {_state(event)}", columns)


def summary(event: ProgressEvent, latest: Iterable[ProgressEvent], columns: int | None = None) -> str:
    """What is known of several jobs, now that *event* has come."""
    known = list(latest)
    share = sum(1.0 if one.status in ENDED else one.fraction or 0.0 for one in known)
    count = f"{event.n_done} of {event.n_jobs} jobs  {duration(event.elapsed_seconds)}"
    text = f"{count}  {_bar(share / event.n_jobs)}{_at_work(known)}".rstrip()
    return text if columns is None else cut(text, columns)


def _at_work(known: list[ProgressEvent]) -> str:
    """What the first job that is running is at, or else the first that waits."""
    running = [one for one in known if one.status == "INPROGRESS"]
    waiting = [one for one in known if one.status not in ENDED]
    first = next(iter(running or waiting), None)
    if first is None:
        return ""
    words = first.words or ("" if running else "PENDING")
    more = f"; {len(running) - 1} more at work" if len(running) > 1 else ""
    return f"{first.kind} {_called(first)}{f': {words}' if words else ''}{more}"


def _title(event: ProgressEvent) -> str:
    count = f"[{event.n_done}/{event.n_jobs}] " if event.n_jobs > 1 else ""
    if event.total_bytes is not None:
        return f"{count}{event.kind} {_called(event)}"
    name = f" {event.name!r}" if event.name else ""
    return f"{count}{event.kind} {event.id}{name}"


def _called(event: ProgressEvent) -> str:
    return repr(event.name) if event.name else event.id


def _state(event: ProgressEvent) -> str:
    running = event.status not in ENDED and event.status != "PENDING"
    share = f"  {event.fraction:.0%}" if event.fraction is not None and running else ""
    words = f"  {event.words}" if event.words else ""
    return f"{event.status}{share}{words}  {duration(event.elapsed_seconds)}"


def _short_state(event: ProgressEvent) -> str:
    """The state without its word where a share says as much."""
    state = _state(event)
    return state.removeprefix("INPROGRESS  ") if event.fraction is not None else state


def _bar(fraction: float | None) -> str:
    if fraction is None:
        return ""
    full = round(_BAR_WIDTH * fraction)
    return f"|{'#' * full}{'.' * (_BAR_WIDTH - full)}|  "


def duration(seconds: float) -> str:
    """
    Seconds as a person says them.

    >>> duration(3.21), duration(75.0), duration(7265.0)
    ('3.2 s', '1 min 15 s', '2 h 01 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def size(n_bytes: int) -> str:
    """
    Bytes as a person says them.

    >>> size(120), size(64_000), size(12_345_678), size(5_000_000_000)
    ('120 bytes', '64 kB', '12.3 MB', '5.0 GB')
    """
    if n_bytes < 1_000:
        return f"{n_bytes} bytes"
    if n_bytes < 1_000_000:
        return f"{n_bytes / 1e3:.0f} kB"
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes < 1_000_000_000 else f"{n_bytes / 1e9:.1f} GB"

"""How results look: JSON for programs, tables, times and colours for people."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from amlwrap._text import cut, width

__all__ = ["ago", "emit", "failure", "moment", "note", "printable", "status", "table", "write"]

_COLOURS = {
    "COMPLETED": "green",
    "FAILED": "red",
    "INPROGRESS": "yellow",
    "PENDING": "yellow",
    "DELETED": "bright_black",
}
_NARROWEST = 8
_UNITS = ((86400 * 365, "y"), (86400 * 30, "mo"), (86400, "d"), (3600, "h"), (60, "min"))


def write(text: str) -> None:
    """A result for people."""
    click.echo(text, color=_is_coloured(sys.stdout))


def emit(document: Mapping[str, Any]) -> None:
    """A result for programs: one line of JSON."""
    click.echo(json.dumps(document, ensure_ascii=False, default=_jsonable, allow_nan=False))


def note(text: str) -> None:
    """Something beside the result."""
    click.echo(text, err=True, color=_is_coloured(sys.stderr))


def failure(text: str) -> None:
    """Why there is no result, as one sentence on one line."""
    note(f"{click.style('amlwrap:', fg='red', bold=True)} {printable(' '.join(text.split()))}")


def printable(text: str) -> str:
    """*text*, which anybody may have written, without what would move the cursor or colour the terminal."""
    return text if text.isprintable() else "".join(one if one.isprintable() else "·" for one in text)


def status(word: str) -> str:
    """A status in its colour, where there are colours."""
    return click.style(printable(word), fg=_COLOURS.get(word))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, cuttable: int) -> None:
    """
    *rows* in columns under *header*; on a terminal that is too narrow, the column *cuttable* gives way.

    Cells may be styled, and are measured without; see `printable` for what is not ours.
    """
    widths = [max(width(click.unstyle(cell)) for cell in column) for column in zip(header, *rows, strict=True)]
    if sys.stdout.isatty():
        excess = sum(widths) + 2 * (len(widths) - 1) - shutil.get_terminal_size().columns
        widths[cuttable] = max(min(widths[cuttable], _NARROWEST), widths[cuttable] - max(excess, 0))
    for number, row in enumerate((header, *rows)):
        cells = [cut(cell, widths[place]) if place == cuttable else cell for place, cell in enumerate(row)]
        cells = cells if number else [click.style(title, bold=True) for title in cells]
        padded = (
            f"{cell}{' ' * (room - width(click.unstyle(cell)))}" for cell, room in zip(cells, widths, strict=True)
        )
        write("  ".join(padded).rstrip())


def moment(time: datetime | None) -> str:
    """A time to the second, in UTC."""
    return "-" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def ago(time: datetime | None, now: datetime) -> str:
    """
    How long ago that was, in the largest unit it fills.

    >>> from datetime import timedelta
    >>> now = datetime(2026, 5, 1, tzinfo=UTC)
    >>> [ago(now - timedelta(seconds=seconds), now) for seconds in (2, 90, 7300, 86400 * 800)]
    ['just now', '1 min ago', '2 h ago', '2 y ago']
    """
    if time is None:
        return "-"
    seconds = (now - time).total_seconds()
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def _is_coloured(stream: TextIO) -> bool:
    """Only a terminal that takes colours, of somebody who has not asked for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _jsonable(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)

"""HTML for notebooks: escaped, under five kilobytes, and nothing in it that runs or is fetched."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import datetime

__all__ = ["MAX_BYTES", "escape", "fitting", "paragraph", "plain", "shown_value", "table"]

MAX_BYTES = 5_000
_RESERVED = 200
_LONGEST_CELL = 60
_LONGEST_TEXT = 400
_LEFT = 'style="text-align:left"'


def plain(text: object, longest: int = _LONGEST_CELL) -> str:
    r"""
    *text* on one line of printable characters, cut where it is too long.

    >>> plain("two\nlines \u202e and more", 12)
    'two lines…'
    """
    words = str(text)
    shown = "".join(character if character.isprintable() else " " for character in words[: longest + 1])
    return shown if len(words) <= longest else f"{shown[: longest - 1].rstrip()}…"


def escape(text: object, longest: int = _LONGEST_CELL) -> str:
    """
    *text* as HTML shows it, be it in a tag or between tags.

    >>> escape("<b>bold & 'quoted'</b>")
    '&lt;b&gt;bold &amp; &#x27;quoted&#x27;&lt;/b&gt;'
    """
    return html.escape(plain(text, longest), quote=True)


def shown_value(value: object) -> str:
    """
    A value for a cell: times to the second, counts with their thousands apart.

    >>> shown_value(12345), shown_value(datetime(2026, 1, 2, 3, 4, 5)), shown_value(None)
    ('12,345', '2026-01-02 03:04:05', '')
    """
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S %Z}".rstrip()
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else str(value)


def paragraph(text: object) -> str:
    """A paragraph, such as the sentence of an error."""
    return f"<p>{escape(text, _LONGEST_TEXT)}</p>"


def fitting(start: str, parts: Iterable[str], end: str) -> tuple[str, int]:
    """
    *parts* between *start* and *end*, as many as five kilobytes hold, and how many these are.

    >>> fitting("<ul>", ["<li>a</li>", "<li>b</li>"], "</ul>")
    ('<ul><li>a</li><li>b</li></ul>', 2)
    """
    left = MAX_BYTES - _RESERVED - _size(start) - _size(end)
    kept: list[str] = []
    for part in parts:
        left -= _size(part)
        if left < 0:
            break
        kept.append(part)
    return f"{start}{''.join(kept)}{end}", len(kept)


def table(
    caption: object,
    head: Sequence[object],
    rows: Sequence[Sequence[object]],
    *,
    more: str = "",
    longest: int = _LONGEST_CELL,
) -> str:
    """
    A table of as many *rows* as fit, and how many do not.

    Args:
        caption: Stands above it.
        head: Titles of the columns; may be empty.
        more: Stands below it.
        longest: Characters of a cell.
    """
    titles = _row("th", head, longest) if head else ""
    start = f"<p><b>{escape(caption)}</b></p><table>{titles}"
    shown, n_shown = fitting(start, (_row("td", row, longest) for row in rows), "</table>")
    n_left = len(rows) - n_shown
    below = f"… and {n_left:,} more" if n_left else more
    return f"{shown}<p>{escape(below)}</p>" if below else shown


def _row(tag: str, cells: Sequence[object], longest: int) -> str:
    return f"<tr>{''.join(f'<{tag} {_LEFT}>{escape(cell, longest)}</{tag}>' for cell in cells)}</tr>"


def _size(text: str) -> int:
    return len(text.encode())

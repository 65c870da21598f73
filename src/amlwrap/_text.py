"""Text on a terminal: how wide it is, cut to a width, and set in columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import accumulate

__all__ = ["cut", "table", "width"]

_WIDEST = 28


def width(text: str) -> int:
    """
    How many columns *text* takes: none for what combines with the character before it, two for East Asian ones.

    >>> width("März"), width("東京"), width("a\u0301")
    (4, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def cut(text: str, columns: int) -> str:
    """
    As much of *text* as *columns* hold, with an ellipsis where something is missing.

    >>> cut("customer", 5), cut("東京都", 5), cut("age", 5)
    ('cust…', '東京…', 'age')
    """
    if width(text) <= columns:
        return text
    ends = accumulate(map(_width, text))
    return f"{text[: sum(end < columns for end in ends)]}…"


def table(rows: Sequence[Sequence[str]], *, numbers: frozenset[int] = frozenset()) -> str:
    """
    *rows* of cells, the header first, as lines with aligned columns; long cells are cut.

    Args:
        numbers: Columns whose cells stand to the right.

    >>> print(table([("name", "n"), ("age", "31"), ("job", "4")], numbers=frozenset({1})))
    name   n
    age   31
    job    4
    """
    shown = [[cut(_plain(cell), _WIDEST) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*shown, strict=True)]
    return "\n".join("  ".join(_set(row, widths, numbers)).rstrip() for row in shown)


def _set(row: Sequence[str], widths: Sequence[int], numbers: frozenset[int]) -> list[str]:
    gaps = [" " * (room - width(cell)) for cell, room in zip(row, widths, strict=True)]
    pairs = enumerate(zip(row, gaps, strict=True))
    return [f"{gap}{cell}" if place in numbers else f"{cell}{gap}" for place, (cell, gap) in pairs]


def _plain(text: str) -> str:
    """*text* without what would move a terminal's cursor."""
    return text if text.isprintable() else "".join(one if one.isprintable() else "·" for one in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1

"""A report as a value: titled sections of prose, tables and plain text, shown on a terminal or in a notebook."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape

import attrs

__all__ = ["Report", "Section", "Table"]

_WIDTH = 96
_MAX_HTML = 5_000
_MAX_CELL = 28
_STYLE = "text-align:left;padding:0 1em 0 0"


@attrs.frozen
class Table:
    r"""
    Rows under a header; *left* says how many columns are words, the others are numbers and stand to the right.

    >>> print(*Table(("class", "n"), [("cat", "8"), ("dog", "12")], left=1).lines(), sep="\n")
    class   n
    cat     8
    dog    12
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 0

    def lines(self) -> Iterator[str]:
        """The rows as text, in columns."""
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        for row in (self.header, *self.rows):
            cells = zip(row, widths, strict=True)
            aligned = (cell.ljust(w) if place < self.left else cell.rjust(w) for place, (cell, w) in enumerate(cells))
            yield "  ".join(aligned).rstrip()

    def html(self, max_rows: int) -> str:
        """The first *max_rows* rows as a table."""
        head = "".join(f'<th style="{_STYLE}">{_cell(cell)}</th>' for cell in self.header)
        body = "".join(f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>" for row in self.rows[:max_rows])
        n_left = len(self.rows) - max_rows
        rest = f"<p>… and {n_left:,} more</p>" if n_left > 0 else ""
        return f"<table><tr>{head}</tr>{body}</table>{rest}"


@attrs.frozen
class Section:
    """A title and what stands under it: paragraphs, a table, or text that is set as it is."""

    title: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None
    verbatim: str = ""

    def lines(self) -> Iterator[str]:
        """The section as text, wrapped and indented."""
        yield self.title
        for paragraph in self.paragraphs:
            yield from textwrap.wrap(paragraph, _WIDTH, initial_indent="  ", subsequent_indent="  ")
        below = [*(self.table.lines() if self.table else ()), *self.verbatim.splitlines()]
        if below and self.paragraphs:
            yield ""
        yield from (f"  {line}".rstrip() for line in below)

    def html(self, max_rows: int) -> str:
        """The section as HTML, a table cut to *max_rows*; of what is set as it is, so many lines."""
        parts = [f"<h4>{escape(self.title)}</h4>", *(f"<p>{escape(text)}</p>" for text in self.paragraphs)]
        if self.table is not None:
            parts.append(self.table.html(max_rows))
        lines = self.verbatim.splitlines()
        if lines:
            shown = [line[: 4 * _MAX_CELL] for line in lines[:max_rows]]
            parts.append(f"<pre>{escape(chr(10).join(shown))}{'…' if len(lines) > max_rows else ''}</pre>")
        return "".join(parts)


@attrs.frozen(repr=False)
class Report:
    """
    What there is to say, for people: ``print`` it, or let a notebook show it.

    Attributes:
        title: One line.
        sections: In the order in which they are read.
    """

    title: str
    sections: tuple[Section, ...]

    def __str__(self) -> str:
        return "\n\n".join([self.title, *("\n".join(section.lines()) for section in self.sections)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The report for a notebook, under 5 kB: long tables are cut, and sections left out if that does not do."""
        for max_rows in (16, 12, 8, 5, 3, 1):
            parts = [f"<h3>{escape(self.title[:200])}</h3>", *(section.html(max_rows) for section in self.sections)]
            page = f"<div>{''.join(parts)}</div>"
            if len(page.encode()) < _MAX_HTML:
                return page
        return f"<div>{parts[0]}<p>Too much for a notebook: print it.</p></div>"


def _cell(text: str) -> str:
    return escape(text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 1]}…")

"""A report as a value: titled sections of prose, tables and plain text, shown on a terminal or in a notebook."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import attrs

from amlwrap._html import MAX_BYTES, escape
from amlwrap._text import width

__all__ = ["Report", "Section", "Table"]

_WIDTH = 100
_MAX_TITLE = 100
_STYLE = 'style="text-align:left"'


@attrs.frozen
class Table:
    r"""
    Rows under a header, or without one.

    Attributes:
        left: How many of the columns, from the first, are words; the others are numbers and stand to the right.

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
        rows = [self.header, *self.rows] if self.header else self.rows
        widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            gaps = [" " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)]
            words = [cell + gap for cell, gap in zip(row[: self.left], gaps, strict=False)]
            numbers = [gap + cell for cell, gap in zip(row[self.left :], gaps[self.left :], strict=True)]
            yield "  ".join([*words, *numbers]).rstrip()

    def html(self, max_rows: int, max_cell: int) -> str:
        """As a table: the first *max_rows* rows, each cell cut to *max_cell* characters."""
        rows = [*([self.header] if self.header else []), *self.rows[:max_rows]]
        cells = ["".join(f"<td {_STYLE}>{escape(cell, max_cell)}</td>" for cell in row) for row in rows]
        rest = f"<p>… and {len(self.rows) - max_rows:,} more</p>" if len(self.rows) > max_rows else ""
        return "".join(["<table>", *(f"<tr>{row}</tr>" for row in cells), "</table>", rest])


@attrs.frozen
class Section:
    """A title and what stands under it: paragraphs, then a table, then lines that are shown as they are."""

    title: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None
    verbatim: Sequence[str] = ()

    def lines(self) -> Iterator[str]:
        """The section as text, wrapped and indented."""
        yield self.title
        for paragraph in self.paragraphs:
            hanging = "    " if paragraph.startswith("- ") else "  "
            yield from textwrap.wrap(paragraph, _WIDTH, initial_indent="  ", subsequent_indent=hanging)
        below = [*(self.table.lines() if self.table else ()), *self.verbatim]
        if below and self.paragraphs:
            yield ""
        yield from (f"  {line}".rstrip() for line in below)

    def html(self, max_rows: int, max_cell: int) -> str:
        """The section as HTML; what is long is cut."""
        parts = [f"<h4>{escape(self.title)}</h4>"]
        parts += [f"<p>{escape(text, 10 * max_cell)}</p>" for text in self.paragraphs[:max_rows]]
        if self.table is not None:
            parts.append(self.table.html(max_rows, max_cell))
        if self.verbatim:
            shown = "\n".join(escape(line, 4 * max_cell) for line in self.verbatim[:max_rows])
            parts.append(f"<pre>{shown}</pre>")
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
        """The report for a notebook, under 5 kB: the longer it is, the more its tables are cut."""
        heading = f"<h3>{escape(self.title, _MAX_TITLE)}</h3>"
        for max_rows, max_cell in ((20, 60), (12, 60), (12, 40), (10, 28), (8, 20), (5, 12), (2, 8)):
            page = heading + "".join(section.html(max_rows, max_cell) for section in self.sections)
            if len(page.encode()) < MAX_BYTES - len("<div></div>"):
                return f"<div>{page}</div>"
        return f"<div>{heading}<p>Too much for a notebook: print it.</p></div>"

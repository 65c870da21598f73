"""Records in bytes: which lines are records, which of them can be read, and why the others cannot."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from amlwrap.local.ingest.columns import Mask
from amlwrap.local.ingest.encoding import bad_bytes

MAX_RECORD_BYTES = 102_400  # the service's 100 KB

READABLE, TOO_LARGE, ENCODING, LINE_BREAK, CONTROL, QUOTING, NOT_ENOUGH, TOO_MANY = range(8)
REASONS: tuple[str, ...] = (
    "",
    "Record is larger than 100 KB.",
    "Record is not valid UTF-8.",
    "Record holds a carriage return.",
    "Record holds control characters.",
    "Quotes do not match in record.",
    "Not enough fields in record.",
    "Too many fields in record.",
)

_LF, _CR, _COMMA, _QUOTE = b'\n\r,"'
_CONTROLS = tuple(code for code in range(0x1F, 0, -1) if code not in b"\t\n\r")


@attrs.frozen(eq=False)
class Places:
    """
    Where the records of a run stand.

    Attributes:
        starts: int64, shape ``(n_records,)``: where each record begins in the run.
        lines: int64, shape ``(n_records,)``: its line in the run, counted from 0.
        faults: uint8, shape ``(n_records,)``: `READABLE` or the reason it is not, a place in `REASONS`.
    """

    starts: NDArray[np.int64]
    lines: NDArray[np.int64]
    faults: NDArray[np.uint8]

    @classmethod
    def of_lines(cls, run: bytes) -> Places:
        r"""
        Of the lines of a *run*, each of which is a record that can be read.

        >>> Places.of_lines(b"1,a\n2,b\n").starts
        array([0, 4])
        """
        starts = _Lines.of(run).starts
        return cls(starts, np.arange(len(starts)), np.zeros(len(starts), np.uint8))


@attrs.frozen(eq=False)
class Records:
    """
    The records of a run of whole lines.

    Attributes:
        data: The readable ones, one line each.
        separator: What stands between their fields: not a comma when commas stand inside quotes too.
        quoted: Whether fields may still wear their quotes.
        n_rows: How many are readable.
        n_lines: Lines in the run, blank ones included.
        places: Where all of them stand; None while every line is one that can be read, and nobody has looked.
        is_sure: Whether records are known to have all their fields; if not, those whose last one holds something have.
    """

    data: bytes
    separator: str
    quoted: bool
    n_rows: int
    n_lines: int
    places: Places | None = None
    is_sure: bool = True


def guess(run: bytes, n_fields: int, most_bytes: int = MAX_RECORD_BYTES, *, located: bool = False) -> Records | None:
    r"""
    The records of a run in which every line seems to be one that can be read; None where it does not.

    That takes a fraction of the time of `sieve`. There are as many commas as there should be, but each line's own are
    not counted: as long as none has too few, none has too many. That none is blank shows in the same way.

    Args:
        located: Whether to tell their places, too.

    >>> guess(b'1,a\n2,b\n', 2).is_sure, guess(b'1,a\n2\n', 2)
    (False, None)
    """
    if b'"' in run or b"\r" in run or len(bad_bytes(run)):
        return None
    data = np.frombuffer(run, np.uint8)
    places = Places.of_lines(run) if located else None
    n = int(np.count_nonzero(data == _LF)) + (not run.endswith(b"\n")) if places is None else len(places.starts)
    if not run or _has_longer_lines(run, most_bytes) or np.count_nonzero(data == _COMMA) != n * (n_fields - 1):
        return None
    return Records(run, chr(_COMMA), quoted=False, n_rows=n, n_lines=n, places=places, is_sure=False)


def sieve(run: bytes, n_fields: int, most_bytes: int = MAX_RECORD_BYTES) -> Records:
    r"""
    Find the records in a run of whole lines, of which the last may lack its line end.

    A line is a record unless it is empty. No record holds a carriage return but at its end. Quotes must open where a
    field begins and close where it ends; inside, a quote is written twice.

    >>> found = sieve(b'1,a\n\n2\n3,"b,c"\n', 2)
    >>> found.data, [REASONS[fault] for fault in found.places.faults]
    (b'1\x1fa\n3\x1f"b,c"\n', ['', 'Not enough fields in record.', ''])
    """
    lines = _Lines.of(run)
    quoted = b'"' in run
    separator = next((code for code in _CONTROLS if code not in run), _CONTROLS[0]) if quoted else _COMMA
    faults = _quote_faults(lines, separator) if quoted else np.zeros(len(lines.starts), np.uint8)
    if b"\r" in run:
        faults[lines.holding(_bare_returns(lines))] = LINE_BREAK
    faults[lines.holding(bad_bytes(run))] = ENCODING
    faults[lines.lengths > most_bytes] = TOO_LARGE
    blank = lines.lengths == 0
    sound = np.flatnonzero(~blank & (faults == READABLE))
    kept = lines.only(sound)
    between = kept.data == _COMMA
    if quoted:
        between &= ~_inside_quotes(kept)
    counts = kept.count(between)
    faults[sound[counts < n_fields - 1]] = NOT_ENOUGH
    faults[sound[counts > n_fields - 1]] = TOO_MANY
    if quoted:
        faults[sound[_misquoted(kept)]] = QUOTING
        kept = attrs.evolve(kept, data=np.where(between, np.uint8(separator), kept.data))
    good = kept.only(np.flatnonzero(faults[sound] == READABLE))
    record = np.flatnonzero(~blank)
    data = run if good.data is lines.data else good.data.tobytes()
    places = Places(lines.starts[record], record, faults[record])
    return Records(data, chr(separator), quoted, len(good.starts), len(blank), places)


@attrs.frozen(eq=False)
class _Lines:
    """Bytes as lines: where each starts, where the next would, and how long it is without its end."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    nexts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, run: bytes) -> _Lines:
        data = np.frombuffer(run, np.uint8)
        nexts = np.flatnonzero(data == _LF) + 1
        if run and not run.endswith(b"\n"):
            nexts = np.append(nexts, len(run))
        starts = np.concatenate([np.zeros(1, np.int64), nexts])[: len(nexts)]
        lengths = nexts - starts - 1
        if run and not run.endswith(b"\n"):
            lengths[-1] += 1
        if b"\r" in run:
            lengths -= (lengths > 0) & (data[starts + lengths - 1] == _CR)
        return cls(data, starts, nexts, lengths)

    def only(self, chosen: NDArray[Any]) -> _Lines:
        """These lines alone; the very same when they are all."""
        if len(chosen) == len(self.starts):
            return self
        sizes = self.nexts - self.starts
        keep = np.zeros(len(sizes), np.bool_)
        keep[chosen] = True
        nexts = np.cumsum(sizes[chosen])
        return _Lines(self.data[np.repeat(keep, sizes)], nexts - sizes[chosen], nexts, self.lengths[chosen])

    def count(self, marked: Mask) -> NDArray[np.uint32]:
        """How many marked bytes each line holds."""
        if not len(self.starts):
            return np.zeros(0, np.uint32)
        counts = np.add.reduceat(marked.view(np.uint8), self.starts, dtype=np.uint8)
        if counts.sum(dtype=np.int64) == np.count_nonzero(marked):  # none went beyond a byte, which is much faster
            return counts.astype(np.uint32)
        return np.add.reduceat(marked.view(np.uint8), self.starts, dtype=np.uint32)

    def holding(self, places: NDArray[Any]) -> NDArray[np.int64]:
        """The lines in which these bytes stand."""
        return np.searchsorted(self.nexts, places, side="right").astype(np.int64)


def _has_longer_lines(run: bytes, most_bytes: int) -> bool:
    """Whether a line is longer than *most_bytes*: goes from the last line end within reach to the next."""
    start = 0
    while len(run) - start > most_bytes:
        start = run.rfind(b"\n", start, start + most_bytes + 1) + 1
        if not start:
            return True
    return False


def _bare_returns(lines: _Lines) -> NDArray[np.int64]:
    """Places of carriage returns with something else behind them than the end of the line."""
    returns: NDArray[np.int64] = np.flatnonzero(lines.data == _CR)
    if not len(returns):
        return returns
    bare: NDArray[np.int64] = returns[np.append(lines.data, np.uint8(_LF))[returns + 1] != _LF]
    return bare


def _quote_faults(lines: _Lines, separator: int) -> NDArray[np.uint8]:
    """Lines in which a quote lacks its partner, or that hold the byte which is to stand between fields."""
    faults = np.zeros(len(lines.starts), np.uint8)
    faults[lines.count(lines.data == _QUOTE) % 2 == 1] = QUOTING
    faults[lines.holding(np.flatnonzero(lines.data == separator))] = CONTROL
    return faults


def _inside_quotes(lines: _Lines) -> Mask:
    """Bytes with an odd number of quotes before them; every line holds an even number, so lines need no reset."""
    return np.bitwise_xor.accumulate((lines.data == _QUOTE).view(np.uint8)).view(np.bool_)


def _misquoted(lines: _Lines) -> NDArray[np.int64]:
    """Lines in which a quote opens after the beginning of a field, or closes before its end."""
    quotes = np.flatnonzero(lines.data == _QUOTE)
    line_end = np.array([_LF], np.uint8)
    edges = np.concatenate([line_end, lines.data, line_end])  # byte i stands at i + 1
    before, after = edges[quotes[0::2]], edges[quotes[1::2] + 2]
    opens_well = (before == _COMMA) | (before == _LF) | (before == _QUOTE)
    closes_well = (after == _COMMA) | (after == _LF) | (after == _QUOTE) | (after == _CR)
    return np.unique(lines.holding(np.concatenate([quotes[0::2][~opens_well], quotes[1::2][~closes_well]])))

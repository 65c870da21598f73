"""Lines of a job's log: their stamp, ``name: key=value`` words, and numbers as Java spells them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import attrs

from amlwrap.documents._parsing import shown
from amlwrap.exceptions import DocumentError

__all__ = ["LogLine", "Words", "java_double", "words"]

_DOCUMENT = "training log"
_STAMPED = re.compile(r"(\d\d/\d\d/\d\d \d\d:\d\d:\d\d) ([A-Z]+): (.*)", re.DOTALL)
_PAIR = re.compile(r"([#\w.-]+)=([^\s,;()\[\]{}]+)")
_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7


@attrs.frozen
class LogLine:
    """
    One line of a job's log.

    Attributes:
        text: What it says, without its stamp.
        level: INFO, WARN, ERROR; empty for a line that goes on with the one before.
        at: When it was written, to the second.

    >>> LogLine.parse("16/12/19 10:07:13 INFO: Begin training.")
    LogLine(text='Begin training.', level='INFO', at=datetime.datetime(2016, 12, 19, 10, 7, 13, tzinfo=...))
    """

    text: str
    level: str = ""
    at: datetime | None = None

    @classmethod
    def parse(cls, line: str) -> LogLine:
        """Any line; one without a stamp is all text."""
        found = _STAMPED.fullmatch(line)
        if found is None:
            return cls(line)
        stamp, level, text = found.groups()
        try:
            return cls(text, level, datetime.strptime(stamp, "%y/%m/%d %H:%M:%S").replace(tzinfo=UTC))
        except ValueError:  # no such day
            return cls(line)

    def __str__(self) -> str:
        return self.text if self.at is None else f"{self.at:%y/%m/%d %H:%M:%S} {self.level}: {self.text}"


@attrs.frozen
class Words:
    """
    What a line says: a name, and values under their keys.

    >>> found = Words.parse("model-status: model-size=192 #params=2", 7)
    >>> found.name, found.whole("#params"), found.number("accuracy")
    ('model-status', 2, None)
    """

    name: str
    values: Mapping[str, str]
    number_of_line: int

    @classmethod
    def parse(cls, text: str, number_of_line: int) -> Words:
        """*text* of the line that has this number, from 1 on."""
        name, _, rest = text.partition(":")
        return cls(name.strip(), dict(_PAIR.findall(rest)), number_of_line)

    def number(self, key: str) -> float | None:
        """The number under *key*; None where there is none."""
        text = self.values.get(key)
        try:
            return None if text is None else float(text)
        except ValueError as error:
            raise self._misfit(key, "a number") from error

    def whole(self, key: str) -> int | None:
        """The whole number under *key*; None where there is none."""
        text = self.values.get(key)
        try:
            return None if text is None else int(text)
        except ValueError as error:
            raise self._misfit(key, "a whole number") from error

    def _misfit(self, key: str, expected: str) -> DocumentError:
        return DocumentError(_DOCUMENT, f"line {self.number_of_line}, {key}", expected, shown(self.values[key]))


def words(name: str, **values: object) -> str:
    """
    A line under *name*; what is None is left out, and keys have hyphens.

    >>> words("model-convergence", negative_log_likelihood=0.5, delta=1e-6, is_converged=False, auc=None)
    'model-convergence: negative-log-likelihood=0.5 delta=1.0E-6 is-converged=no'
    """
    pairs = [f"{key.replace('_', '-')}={_spelled(value)}" for key, value in values.items() if value is not None]
    return " ".join([f"{name}:", *pairs])


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return java_double(value) if isinstance(value, float) else str(value)


def java_double(value: float) -> str:
    """
    *value* as Java, in which the service's log is written, spells it.

    >>> [java_double(value) for value in (1e-6, 0.001, 100.0, 12345678.0, float("inf"))]
    ['1.0E-6', '0.001', '100.0', '1.2345678E7', 'Infinity']
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_TO:
        return repr(value) if "e" not in repr(value) else f"{Decimal(repr(value)):f}"
    exact = Decimal(repr(value)).normalize()
    sign, digits, _ = exact.as_tuple()
    rest = "".join(map(str, digits[1:])) or "0"
    return f"{'-' if sign else ''}{digits[0]}.{rest}E{exact.adjusted()}"

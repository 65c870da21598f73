"""
One field at a time, for records that come one at a time.

The rules are those of `builders`, which reads columns by the million and pays for it in set-up; tests hold the two
together.
"""

from __future__ import annotations

import math
import re

from amlwrap.local.ingest.builders import SPELLINGS

UNKNOWN = -1
"""Where a BINARY field holds nothing usable."""

WHITE_SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What Unicode counts as white space, as the inside of a class of a regular expression; Python counts a few more."""

_NUMBER = re.compile(rf"[{WHITE_SPACE}]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[{WHITE_SPACE}]*")
_AROUND = re.compile(rf"^[{WHITE_SPACE}]+|[{WHITE_SPACE}]+$")


def number(text: str) -> float | None:
    """
    The number in a NUMERIC field, None when there is none or it is not finite.

    >>> number(" -1.5e3 "), number("1,5"), number("inf"), number("")
    (-1500.0, None, None, None)
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    value = float(found[1])
    return value if math.isfinite(value) else None


def state(text: str) -> int:
    """
    The state in a BINARY field: 1, 0 or `UNKNOWN`.

    >>> state("Yes"), state(" 0"), state("maybe"), state("")
    (1, 0, -1, -1)
    """
    known = SPELLINGS.get(text)
    return SPELLINGS.get(_AROUND.sub("", text).lower(), UNKNOWN) if known is None else known

"""The rearrangement: which records of a file a datasource takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal

import attrs

from amlwrap.documents._parsing import (
    MAX_CHARS,
    check_keys,
    close_matches,
    expect_boolean,
    expect_mapping,
    expect_string,
    load_json,
    real_number,
    shown,
    whole_number,
)
from amlwrap.exceptions import DocumentError

__all__ = ["Rearrangement", "Strategy"]

Strategy = Literal["sequential", "random"]
"""Whether records are taken by their place in the file or by a draw for each."""

_DOCUMENT = "rearrangement"
_KEYS = ("percentBegin", "percentEnd", "strategy", "complement", "strategyParams", "randomSeed")


def _percent(path: str, value: object) -> int:
    percent = whole_number(int(value) if isinstance(value, float) and value.is_integer() else value)
    if percent is not None and 0 <= percent <= 100:
        return percent
    raise DocumentError(_DOCUMENT, path, "a whole number from 0 to 100", shown(value))


def _strategy(path: str, value: object) -> Strategy:
    if value == "sequential":
        return "sequential"
    if value == "random":
        return "random"
    remedy = close_matches(value, ["sequential", "random"]) if isinstance(value, str) else ""
    raise DocumentError(_DOCUMENT, path, '"sequential" or "random"', shown(value), remedy)


def _begin(value: int) -> int:
    return _percent("splitting.percentBegin", value)


def _end(value: int) -> int:
    return _percent("splitting.percentEnd", value)


def _own_strategy(value: Strategy) -> Strategy:
    return _strategy("splitting.strategy", value)


def _own_seed(value: str | int) -> str:
    return _seed({"splitting.strategyParams.randomSeed": value})


def _own_complement(value: bool) -> bool:
    return expect_boolean(_DOCUMENT, value, "splitting.complement")


@attrs.frozen
class Rearrangement:
    """
    The records between two percentages, or with *complement* all the others.

    Attributes:
        percent_begin: Where the slice begins, 0 to 100, inclusive.
        percent_end: Where it ends, 0 to 100, exclusive.
        strategy: ``"sequential"`` cuts the file by place, ``"random"`` draws a percentage for every record.
        seed: Makes the draws, with the data; one seed gives one draw. A number is its digits.
        complement: Whether the records outside are meant.

    Raises:
        DocumentError: A percentage is out of range, the slice ends before it begins, or something is none of its kind.

    >>> train, test = Rearrangement.split(0.7, seed=2026)
    >>> print(test.render())
    {"splitting":{"percentBegin":0,"percentEnd":70,"strategy":"random","complement":true,"strategyParams":{"randomSeed":"2026"}}}
    >>> Rearrangement.parse(train.render()) == train
    True
    """

    percent_begin: int = attrs.field(default=0, converter=_begin)
    percent_end: int = attrs.field(default=100, converter=_end)
    strategy: Strategy = attrs.field(default="sequential", converter=_own_strategy)
    seed: str = attrs.field(default="", converter=_own_seed)
    complement: bool = attrs.field(default=False, converter=_own_complement)

    def __attrs_post_init__(self) -> None:
        if self.percent_begin > self.percent_end:
            expected = f"percentBegin ({self.percent_begin}) or more"
            raise DocumentError(_DOCUMENT, "splitting.percentEnd", expected, str(self.percent_end))

    @classmethod
    def parse(cls, source: str | bytes | Mapping[str, Any]) -> Rearrangement:
        """
        Read a rearrangement from its JSON text, or from the object that text holds.

        The seed may stand in ``strategyParams``, in ``splitting`` itself, or beside it; what is absent has its default.

        Raises:
            DocumentError: It is no rearrangement; the path, what was expected and what was found are named.

        >>> Rearrangement.parse('{"splitting": {"percentEnd": 70, "complement": "true"}, "randomSeed": "0"}')
        Rearrangement(percent_begin=0, percent_end=70, strategy='sequential', seed='0', complement=True)
        """
        document = load_json(_DOCUMENT, source, max_chars=MAX_CHARS)
        check_keys(_DOCUMENT, document, ("splitting", "randomSeed"))
        splitting = _object(document, "splitting", "splitting")
        check_keys(_DOCUMENT, splitting, _KEYS, "splitting")
        parameters = _object(splitting, "strategyParams", "splitting.strategyParams")
        check_keys(_DOCUMENT, parameters, ("randomSeed",), "splitting.strategyParams")
        given = {key: value for key, value in splitting.items() if value is not None}
        return cls(
            percent_begin=_percent("splitting.percentBegin", given.get("percentBegin", 0)),
            percent_end=_percent("splitting.percentEnd", given.get("percentEnd", 100)),
            strategy=_strategy("splitting.strategy", given.get("strategy", "sequential")),
            seed=_seed(
                {
                    "splitting.strategyParams.randomSeed": parameters.get("randomSeed"),
                    "splitting.randomSeed": splitting.get("randomSeed"),
                    "randomSeed": document.get("randomSeed"),
                }
            ),
            complement=expect_boolean(_DOCUMENT, given.get("complement", False), "splitting.complement"),
        )

    @classmethod
    def split(cls, share: float, seed: object = None) -> tuple[Rearrangement, Rearrangement]:
        """
        Two rearrangements that part the records: every record is in exactly one.

        Args:
            share: How much the first one takes: a fraction such as 0.7, or a whole number of percent such as 70.
            seed: Draws the records at random, the same ones for the same seed; None cuts the file in two.

        Raises:
            DocumentError: *share* is not from 1 % to 99 %, or no whole percent.

        >>> train, test = Rearrangement.split(0.7)
        >>> train
        Rearrangement(percent_begin=0, percent_end=70, strategy='sequential', seed='', complement=False)
        >>> test == train.complemented()
        True
        """
        strategy: Strategy = "sequential" if seed is None else "random"
        first = cls(0, _whole_percent(share), strategy, "" if seed is None else str(seed))
        return first, first.complemented()

    @classmethod
    def folds(cls, k: int, seed: object = None) -> tuple[tuple[Rearrangement, Rearrangement], ...]:
        """
        *k* pairs for cross-validation: every record is left out of exactly one first and is in exactly one second.

        The seconds go through the whole per cents from 0 to 100 in order; where *k* does not divide 100, some take one
        per cent more than others.

        Args:
            k: How many, 2 to 100.
            seed: Draws the records at random, the same ones for the same seed; None cuts the file.

        Raises:
            DocumentError: *k* is no such number.

        >>> [(test.percent_begin, test.percent_end) for _, test in Rearrangement.folds(3, seed=2026)]
        [(0, 33), (33, 66), (66, 100)]
        """
        count = whole_number(k)
        if count is None or not 2 <= count <= 100:
            raise DocumentError(_DOCUMENT, "k", "a whole number from 2 to 100", shown(k))
        strategy: Strategy = "sequential" if seed is None else "random"
        bounds = [100 * place // count for place in range(count + 1)]
        seconds = [cls(begin, end, strategy, "" if seed is None else str(seed)) for begin, end in pairwise(bounds)]
        return tuple((second.complemented(), second) for second in seconds)

    def byte_ranges(self, n_bytes: int) -> tuple[tuple[int, int], ...]:
        """
        Where in data of *n_bytes* the first bytes of a sequential slice's records lie; ends are exclusive.

        >>> Rearrangement(20, 50, complement=True).byte_ranges(10)
        ((0, 2), (5, 10))
        """
        begin, end = (-(-percent * n_bytes // 100) for percent in (self.percent_begin, self.percent_end))
        ranges = ((0, begin), (end, n_bytes)) if self.complement else ((begin, end),)
        return tuple((low, high) for low, high in ranges if low < high)

    def complemented(self) -> Rearrangement:
        """The rearrangement that takes exactly the records this one leaves."""
        return attrs.evolve(self, complement=not self.complement)

    def describe(self) -> str:
        """
        The rows it takes, in words.

        >>> train, test = Rearrangement.split(0.7, seed=2026)
        >>> train.describe(), test.describe(), Rearrangement(50, 60).describe(), Rearrangement().describe()
        ('0 to 70 %, drawn', 'all but 0 to 70 %, drawn', '50 to 60 %', 'all rows')
        """
        if (self.percent_begin, self.percent_end, self.complement) == (0, 100, False):
            return "all rows"
        but, drawn = "all but " if self.complement else "", ", drawn" if self.strategy == "random" else ""
        return f"{but}{self.percent_begin} to {self.percent_end} %{drawn}"

    def to_dict(self) -> dict[str, object]:
        """The JSON object, with the seed where the guide has it."""
        splitting: dict[str, object] = {
            "percentBegin": self.percent_begin,
            "percentEnd": self.percent_end,
            "strategy": self.strategy,
            "complement": self.complement,
        }
        if self.seed or self.strategy == "random":
            splitting["strategyParams"] = {"randomSeed": self.seed}
        return {"splitting": splitting}

    def render(self) -> str:
        """The JSON text, compact."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":"))


def _object(mapping: Mapping[str, object], key: str, path: str) -> dict[str, object]:
    value = mapping.get(key)
    return {} if value is None else expect_mapping(_DOCUMENT, value, path)


def _seed(placed: Mapping[str, object]) -> str:
    """The seed, wherever it stands; where it stands twice, both must agree."""
    seeds: dict[str, str] = {}
    for path, value in placed.items():
        if value is not None:
            number = whole_number(value)
            seeds[path] = expect_string(_DOCUMENT, value, path) if number is None else str(number)
    for path, seed in seeds.items():
        first_path, first = next(iter(seeds.items()))
        if seed != first:
            raise DocumentError(_DOCUMENT, path, f"{shown(first)}, as {first_path} says", shown(seed))
    return next(iter(seeds.values()), "")


def _whole_percent(share: object) -> int:
    percent = whole_number(share)
    if percent is not None and 1 <= percent <= 99:
        return percent
    fraction = real_number(share)
    if fraction is None or not 0 < fraction < 1:
        expected = "a fraction between 0 and 1, or a whole number of percent from 1 to 99"
        raise DocumentError(_DOCUMENT, "share", expected, shown(share))
    nearest = min(max(round(fraction * 100), 1), 99)
    if abs(fraction * 100 - nearest) > 1e-9:
        remedy = f"The nearest is {nearest / 100}."
        raise DocumentError(_DOCUMENT, "share", "a fraction that is a whole percent", shown(share), remedy)
    return nearest

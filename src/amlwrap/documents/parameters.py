"""The training parameters: how long, how large and how smooth a model is made."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import attrs

from amlwrap.documents._parsing import MAX_CHARS, check_keys, close_matches, load_json, real_number, shown, whole_number
from amlwrap.documents.bounds import BeyondBound, bounds
from amlwrap.exceptions import DocumentError

__all__ = ["API_DEFAULTS", "Shuffle", "TrainingParameters"]

Shuffle = Literal["auto", "none"]
"""Whether records are shuffled once before training."""

_DOCUMENT = "training parameters"
_SIZE = "sgd.maxMLModelSizeInBytes"
_PASSES = "sgd.maxPasses"
_SHUFFLE = "sgd.shuffleType"
_L1 = "sgd.l1RegularizationAmount"
_L2 = "sgd.l2RegularizationAmount"
_ALGORITHM = "algorithm"

API_DEFAULTS: Mapping[str, str] = MappingProxyType(
    {_L1: "0.0", _L2: "0.0", _SIZE: "33554432", _PASSES: "10", _SHUFFLE: "none"}
)
"""What the service takes for keys that a call leaves out."""

_FLOAT = re.compile(r"\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_DEFAULT_L2 = 1e-6


def _whole(path: str, value: object, lowest: int, bound: str) -> int:
    highest: float = getattr(bounds(), bound)
    digits = isinstance(value, str) and re.fullmatch(r"\d{1,20}", value, re.ASCII)
    number = int(str(value)) if digits else whole_number(value)
    if number is not None and lowest <= number <= highest:
        return number
    name = bound if number is not None and number > highest else ""
    raise BeyondBound(_DOCUMENT, path, f"a whole number from {lowest:,} to {highest:,}", shown(value), "", name)


def _size(value: int | str) -> int:
    return _whole(_SIZE, value, 100_000, "model_bytes")


def _passes(value: int | str) -> int:
    return _whole(_PASSES, value, 1, "passes")


def _shuffle(value: Shuffle | bool) -> Shuffle:
    if value is True or value == "auto":
        return "auto"
    if value is False or value == "none":
        return "none"
    remedy = close_matches(value, ["auto", "none"]) if isinstance(value, str) else ""
    raise DocumentError(_DOCUMENT, _SHUFFLE, '"auto" or "none"', shown(value), remedy)


def _amount(path: str, value: object) -> float:
    number = float(value) if isinstance(value, str) and _FLOAT.fullmatch(value) else real_number(value)
    if number is not None and 0 <= number < math.inf:
        return number
    raise DocumentError(_DOCUMENT, path, "a finite number, 0 or more", shown(value))


def _l1(value: float) -> float:
    return _amount(_L1, value)


def _l2(value: float) -> float:
    return _amount(_L2, value)


def _own_l2(parameters: TrainingParameters) -> float:
    return 0.0 if parameters.l1 else _DEFAULT_L2


@attrs.frozen
class TrainingParameters:
    """
    How long, how large and how smooth a model is made.

    The defaults are those of the service's console. A call to the API that names no parameters gets other ones:
    `parse({}) <parse>`.

    Attributes:
        max_model_size: In bytes, 100,000 to 2,147,483,648; the least useful weights are trimmed beyond it.
        passes: Most passes over the data, 1 to 10,000.
        shuffle: ``"auto"`` shuffles the records once before training, ``"none"`` does not; true and false will do.
        l1: Amount of L1 regularisation, which makes weights zero. Useful are 1e-8 to 1e-4.
        l2: Amount of L2 regularisation, which makes weights small. Useful are 1e-6 to 1e-2. 1e-6, or 0 where *l1* is
            given.

    Raises:
        DocumentError: A value is out of its range, or *l1* and *l2* are both given.

    >>> TrainingParameters(passes=20, shuffle=False).to_map()["sgd.shuffleType"]
    'none'
    >>> TrainingParameters(l1=1e-5).l2
    0.0
    """

    max_model_size: int = attrs.field(default=104_857_600, converter=_size)
    passes: int = attrs.field(default=10, converter=_passes)
    shuffle: Shuffle = attrs.field(default="auto", converter=_shuffle)
    l1: float = attrs.field(default=0.0, converter=_l1)
    l2: float = attrs.field(default=attrs.Factory(_own_l2, takes_self=True), converter=_l2)

    def __attrs_post_init__(self) -> None:
        if self.l1 and self.l2:
            found = f"{_spelled(self.l2)} beside {_L1} {_spelled(self.l1)}"
            raise DocumentError(_DOCUMENT, _L2, "0, or L1 to be 0", found, "L1 and L2 exclude each other: give one.")

    @classmethod
    def parse(cls, source: str | bytes | Mapping[str, Any]) -> TrainingParameters:
        """
        Read the service's map of strings; keys left out have the API's defaults.

        Raises:
            DocumentError: A key is unknown or a value out of its range.

        >>> TrainingParameters.parse({"sgd.maxPasses": "5", "sgd.l2RegularizationAmount": "1.0E-06"})
        TrainingParameters(max_model_size=33554432, passes=5, shuffle='none', l1=0.0, l2=1e-06)
        """
        given = load_json(_DOCUMENT, source, max_chars=MAX_CHARS)
        check_keys(_DOCUMENT, given, (*API_DEFAULTS, _ALGORITHM))
        algorithm = given.get(_ALGORITHM, "sgd")
        if algorithm != "sgd":
            raise DocumentError(_DOCUMENT, _ALGORITHM, '"sgd"', shown(algorithm))
        values: dict[str, Any] = {**API_DEFAULTS, **given}
        return cls(
            max_model_size=values[_SIZE],
            passes=values[_PASSES],
            shuffle=values[_SHUFFLE],
            l1=values[_L1],
            l2=values[_L2],
        )

    def to_map(self) -> dict[str, str]:
        """
        The map of strings that the service takes, every key named.

        >>> TrainingParameters().to_map()["sgd.l2RegularizationAmount"]
        '1e-6'
        """
        return {
            _L1: _spelled(self.l1),
            _L2: _spelled(self.l2),
            _SIZE: str(self.max_model_size),
            _PASSES: str(self.passes),
            _SHUFFLE: self.shuffle,
        }


def _spelled(amount: float) -> str:
    """*amount* as the service spells it: ``1e-6``, not ``1e-06``."""
    return re.sub(r"e([+-])0*", lambda match: "e-" if match[1] == "-" else "e", repr(amount))

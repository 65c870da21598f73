"""
What a recipe's outputs come to on a schema: expressions whose leaves are attributes and which know what they yield.

Within one resolved recipe equal expressions are the same object. An expression's canonical text is made with it, and is
also its hash, so expressions are cheap keys of caches.
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

import attrs

from amlwrap.documents.recipe_grammar import render_name
from amlwrap.documents.recipe_rules import Yield
from amlwrap.documents.schema import AttributeType

__all__ = ["Apply", "Expression", "Kind", "Leaf", "Output"]

Kind: TypeAlias = Literal["numeric", "binary", "categorical", "tokens"]
"""What reaches the learner per record: one number, one 0/1, one category, or any number of tokens."""

_KINDS: dict[Yield, Kind] = {
    "NUMERIC": "numeric",
    "BINARY": "binary",
    "CATEGORICAL": "categorical",
    "TEXT": "tokens",
    "TOKENS": "tokens",
}
_TYPES: dict[AttributeType, Yield] = {
    AttributeType.BINARY: "BINARY",
    AttributeType.CATEGORICAL: "CATEGORICAL",
    AttributeType.NUMERIC: "NUMERIC",
    AttributeType.TEXT: "TEXT",
}
_YIELDS: dict[str, Yield] = {
    "ngram": "TOKENS",
    "osb": "TOKENS",
    "quantile_bin": "CATEGORICAL",
    "normalize": "NUMERIC",
}


def _name(leaf: Leaf) -> str:
    return render_name(leaf.name)


@attrs.frozen
class Leaf:
    """An input attribute of the schema."""

    name: str
    type: AttributeType
    text: str = attrs.field(init=False, eq=False, repr=False, default=attrs.Factory(_name, takes_self=True))

    depth: ClassVar[int] = 0
    size: ClassVar[int] = 1

    def __hash__(self) -> int:
        return hash(self.text)

    @property
    def yields(self) -> Yield:
        """The attribute's type."""
        return _TYPES[self.type]


def _yields(apply: Apply) -> Yield:
    known = _YIELDS.get(apply.function)
    if known is not None:
        return known
    if apply.function != "cartesian":
        return apply.arguments[0].yields
    single = all(argument.yields not in {"TEXT", "TOKENS"} for argument in apply.arguments)
    return "CATEGORICAL" if single else "TOKENS"


def _depth(apply: Apply) -> int:
    return 1 + max([argument.depth for argument in apply.arguments])


def _size(apply: Apply) -> int:
    return 1 + sum([argument.size for argument in apply.arguments])


def _text(apply: Apply) -> str:
    number = "" if apply.number is None else f",{apply.number}"
    return f"{apply.function}({','.join([argument.text for argument in apply.arguments])}{number})"


@attrs.frozen
class Apply:
    """A transformation of expressions."""

    function: str
    arguments: tuple[Expression, ...]
    number: int | None = None
    yields: Yield = attrs.field(init=False, eq=False, repr=False, default=attrs.Factory(_yields, takes_self=True))
    depth: int = attrs.field(init=False, eq=False, repr=False, default=attrs.Factory(_depth, takes_self=True))
    """How many calls stand inside one another."""
    size: int = attrs.field(init=False, eq=False, repr=False, default=attrs.Factory(_size, takes_self=True))
    """How many names and calls it is made of."""
    text: str = attrs.field(init=False, eq=False, repr=False, default=attrs.Factory(_text, takes_self=True))

    def __hash__(self) -> int:
        return hash(self.text)


Expression: TypeAlias = Leaf | Apply


@attrs.frozen
class Output:
    """
    One variable that reaches the learner.

    >>> age = Leaf("age", AttributeType.NUMERIC)
    >>> output = Output(Apply("quantile_bin", (age,), 30))
    >>> output.text, output.kind, output.attributes
    ('quantile_bin(age,30)', 'categorical', ('age',))
    """

    expression: Expression

    @property
    def kind(self) -> Kind:
        """What it yields per record."""
        return _KINDS[self.expression.yields]

    @property
    def text(self) -> str:
        """The canonical form, without blanks and with every group and assignment written out."""
        return self.expression.text

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the attributes it is made of, in order of first use."""
        return tuple(dict.fromkeys(_leaf_names(self.expression)))


def _leaf_names(expression: Expression) -> list[str]:
    if isinstance(expression, Leaf):
        return [expression.name]
    return [name for argument in expression.arguments for name in _leaf_names(argument)]

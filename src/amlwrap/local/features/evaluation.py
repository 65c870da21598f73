"""The value of a recipe's expressions on rows, each expression once, remembering what training rows taught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.documents.recipe_expressions import Apply, Expression, Leaf
from amlwrap.local.features import tokens, words
from amlwrap.local.features.memory import Bins, Lexicon, Pairs, Remembered, Scale
from amlwrap.local.features.signals import Bag, Level, Names, Real, Signal, Words, narrow
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn, TextColumn

Memory = dict[str, Remembered]
"""What was learned of the training rows, by the canonical text of the expression that uses it."""

Rows = Mapping[str, Column]
"""Rows of a table: the column of each attribute, all of one length."""


def lexicon_name(expression: Expression) -> str:
    """Under which name the strings that *expression* gave in training are remembered."""
    return f"{expression.text} entries"


_T = TypeVar("_T", Scale, Bins, Lexicon, Pairs)

MAX_ENTRIES = 4_000_000
"""
Strings and pairs that one model remembers at most: what is met first is kept. It bounds memory, and is more than four
times the weights that the largest model of the console can have.
"""


class Summary(Protocol):
    """What the training datasource's statistics must tell about a NUMERIC attribute."""

    def edges(self, name: str, n: int) -> NDArray[np.float64]:
        """Strictly increasing inner cut points of *n* bins of equal population."""
        ...

    def scale(self, name: str) -> tuple[float, float]:
        """Mean and population standard deviation."""
        ...

    def has_missing(self, name: str) -> bool:
        """Whether some rows have no number."""
        ...


@attrs.define(eq=False)
class Evaluator:
    """
    Expressions on some rows.

    With a *summary* they are taken for training rows, and what an expression must remember is learned and put into
    *memory*, as far as there is *room*; without, everything must be there already.
    """

    rows: Rows
    memory: Memory
    summary: Summary | None = None
    room: int = MAX_ENTRIES
    _known: dict[str, Signal] = attrs.field(factory=dict[str, Signal], init=False)

    def output(self, expression: Expression) -> Real | Level | Bag:
        """Value of a whole output: what is still text gets codes."""
        if isinstance(expression, Apply) and expression.function == "cartesian":
            return self._cartesian(expression)  # a product is used once: not worth keeping
        return self._coded(expression, self.signal(expression))

    def signal(self, expression: Expression) -> Signal:
        """Value of *expression*, from the shelf when it was asked for before."""
        known = self._known.get(expression.text)
        if known is None:
            known = self._known[expression.text] = self._evaluate(expression)
        return known

    def _evaluate(self, expression: Expression) -> Signal:
        if isinstance(expression, Leaf):
            return self._leaf(expression)
        return _FUNCTIONS[expression.function](self, expression)

    def _leaf(self, leaf: Leaf) -> Signal:
        match self.rows[leaf.name]:
            case NumericColumn() as column:
                return self._real(leaf, column)
            case BinaryColumn() as column:
                return Level(np.where(column.values < 0, 2, column.values).astype(np.uint8), 3)
            case CategoricalColumn() as column:
                return Names(column.codes, column.vocabulary)
            case TextColumn() as column:
                return words.split(column.values)

    def _real(self, leaf: Leaf, column: NumericColumn) -> Real:
        scale = self._recall(leaf.text, Scale, lambda: self._scale(leaf.name))
        missing = column.missing
        if missing is None and scale.has_missing:
            missing = np.zeros(len(column), np.bool_)
        return Real(scale.apply(column.values, column.missing), missing if scale.has_missing else None)

    def _scale(self, name: str) -> Scale:
        mean, deviation = self._training().scale(name)
        return Scale(mean, deviation or 1.0, self._training().has_missing(name))

    def _coded(self, expression: Expression, signal: Signal) -> Real | Level | Bag:
        """Text as codes of the training rows' vocabulary."""
        name = lexicon_name(expression)
        match signal:
            case Words(flat, offsets):
                lexicon = self._recall(name, Lexicon, Lexicon)
                if self.summary is not None:
                    lexicon.learn(flat, self._room())
                return Bag(lexicon.codes_of(flat), offsets, lexicon.size)
            case Names(codes, vocabulary):
                lexicon = self._recall(name, Lexicon, Lexicon)
                names = pl.Series(vocabulary, dtype=pl.String)
                if self.summary is not None:
                    lexicon.learn(names.gather(_first_met(codes)), self._room())
                return Level(narrow(lexicon.codes_of(names), lexicon.size).take(codes), lexicon.size, closed=False)
            case _:
                return signal

    def _tokens(self, expression: Expression) -> Level | Bag:
        """Value of an argument that must have tokens."""
        signal = self._coded(expression, self.signal(expression))
        assert not isinstance(signal, Real)  # the recipe's type rules admit no number here
        return signal

    def _quantile_bin(self, expression: Apply) -> Level:
        leaf = expression.arguments[0]
        while isinstance(leaf, Apply):  # normalize is increasing: it moves no value into another quantile
            leaf = leaf.arguments[0]
        column = self.rows[leaf.name]
        assert isinstance(column, NumericColumn)
        name, number = leaf.name, expression.number or 0
        bins = self._recall(expression.text, Bins, lambda: Bins(self._training().edges(name, number)))
        return Level(bins.apply(column.values, column.missing), bins.size)

    def _ngram(self, expression: Apply) -> Bag:
        return self._neighbours(expression, tokens.ngram)

    def _osb(self, expression: Apply) -> Bag:
        return self._neighbours(expression, tokens.osb)

    def _neighbours(self, expression: Apply, make: Callable[[Bag, int, tokens.Recall], Bag]) -> Bag:
        bag = self._tokens(expression.arguments[0])
        assert isinstance(bag, Bag)
        return make(bag, expression.number or 0, self._pairs(expression.text))

    def _cartesian(self, expression: Apply) -> Level | Bag:
        product = self._tokens(expression.arguments[0])
        for number, argument in enumerate(expression.arguments[1:], start=1):
            product = tokens.cartesian(product, self._tokens(argument), self._pairs(f"{expression.text} {number}"))
        return product

    def _lowercase(self, expression: Apply) -> Signal:
        return self._reworded(expression, words.lowercase)

    def _no_punct(self, expression: Apply) -> Signal:
        return self._reworded(expression, words.no_punct)

    def _reworded(self, expression: Apply, change: Callable[[Words | Names], Words | Names]) -> Signal:
        signal = self.signal(expression.arguments[0])
        assert isinstance(signal, Words | Names)  # by the recipe's type rules
        return change(signal)

    def _normalize(self, expression: Apply) -> Signal:
        return self.signal(expression.arguments[0])  # numbers are standardised as they come in

    def _pairs(self, name: str) -> tokens.Recall:
        def recall(part: str, keys: NDArray[np.int64]) -> Pairs:
            pairs = self._recall(f"{name} {part}", Pairs, Pairs)
            if self.summary is not None:
                pairs.learn(keys, self._room())
            return pairs

        return recall

    def _recall(self, name: str, kind: type[_T], learn: Callable[[], _T]) -> _T:
        remembered = self.memory.get(name)
        if remembered is None:
            self._training()
            remembered = self.memory[name] = learn()
        assert isinstance(remembered, kind)
        return remembered

    def _room(self) -> int:
        """Entries that may still be learned."""
        return self.room - sum(item.size for item in self.memory.values() if isinstance(item, Lexicon | Pairs))

    def _training(self) -> Summary:
        assert self.summary is not None, "rows to be scored taught something new"
        return self.summary


_FUNCTIONS: dict[str, Callable[[Evaluator, Apply], Signal]] = {
    "cartesian": Evaluator._cartesian,
    "lowercase": Evaluator._lowercase,
    "ngram": Evaluator._ngram,
    "no_punct": Evaluator._no_punct,
    "normalize": Evaluator._normalize,
    "osb": Evaluator._osb,
    "quantile_bin": Evaluator._quantile_bin,
}


def _first_met(codes: NDArray[Any]) -> NDArray[np.intp]:
    """The different *codes*, in the order in which each is first met."""
    different, places = np.unique(codes, return_index=True)
    return np.asarray(different[np.argsort(places)], np.intp)

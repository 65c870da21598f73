"""Statistics of a datasource: what the service's data insights show, and what recipes need to cut bins."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import attrs
import numpy as np

from amlwrap.documents.schema import Schema
from amlwrap.exceptions import DataError
from amlwrap.local.ingest.budget import Budget
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn
from amlwrap.local.ingest.folds import BinaryFold, CategoricalFold, Fold, NumericFold, settle
from amlwrap.local.ingest.quantiles import Quantiles
from amlwrap.local.ingest.summaries import BinarySummary, CategoricalSummary, NumericSummary, Summary, TextSummary
from amlwrap.local.ingest.table import Table
from amlwrap.local.ingest.tallies import Tally
from amlwrap.local.ingest.target import Target, Targets
from amlwrap.local.ingest.together import Together
from amlwrap.local.ingest.words import TextFold

_DOCUMENT, _ARRAYS = "statistics.json", "quantiles.npz"
_TYPES: dict[str, type[Summary]] = {
    "NUMERIC": NumericSummary,
    "BINARY": BinarySummary,
    "CATEGORICAL": CategoricalSummary,
    "TEXT": TextSummary,
}
_FIGURES = {
    kind: tuple(field.name for field in attrs.fields(cls) if field.name != "quantiles") for kind, cls in _TYPES.items()
}
_JUNK = (ValueError, LookupError, TypeError, AttributeError, EOFError, StopIteration, RuntimeError, BadZipFile)
"""What reading files raises that a disk or a person spoilt."""
_AnyFold: TypeAlias = Fold[Any]
_json = json.JSONEncoder(ensure_ascii=False).encode
_SEQUENCES = {"levels", "counts", "words", "n_rows"}  # tuples, of which JSON makes lists


@attrs.frozen(eq=False, kw_only=True)
class Statistics:
    """
    What a datasource holds.

    Attributes:
        n_records: Readable and unreadable ones.
        n_rows: Readable ones.
        n_invalid_records: Readable ones with an invalid value.
        target: Whose distribution and correlations are meant; None without one.
        attributes: A summary for every column, by name and in order.
    """

    n_records: int
    n_rows: int
    n_invalid_records: int
    target: str | None
    attributes: Mapping[str, Summary]

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write ``statistics.json``, for people too, and ``quantiles.npz`` into *folder*."""
        numeric = [summary for summary in self.attributes.values() if isinstance(summary, NumericSummary)]
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / _DOCUMENT).write_text(self._text(), encoding="utf-8", errors="surrogatepass")
        np.savez(
            Path(folder) / _ARRAYS,
            sizes=np.array([len(summary.quantiles.values) for summary in numeric], np.int64),
            values=np.concatenate([np.zeros(0), *(summary.quantiles.values for summary in numeric)]),
            cumulative=np.concatenate([np.zeros(0, np.int64), *(summary.quantiles.cumulative for summary in numeric)]),
        )

    def _text(self) -> str:
        """All but quantiles as JSON, an attribute a line."""
        figures = attrs.asdict(self, recurse=False, filter=lambda field, _: field.name != "attributes")
        head = "".join(f" {_json(name)}: {_json(value)},\n" for name, value in figures.items())
        lines = (f"  {_json(name)}: {_json(_to_document(summary))}" for name, summary in self.attributes.items())
        return f'{{\n{head} "attributes": {{\n' + ",\n".join(lines) + "\n }\n}\n"

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Statistics:
        """
        Read what `save` wrote.

        Raises:
            DataError: There is nothing of the kind in *folder*.
        """
        try:
            document = json.loads((Path(folder) / _DOCUMENT).read_text(encoding="utf-8"))
            # Opened here, since numpy leaves what is no archive open.
            with (Path(folder) / _ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                stops = np.cumsum(arrays["sizes"])[:-1]
                parts = zip(np.split(arrays["values"], stops), np.split(arrays["cumulative"], stops), strict=True)
                quantiles = iter([Quantiles(values, cumulative) for values, cumulative in parts])
            summaries: dict[str, dict[str, Any]] = document.pop("attributes")
            attributes = {name: _from_document(found, quantiles) for name, found in summaries.items()}
            return cls(**document, attributes=attributes)
        except (OSError, *_JUNK) as error:
            raise DataError(os.fspath(folder), "", "statistics", f"{type(error).__name__}: {error}") from error


def summarise(blocks: Iterable[Table], schema: Schema, budget: Budget | None = None) -> Statistics:
    """
    Summaries of all columns of *blocks*, with their correlations to the schema's target where they hold it.

    Text that was asked for as text is summarised as text, whatever its attribute's type. Of one block everything is
    exact; of several, as long as there are no more different values than *budget* has room for.

    Args:
        blocks: Runs of rows in order, all with the same columns. Each is looked at once, and then let go.
        budget: What all columns together may keep of the blocks before.
    """
    counting = _Counting(schema.target, budget or Budget())
    with np.errstate(over="ignore", invalid="ignore"):  # squares of numbers near the end of float64 are infinite
        for block in blocks:
            counting.add(block)
            del block  # before the next one is read
        return counting.statistics()


@attrs.define
class _Counting:
    """What is known so far; of the first block all there is to know, since it may be the only one."""

    target: str | None
    budget: Budget
    n_blocks: int = 0
    n_records: int = 0
    n_rows: int = 0
    n_invalid_records: int = 0
    names: tuple[str, ...] = ()
    targets: Targets = attrs.field(factory=Targets)
    together: Together = attrs.field(factory=Together)
    folds: dict[str, _AnyFold] = attrs.field(factory=dict[str, _AnyFold])
    first: dict[str, Summary] = attrs.field(factory=dict[str, Summary])

    def add(self, block: Table) -> None:
        self.n_blocks += 1
        self.n_records += block.n_records
        self.n_rows += block.n_rows
        self.n_invalid_records += block.n_invalid_records
        column = block.columns.get(self.target) if self.target else None
        target = None if column is None else self.targets.of(column)
        if self.n_blocks == 1:
            self.names, self.budget = tuple(block.columns), self.budget.share(block.columns.values())
        else:
            self.folds |= self.together.folds()
            self.together = Together()
            self.first.clear()
        for name, held in block.columns.items():
            self._add(name, held, None if name == self.target else target)
        self.together.reckon()

    def _add(self, name: str, column: Column, target: Target | None) -> None:
        held = Tally.of(column, target) if isinstance(column, NumericColumn) else column
        is_first = self.n_blocks == 1
        if is_first and isinstance(held, Tally) and self.together.add(name, held, target):
            return
        if is_first:
            self.folds[name] = _fold(held)
        fold = self.folds[name]
        fold.add(held, target)
        if is_first:
            self.first[name] = fold.summary()
        fold.shrink(self.budget)

    def statistics(self) -> Statistics:
        if self.n_blocks > 1:
            settle(fold for fold in self.folds.values() if isinstance(fold, NumericFold))
            found: dict[str, Summary] = {name: fold.summary() for name, fold in self.folds.items()}
        else:
            found = self.first | self.together.summaries()
        return Statistics(
            n_records=self.n_records,
            n_rows=self.n_rows,
            n_invalid_records=self.n_invalid_records,
            target=self.target if self.target in self.names else None,
            attributes={name: found[name] for name in self.names},
        )


def _fold(column: Column | Tally) -> _AnyFold:
    if isinstance(column, Tally):
        return NumericFold()
    if isinstance(column, BinaryColumn):
        return BinaryFold()
    if isinstance(column, CategoricalColumn):
        return CategoricalFold()
    return TextFold()


def _to_document(summary: Summary) -> dict[str, Any]:
    kind = next(name for name, cls in _TYPES.items() if isinstance(summary, cls))
    return {"type": kind, **{name: getattr(summary, name) for name in _FIGURES[kind]}}


def _from_document(document: Mapping[str, Any], quantiles: Iterator[Quantiles]) -> Summary:
    cls = _TYPES[document["type"]]
    fields = {key: value for key, value in document.items() if key != "type"}
    fields |= {key: tuple(fields[key]) for key in _SEQUENCES & fields.keys()}
    if cls is NumericSummary:
        fields["quantiles"] = next(quantiles)
    return cls(**fields)

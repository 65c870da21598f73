"""Statistics of a table: what the service's data insights show, and what recipes need to cut bins."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from amlwrap.documents.schema import Schema
from amlwrap.exceptions import DataError
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn
from amlwrap.local.ingest.correlation import Target
from amlwrap.local.ingest.quantiles import Quantiles
from amlwrap.local.ingest.summaries import (
    BinarySummary,
    CategoricalSummary,
    NumericSummary,
    Summary,
    TextSummary,
    summarise_binary,
    summarise_categorical,
    summarise_numeric,
)
from amlwrap.local.ingest.table import Table
from amlwrap.local.ingest.words import summarise_text

_DOCUMENT, _ARRAYS = "statistics.json", "quantiles.npz"
_TYPES: dict[str, type[Summary]] = {
    "NUMERIC": NumericSummary,
    "BINARY": BinarySummary,
    "CATEGORICAL": CategoricalSummary,
    "TEXT": TextSummary,
}
_SEQUENCES = {"levels", "counts", "words", "n_rows"}  # tuples, of which JSON makes lists


@attrs.frozen(eq=False, kw_only=True)
class Statistics:
    """
    What a table holds.

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
        document = attrs.asdict(self, recurse=False)
        document["attributes"] = {name: _to_document(summary) for name, summary in self.attributes.items()}
        Path(folder).mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, indent=1, ensure_ascii=False)
        (Path(folder) / _DOCUMENT).write_text(text, encoding="utf-8", errors="surrogatepass")
        np.savez(
            Path(folder) / _ARRAYS,
            sizes=np.array([len(summary.quantiles.values) for summary in numeric], np.int64),
            values=np.concatenate([np.zeros(0), *(summary.quantiles.values for summary in numeric)]),
            cumulative=np.concatenate([np.zeros(0, np.int64), *(summary.quantiles.cumulative for summary in numeric)]),
        )

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Statistics:
        """
        Read what `save` wrote.

        Raises:
            DataError: There is nothing of the kind in *folder*.
        """
        try:
            document = json.loads((Path(folder) / _DOCUMENT).read_text(encoding="utf-8"))
            with np.load(Path(folder) / _ARRAYS, allow_pickle=False) as arrays:
                stops = np.cumsum(arrays["sizes"])[:-1]
                parts = zip(np.split(arrays["values"], stops), np.split(arrays["cumulative"], stops), strict=True)
                quantiles = iter([Quantiles(values, cumulative) for values, cumulative in parts])
            summaries: dict[str, dict[str, Any]] = document.pop("attributes")
            attributes = {name: _from_document(found, quantiles) for name, found in summaries.items()}
            return cls(**document, attributes=attributes)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(os.fspath(folder), "", "statistics", f"{type(error).__name__}: {error}") from error


def summarise(blocks: Iterable[Table], schema: Schema) -> Statistics:
    """
    Summaries of all columns of *blocks*, with their correlations to the schema's target where the table holds it.

    Text that was asked for as text is summarised as text, whatever its attribute's type.
    """
    (table,) = blocks
    column = table.columns.get(schema.target) if schema.target else None
    target = None if column is None else Target.of(column)
    with np.errstate(over="ignore", invalid="ignore"):  # squares of numbers near the end of float64 are infinite
        attributes = {
            name: _summary(held, None if name == schema.target else target) for name, held in table.columns.items()
        }
    return Statistics(
        n_records=table.n_records,
        n_rows=table.n_rows,
        n_invalid_records=table.n_invalid_records,
        target=None if column is None else schema.target,
        attributes=attributes,
    )


def _summary(column: Column, target: Target | None) -> Summary:
    if isinstance(column, NumericColumn):
        return summarise_numeric(column, target)
    if isinstance(column, BinaryColumn):
        return summarise_binary(column, target)
    if isinstance(column, CategoricalColumn):
        return summarise_categorical(column, target)
    return summarise_text(column, target)


def _to_document(summary: Summary) -> dict[str, Any]:
    kind = next(name for name, cls in _TYPES.items() if isinstance(summary, cls))
    return {"type": kind, **attrs.asdict(summary, recurse=False, filter=lambda field, _: field.name != "quantiles")}


def _from_document(document: Mapping[str, Any], quantiles: Iterator[Quantiles]) -> Summary:
    cls = _TYPES[document["type"]]
    fields = {key: value for key, value in document.items() if key != "type"}
    fields |= {key: tuple(fields[key]) for key in _SEQUENCES & fields.keys()}
    if cls is NumericSummary:
        fields["quantiles"] = next(quantiles)
    return cls(**fields)

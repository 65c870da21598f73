"""What a run knows of its data beside what the service tells: how many records, and what a sample of them holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from amlwrap._samples import take_sample
from amlwrap.documents import AttributeType, Rearrangement, Schema
from amlwrap.documents._guesses import Column, Kinds
from amlwrap.exceptions import ConfigError, DataError, DocumentError

if TYPE_CHECKING:
    from amlwrap._samples import Sample
    from amlwrap._staging import Prepared

__all__ = ["Facts"]

_MIN_RECORDS = 10
_MIN_IDENTIFIERS = 20


@attrs.frozen(kw_only=True)
class Facts:
    """
    What is known of the data; of data that is not on this machine, only how it is split.

    Attributes:
        n_records: Records there are.
        percent: Of the records, how many in a hundred are held out.
        seed: What they are drawn by; ``None`` when they are the end of the data.
        shares: Of the sampled records, the share that each class of the target has.
        n_sampled: How many records were sampled.
        n_unlabelled: How many of these have no target.
        identifiers: Inputs that hold another value in each record.
        constants: Inputs that hold the same in all.
    """

    percent: int
    seed: object
    n_records: int | None = None
    shares: Mapping[str, float] = attrs.field(factory=dict[str, float])
    n_sampled: int = 0
    n_unlabelled: int = 0
    identifiers: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()

    @classmethod
    def of(cls, prepared: Prepared, schema: Schema, *, holdout: float, seed: object) -> Facts:
        """
        Look at *prepared* data of which *holdout* is to be held out.

        Raises:
            ConfigError: That is no share.
            DataError: There are hardly any records.
        """
        percent = _percent(holdout)
        if prepared.path is None:
            return cls(percent=percent, seed=seed)
        with prepared.opened() as file:
            n_records = sum(1 for line in file if line.strip()) - schema.header
        if n_records < _MIN_RECORDS:
            expected = f"at least {_MIN_RECORDS} records, to learn from some and measure on the others"
            raise DataError(prepared.source, "", expected, f"{n_records}")
        try:
            sample = take_sample(prepared.path)
        except DataError:  # a record that cannot be read is the job's to judge: it puts up with a few
            return cls(percent=percent, seed=seed, n_records=n_records)
        columns = _columns(sample, schema)
        target = columns[str(schema.target)]
        inputs = {attribute.name: columns[attribute.name] for attribute in schema.inputs}
        return cls(
            percent=percent,
            seed=seed,
            n_records=n_records,
            shares=_shares(target, schema[str(schema.target)].type),
            n_sampled=target.n_rows,
            n_unlabelled=target.tally["empty"],
            identifiers=tuple(name for name, column in inputs.items() if _identifies(column, schema.type_of(name))),
            constants=tuple(name for name, column in inputs.items() if len(column.values) == 1 < column.n_rows),
        )


def _percent(holdout: float) -> int:
    try:
        return Rearrangement.split(holdout)[0].percent_end
    except DocumentError as error:
        raise ConfigError("holdout", error.found, error.expected, error.remedy) from error


def _columns(sample: Sample, schema: Schema) -> dict[str, Column]:
    """The sampled columns by name, whatever line 1 calls them: the service goes by position, too."""
    kinds = Kinds()
    missing = [Counter[str]()] * (len(schema) - len(sample.columns))
    columns = dict(zip(schema.names, [*sample.columns, *missing], strict=False))
    if schema.header:
        columns |= {name: columns[name] - Counter([first]) for name, first in zip(columns, sample.first, strict=False)}
    return {name: Column.of(values, kinds, whole=sample.whole) for name, values in columns.items()}


def _shares(target: Column, kind: AttributeType) -> dict[str, float]:
    """The classes' shares of the records that have one; a BINARY target's are called as the engine calls them."""
    counts: Counter[str] = Counter()
    for value, count in target.values.items():
        spelt = target.kinds[value]
        if spelt == "empty" or kind == AttributeType.NUMERIC:
            continue
        if kind == AttributeType.BINARY:
            counts["1" if spelt in {"one", "yes"} else "0"] += count
        else:
            counts[value] += count
    return {name: count / counts.total() for name, count in counts.items()}


def _identifies(column: Column, kind: AttributeType) -> bool:
    return kind == AttributeType.CATEGORICAL and column.n_distinct == column.n_rows >= _MIN_IDENTIFIERS

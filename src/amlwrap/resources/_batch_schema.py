"""The schema of rows to predict, worked out from the model's schema and the rows' first line."""

from __future__ import annotations

from collections.abc import Sequence

from amlwrap.documents import Schema
from amlwrap.exceptions import DataError

__all__ = ["batch_schema"]


def batch_schema(model: Schema, fields: Sequence[str], source: str) -> Schema:
    """
    The *model*'s schema in the order of *fields*, without the target when they lack it.

    Columns bind by position, so data whose columns stand in another order than the training data's needs a schema in
    that order. Data without a header can only be counted.

    Raises:
        DataError: Fields are missing, unknown, or twice there.
    """
    without_target = _without_target(model)
    if not model.header:
        counts = {len(model.attributes): model, len(without_target.attributes): without_target}
        if len(fields) in counts:
            return counts[len(fields)]
        expected = " or ".join(f"{count}" for count in sorted(counts))
        raise DataError(source, "line 1", f"{expected} values", f"{len(fields)}")
    _check_fields(model, fields, source)
    chosen = model if model.target in fields else without_target
    return chosen.replace(attributes=tuple(model[field] for field in fields))


def _without_target(model: Schema) -> Schema:
    kept = tuple(attribute for attribute in model.attributes if attribute.name != model.target)
    excluded = tuple(name for name in model.excluded if name != model.target)
    return model.replace(attributes=kept, target=None, excluded=excluded)


def _check_fields(model: Schema, fields: Sequence[str], source: str) -> None:
    remedy = "Columns are matched by name with the model's schema; pass schema= if they are named differently."
    if len(set(fields)) < len(fields):
        twice = next(field for place, field in enumerate(fields) if field in fields[:place])
        raise DataError(source, "line 1", "every column once", f"{twice!r} twice")
    given = set(fields)
    missing = [name for name in model.names if name not in given and name != model.target]
    if missing:
        raise DataError(source, "line 1", f"a column {_few(missing)}", "none of that name", remedy)
    unknown = [field for field in fields if field not in set(model.names)]
    if unknown:
        raise DataError(source, "line 1", "only columns of the model's schema", f"{_few(unknown)} as well", remedy)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"

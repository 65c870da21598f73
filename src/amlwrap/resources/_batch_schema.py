"""The schema of data at hand, worked out from another's schema and the data's own first line."""

from __future__ import annotations

from collections.abc import Sequence

from amlwrap._staging import Prepared
from amlwrap.documents import Schema
from amlwrap.documents.inference import other_separator
from amlwrap.exceptions import DataError, DocumentError

__all__ = ["batch_schema", "bound_schema", "schema_beside", "table_schema"]

_REMEDY = "Columns are matched by name with the schema; pass another schema= if they are named differently."


def table_schema(schema: Schema, fields: Sequence[str], source: str) -> Schema:
    """
    *schema* in the order of a table's columns, which it binds by name; what is made of a table has a header.

    Raises:
        DataError: Columns are missing, unknown, or twice there.

    >>> table_schema(Schema({"age": "NUMERIC", "job": "TEXT"}, header=False), ["job", "age"], "table").names
    ('job', 'age')
    """
    _check_fields(schema, fields, source)
    if schema.target is not None and schema.target not in fields:
        raise DataError(source, "", f"a column {schema.target!r}", "none of that name", _REMEDY)
    return schema.replace(attributes=tuple(schema[field] for field in fields), header=True)


def bound_schema(schema: Schema, prepared: Prepared) -> Schema:
    """*schema* as it binds the data: a table's columns by name, a file's by their order."""
    return table_schema(schema, prepared.first_fields(), prepared.source) if prepared.named else schema


def schema_beside(prepared: Prepared, target: str | None) -> Schema | None:
    """
    The schema that lies beside the data, with *target* if one is named; None where there is none.

    Raises:
        DocumentError: What lies there is no schema.
    """
    found = prepared.schema_beside()
    if found is None:
        return None
    try:
        schema = Schema.parse(found)
    except DocumentError as error:
        error.add_note(f"It was read from {prepared.schema_place}, which lies beside the data.")
        raise
    return schema if target is None else schema.replace(target=target)


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
        raise DataError(source, "line 1", f"{expected} values", f"{len(fields)}", other_separator(fields))
    _check_fields(model, fields, source)
    chosen = model if model.target in fields else without_target
    return chosen.replace(attributes=tuple(model[field] for field in fields))


def _without_target(model: Schema) -> Schema:
    kept = tuple(attribute for attribute in model.attributes if attribute.name != model.target)
    excluded = tuple(name for name in model.excluded if name != model.target)
    return model.replace(attributes=kept, target=None, excluded=excluded)


def _check_fields(model: Schema, fields: Sequence[str], source: str) -> None:
    if len(set(fields)) < len(fields):
        twice = next(field for place, field in enumerate(fields) if field in fields[:place])
        raise DataError(source, "line 1", "every column once", f"{twice!r} twice")
    given = set(fields)
    missing = [name for name in model.names if name not in given and name != model.target]
    if missing:
        raise DataError(
            source, "line 1", f"a column {_few(missing)}", "none of that name", other_separator(fields) or _REMEDY
        )
    unknown = [field for field in fields if field not in set(model.names)]
    if unknown:
        raise DataError(source, "line 1", "only columns of the schema", f"{_few(unknown)} as well", _REMEDY)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"

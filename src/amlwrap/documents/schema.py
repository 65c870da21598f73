"""The schema: what a data file's columns are called, what they hold and which of them is to be predicted."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Literal, cast

import attrs

from amlwrap._html import table
from amlwrap.documents._parsing import (
    MAX_CHARS,
    check_keys,
    close_matches,
    expect_boolean,
    expect_list,
    expect_mapping,
    expect_string,
    inside,
    load_json,
    shown,
)
from amlwrap.documents.attributes import MAX_NAME, Attribute, AttributeType, checked_name, checked_type
from amlwrap.documents.bounds import BeyondBound, Bounds, bounds
from amlwrap.exceptions import DocumentError

__all__ = ["MAX_NAME", "Attribute", "AttributeType", "Schema"]

_DOCUMENT = "schema"
_VERSION = ("version",)
_FORMAT = ("dataFormat",)
_HEADER = ("dataFileContainsHeader",)
# The guide's spelling, then the one of the older family in the API Reference.
_TARGET = ("targetAttributeName", "targetFieldName")
_ROW_ID = ("rowId", "recordAnnotationFieldName")
_ROW_WEIGHT = ("rowWeight", "recordWeightFieldName")
_ATTRIBUTES = ("attributes", "variables")
_EXCLUDED = ("excludedAttributeNames", "excludedVariableNames")
_NAME = ("attributeName", "fieldName")
_TYPE = ("attributeType", "fieldType")
_KEYS = (*_VERSION, *_ROW_ID, *_ROW_WEIGHT, *_TARGET, *_FORMAT, *_HEADER, *_ATTRIBUTES, *_EXCLUDED)


_MODEL_TYPES: Mapping[AttributeType, Literal["BINARY", "MULTICLASS", "REGRESSION"]] = {
    AttributeType.BINARY: "BINARY",
    AttributeType.CATEGORICAL: "MULTICLASS",
    AttributeType.NUMERIC: "REGRESSION",
}


def _attributes(given: Iterable[Attribute] | Mapping[str, AttributeType | str]) -> tuple[Attribute, ...]:
    if not isinstance(given, Mapping):
        return tuple(given)
    types = cast("Mapping[str, AttributeType | str]", given)
    return tuple(itertools.starmap(Attribute, types.items()))


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _reasons(given: Mapping[str, str]) -> Mapping[str, str]:
    return dict(given)


def _index(schema: Schema) -> dict[str, Attribute]:
    return {attribute.name: attribute for attribute in schema.attributes}


@attrs.frozen(slots=False)
class Schema:
    """
    What a data file's columns are called, what they hold and which of them is to be predicted.

    Attributes:
        attributes: The columns, in the file's order; a mapping of names to types will do.
        target: The attribute to predict; None where nothing is trained or evaluated.
        row_id: The attribute copied to predictions as ``tag``; never learned from.
        excluded: Attributes that are not learned from.
        header: Whether line 1 of each file holds names.
        row_weight: Kept as found; its meaning is not documented. Never learned from.
        reasons: Why `infer` chose each type, by attribute name; no part of the schema's identity.
        header_reason: Why it chose *header*; likewise.

    Raises:
        DocumentError: Names repeat or are missing, there are more than 1,000, or the target is TEXT.

    >>> schema = Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="y")
    >>> schema.model_type, schema["age"].type.value, [attribute.name for attribute in schema.inputs]
    ('BINARY', 'NUMERIC', ['age', 'job'])
    >>> Schema.parse(schema.render()) == schema
    True
    """

    attributes: tuple[Attribute, ...] = attrs.field(converter=_attributes)
    target: str | None = None
    row_id: str | None = None
    excluded: tuple[str, ...] = attrs.field(default=(), converter=_names)
    header: bool = True
    row_weight: str | None = None
    reasons: Mapping[str, str] = attrs.field(default={}, converter=_reasons, eq=False, repr=False, kw_only=True)
    header_reason: str = attrs.field(default="", eq=False, repr=False, kw_only=True)
    _by_name: dict[str, Attribute] = attrs.field(
        default=attrs.Factory(_index, takes_self=True), init=False, eq=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        self._check_attributes()
        for name, (path, _) in ((self.target, _TARGET), (self.row_id, _ROW_ID), (self.row_weight, _ROW_WEIGHT)):
            if name is not None:
                self._lookup(name, path)
        for position, name in enumerate(self.excluded):
            self._lookup(name, f"{_EXCLUDED[0]}[{position}]")
        if self.target is None:
            return
        if self.target == self.row_id:
            found = f"{shown(self.target)}, which is the row id"
            raise DocumentError(_DOCUMENT, _TARGET[0], "an attribute to predict", found)
        if self[self.target].type == AttributeType.TEXT:
            remedy = "Make it CATEGORICAL to predict one of several classes."
            found = f"{shown(self.target)}, which is TEXT"
            raise DocumentError(_DOCUMENT, _TARGET[0], "a BINARY, CATEGORICAL or NUMERIC attribute", found, remedy)

    def _check_attributes(self) -> None:
        most = bounds().attributes
        if not 1 <= len(self.attributes) <= most:
            expected, moved = f"1 to {most:,} attributes", "attributes" if self.attributes else ""
            raise BeyondBound(_DOCUMENT, _ATTRIBUTES[0], expected, f"{len(self.attributes):,}", "", moved)
        if len(self._by_name) < len(self.attributes):
            names = [attribute.name for attribute in self.attributes]
            position = next(place for place, name in enumerate(names) if name in names[:place])
            path = f"{_ATTRIBUTES[0]}[{position}].{_NAME[0]}"
            found = f"{shown(names[position])}, as at {_ATTRIBUTES[0]}[{names.index(names[position])}]"
            raise DocumentError(_DOCUMENT, path, "a name of its own", found)

    def _lookup(self, name: str, path: str) -> Attribute:
        try:
            return self._by_name[name]
        except KeyError:
            remedy = close_matches(name, self._by_name)
            raise DocumentError(_DOCUMENT, path, "the name of an attribute", shown(name), remedy) from None

    @staticmethod
    def parse(source: str | bytes | Mapping[str, Any]) -> Schema:
        """
        Read a schema from its JSON text, or from the object that text holds.

        Both families of keys that circulate are understood, mixed too: ``attributeName`` and ``fieldName``,
        ``targetAttributeName`` and ``targetFieldName``, ``rowId`` and ``recordAnnotationFieldName`` and so on. Only the
        attributes are required; without ``dataFileContainsHeader`` a header is expected.

        Raises:
            DocumentError: It is no schema; the path, what was expected and what was found are named.

        >>> Schema.parse('{"variables": [{"fieldName": "y", "fieldType": "BINARY"}], "targetFieldName": "Y"}')
        Traceback (most recent call last):
            ...
        amlwrap.exceptions.DocumentError: schema at targetAttributeName: expected the name of an attribute, found 'Y'.
        Did you mean 'y'?
        """
        return _of_text(source, bounds()) if isinstance(source, str) else _of_document(source)

    @classmethod
    def infer(
        cls,
        source: Any,
        *,
        target: str | None = None,
        row_id: str | None = None,
        header: bool | None = None,
        exclude: Sequence[str] = (),
        types: Mapping[str, AttributeType | str] | None = None,
    ) -> Schema:
        r"""
        The schema that a sample of the data suggests, with a reason for every guess in `reasons`.

        The sample is the first 1,000 records and, where the source can be read anywhere, blocks spread evenly over it.
        Then, by column:

        - BINARY: every value is a spelling of yes or no, both occur, and the rarer is at least 1 % of the sample (or
          all of the data was seen). Columns of 0 and 1 go with their family: ``pixel7`` is NUMERIC where most other
          ``pixel…`` hold other numbers.
        - NUMERIC: at least 90 % of the filled values are numbers. Numbers with leading zeros are codes: CATEGORICAL.
        - TEXT: at least 2 words a value and a third of the values distinct, or at least 8 words and a tenth distinct.
        - CATEGORICAL: everything else, and the row id.

        The target is BINARY when it holds both spellings at all, CATEGORICAL when it holds at most 20 distinct whole
        numbers, and never TEXT.

        Args:
            source: Path of a CSV (also gzipped), CSV bytes, an open file (read from where it stands, and put back
                there), a pandas, polars or Arrow table, ``(array, names)``, or a list of mappings.
            target: The attribute to predict.
            row_id: The attribute that identifies a record.
            header: Whether line 1 holds names; None to find out. Of a table: whether its CSV will have such a line.
            exclude: Attributes not to be learned from.
            types: What is known already, by attribute name.

        Raises:
            DataError: The source cannot be read as the service would; file and line are named.
            DocumentError: *target*, *row_id*, *exclude* or *types* name what is no column.

        >>> schema = Schema.infer(b"age,job,y\n31,cook,no\n44,smith,yes\n", target="y")
        >>> print(schema.describe())
        name  type         role    reason
        age   NUMERIC      input   numbers in 2 of 2 sampled records, 2 distinct
        job   CATEGORICAL  input   2 distinct in 2 sampled records, 1.0 words each
        y     BINARY       target  nothing but 'no' (1) and 'yes' (1) in 2 sampled records
        header: yes, line 1 holds 'y', a name that was asked for
        """
        from amlwrap.documents.inference import infer

        return infer(source, target=target, row_id=row_id, header=header, exclude=exclude, types=types or {})

    def to_dict(self) -> dict[str, object]:
        """The JSON object, in the service's order of keys."""
        return {
            "version": "1.0",
            "rowId": self.row_id,
            "rowWeight": self.row_weight,
            "targetAttributeName": self.target,
            "dataFormat": "CSV",
            "dataFileContainsHeader": self.header,
            "attributes": [
                {"attributeName": attribute.name, "attributeType": attribute.type.value}
                for attribute in self.attributes
            ],
            "excludedAttributeNames": list(self.excluded),
        }

    def render(self, indent: int | None = None) -> str:
        """The JSON text: compact as the service stores it, or spread out by *indent*."""
        return self._text if indent is None else json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    @cached_property
    def _text(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":"))

    def replace(self, **changes: Any) -> Schema:
        """
        A schema like this one but for *changes*.

        >>> Schema({"age": "NUMERIC"}).replace(target="age").model_type
        'REGRESSION'
        """
        return attrs.evolve(self, **changes)

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes' names, in order."""
        return tuple(self._by_name)

    @property
    def inputs(self) -> tuple[Attribute, ...]:
        """The attributes that may be learned from: all but target, row id, row weight and excluded ones."""
        others = {self.target, self.row_id, self.row_weight, *self.excluded}
        return tuple([attribute for attribute in self.attributes if attribute.name not in others])

    @property
    def model_type(self) -> Literal["BINARY", "MULTICLASS", "REGRESSION"] | None:
        """What a model of the target is; None without a target."""
        return None if self.target is None else _MODEL_TYPES[self[self.target].type]

    def type_of(self, name: str) -> AttributeType:
        """
        The type of the attribute *name*.

        Raises:
            DocumentError: There is none of that name.
        """
        return self[name].type

    def describe(self) -> str:
        """A table for reading: name, type, role and, if the schema was inferred, the reason for each type."""
        rows = [("name", "type", "role", "reason")]
        rows += [(a.name, a.type.value, self.role(a.name), self.reasons.get(a.name, "")) for a in self.attributes]
        widths = [max(len(row[place]) for row in rows) for place in range(3)]
        lines = ["  ".join([*map(str.ljust, row, widths), row[3]]) for row in rows]
        if self.header_reason:
            lines.append(f"header: {'yes' if self.header else 'no'}, {self.header_reason}")
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        rows = [(a.name, a.type.value, self.role(a.name), self.reasons.get(a.name, "")) for a in self.attributes]
        header = "with a header" if self.header else "without a header"
        return table(f"schema of {len(rows):,} attributes, {header}", ("name", "type", "role", "reason"), rows)

    def role(self, name: str) -> str:
        """
        What the attribute *name* is for: ``"input"``, ``"target"``, ``"row id"``, ``"row weight"`` or ``"excluded"``.

        >>> Schema({"id": "CATEGORICAL", "age": "NUMERIC"}, row_id="id").role("id")
        'row id'
        """
        roles = {self.target: "target", self.row_id: "row id", self.row_weight: "row weight"}
        return roles.get(name, "excluded" if name in self.excluded else "input")

    def __getitem__(self, name: str) -> Attribute:
        return self._lookup(name, "")

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self.attributes)

    def __len__(self) -> int:
        return len(self.attributes)


@lru_cache(maxsize=8)
def _of_text(text: str, _: Bounds) -> Schema:
    """
    The schema in *text*, read under these bounds.

    It is kept: a datasource, its slices, their models and all that is asked about them read the same few texts.
    """
    return _of_document(text)


def _of_document(source: str | bytes | Mapping[str, Any]) -> Schema:
    document = load_json(_DOCUMENT, source, max_chars=MAX_CHARS)
    check_keys(_DOCUMENT, document, _KEYS)
    for spellings, only in ((_VERSION, "1.0"), (_FORMAT, "CSV")):
        path, value = _pick(document, spellings)
        if value not in (None, only):
            raise DocumentError(_DOCUMENT, path, f'"{only}"', shown(value))
    path, header = _pick(document, _HEADER)
    return Schema(
        _parse_attributes(*_pick(document, _ATTRIBUTES)),
        target=_parse_name(*_pick(document, _TARGET)),
        row_id=_parse_name(*_pick(document, _ROW_ID)),
        excluded=_parse_names(*_pick(document, _EXCLUDED)),
        header=header is None or expect_boolean(_DOCUMENT, header, path),
        row_weight=_parse_name(*_pick(document, _ROW_WEIGHT)),
    )


def _pick(mapping: Mapping[str, object], spellings: Sequence[str], path: str = "") -> tuple[str, object]:
    """The path and value of the one of *spellings* that is there and not null."""
    present = [key for key in spellings if mapping.get(key) is not None]
    key = (present or spellings)[0]
    for other in present[1:]:
        if mapping[other] != mapping[key]:
            expected = f"{shown(mapping[key])}, as {key} says"
            raise DocumentError(_DOCUMENT, inside(path, other), expected, shown(mapping[other]))
    return inside(path, key), mapping.get(key)


def _parse_attributes(path: str, value: object) -> list[Attribute]:
    if value is None:
        raise DocumentError(_DOCUMENT, path, "a list of attributes", "none")
    return [
        _parse_attribute(f"{path}[{position}]", member)
        for position, member in enumerate(expect_list(_DOCUMENT, value, path))
    ]


def _parse_attribute(path: str, value: object) -> Attribute:
    mapping = expect_mapping(_DOCUMENT, value, path)
    check_keys(_DOCUMENT, mapping, (*_NAME, *_TYPE), path)
    name_path, name = _pick(mapping, _NAME, path)
    type_path, type_name = _pick(mapping, _TYPE, path)
    return Attribute(checked_name(name, name_path), checked_type(type_name, type_path))


def _parse_name(path: str, value: object) -> str | None:
    return None if value is None else expect_string(_DOCUMENT, value, path)


def _parse_names(path: str, value: object) -> list[str]:
    names = [] if value is None else expect_list(_DOCUMENT, value, path)
    return [expect_string(_DOCUMENT, name, f"{path}[{position}]") for position, name in enumerate(names)]

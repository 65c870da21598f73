"""
Where a batch prediction's files lie and what their columns mean: written and read by the same rules.

A result's columns are ``tag`` when the datasource's schema names a row id, ``trueLabel`` when it names a target, and
then the model's own: ``bestAnswer,score`` (BINARY), ``score`` (REGRESSION) or one column per class (MULTICLASS).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, TypeAlias

import attrs

from amlwrap.documents._parsing import shown
from amlwrap.exceptions import ConfigError, DocumentError

__all__ = [
    "MAX_MANIFEST_BYTES",
    "Layout",
    "Manifest",
    "ModelType",
    "columns",
    "manifest_uri",
    "parse_columns",
    "render_columns",
    "result_uri",
]

MAX_MANIFEST_BYTES = 64 << 20
"""The most bytes of a manifest that are read: room for a line about each of a hundred thousand files."""

ModelType: TypeAlias = Literal["BINARY", "MULTICLASS", "REGRESSION"]

_TAG, _TRUE_LABEL, _BEST_ANSWER, _SCORE = "tag", "trueLabel", "bestAnswer", "score"
_DOCUMENT = "batch prediction header"
_OUTPUT_URI = re.compile(r"s3://[^/]+(/.*)?", re.DOTALL)
_BLANKS = re.compile(r"\s*")
_FORBIDDEN = (":", "//", "/./", "/../")


def columns(model_type: ModelType, classes: Sequence[str], *, row_id: bool, target: bool) -> tuple[str, ...]:
    """
    The header of a result.

    Args:
        model_type: Of the model that predicts.
        classes: Of a MULTICLASS model, in the order of its scores; unused otherwise.
        row_id: Whether the datasource's schema names a row id.
        target: Whether it names a target.

    >>> columns("BINARY", (), row_id=True, target=True)
    ('tag', 'trueLabel', 'bestAnswer', 'score')
    >>> columns("MULTICLASS", ("red", "green"), row_id=False, target=False)
    ('red', 'green')
    """
    own = {"BINARY": (_BEST_ANSWER, _SCORE), "REGRESSION": (_SCORE,), "MULTICLASS": tuple(classes)}[model_type]
    return (*([_TAG] if row_id else ()), *([_TRUE_LABEL] if target else ()), *own)


@attrs.frozen
class Layout:
    """
    What stands where in a result's lines; positions count from 0, None when there is no such column.

    Attributes:
        columns: The header, split.
        model_type: What kind of model the columns imply.
        classes: Names of the class columns, which are the last ones; empty unless *model_type* is MULTICLASS.
    """

    columns: tuple[str, ...]
    model_type: ModelType
    tag: int | None = None
    true_label: int | None = None
    best_answer: int | None = None
    score: int | None = None
    classes: tuple[str, ...] = ()

    @property
    def class_columns(self) -> range:
        """Positions of the class columns, in the order of `classes`."""
        return range(len(self.columns) - len(self.classes), len(self.columns))


def parse_columns(header: str | Sequence[str]) -> Layout:
    """
    What the columns of a result mean.

    A class can be called ``tag``, ``trueLabel`` or ``bestAnswer`` only behind a column that really is one.

    Args:
        header: The header line, or its fields.

    Raises:
        DocumentError: No model writes such columns.

    >>> layout = parse_columns("tag,trueLabel,score")
    >>> layout.model_type, layout.tag, layout.true_label, layout.score
    ('REGRESSION', 0, 1, 2)
    >>> layout = parse_columns(["trueLabel", "red", "green"])
    >>> layout.model_type, layout.classes, list(layout.class_columns)
    ('MULTICLASS', ('red', 'green'), [1, 2])
    """
    fields = _split_header(header) if isinstance(header, str) else tuple(header)
    own = list(fields)
    positions: dict[str, int | None] = {}
    for name in (_TAG, _TRUE_LABEL, _BEST_ANSWER):
        positions[name] = len(fields) - len(own) if own[:1] == [name] else None
        if positions[name] is not None:
            own.pop(0)
    tag, true_label, best_answer = positions.values()
    place = Layout(fields, "MULTICLASS", tag, true_label, best_answer)
    if own == [_SCORE]:
        kind: ModelType = "REGRESSION" if best_answer is None else "BINARY"
        return attrs.evolve(place, model_type=kind, score=len(fields) - 1)
    _check_classes(fields, own)
    return attrs.evolve(place, classes=tuple(own))


def _split_header(line: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader([line.removeprefix("\ufeff").rstrip("\r\n")], strict=True), ()))
    except csv.Error as error:
        raise DocumentError(_DOCUMENT, "", "comma-separated names", f"{shown(line)} ({error})") from error


def _check_classes(fields: tuple[str, ...], classes: list[str]) -> None:
    if not classes:
        found = f"only {', '.join(fields)}" if fields else "an empty line"
        raise DocumentError(_DOCUMENT, "", "a score or a column per class", found)
    seen: set[str] = set()
    for position, name in enumerate(classes):
        if name in seen:
            path = f"column {len(fields) - len(classes) + position + 1}"
            raise DocumentError(_DOCUMENT, path, "a class of its own", f"{shown(name)} again")
        seen.add(name)


def render_columns(names: Iterable[str]) -> str:
    """
    The header line of *names*, quoted as CSV where needed, without its line end.

    >>> render_columns(("trueLabel", "salt, oil", "thyme"))
    'trueLabel,"salt, oil",thyme'
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def manifest_uri(output_uri: str, id: str) -> str:
    """
    Where the manifest of batch prediction *id* lies.

    Raises:
        ConfigError: *output_uri* is no S3 directory.

    >>> manifest_uri("s3://b/out/", "bp-1")
    's3://b/out/batch-prediction/bp-1.manifest'
    >>> manifest_uri("s3://b", "bp-1")
    's3://b/batch-prediction/bp-1.manifest'
    """
    return f"{_directory(output_uri)}batch-prediction/{id}.manifest"


def result_uri(output_uri: str, id: str, input_uri: str) -> str:
    """
    Where the result of batch prediction *id* for the input file *input_uri* lies.

    Raises:
        ConfigError: *output_uri* is no S3 directory, or *input_uri* no file.

    >>> result_uri("s3://b/out/", "bp-1", "s3://b/in/data.csv")
    's3://b/out/batch-prediction/result/bp-1-data.csv.gz'
    """
    bucket_and_key = input_uri.removeprefix("s3://")
    name = bucket_and_key.rpartition("/")[2]
    if bucket_and_key == input_uri or not name or name == bucket_and_key:
        raise ConfigError("input URI", repr(input_uri), "the s3:// URI of a file")
    return f"{_directory(output_uri)}batch-prediction/result/{id}-{name}.gz"


def _directory(output_uri: str) -> str:
    """*output_uri* with its closing slash, which only a bare bucket may lack."""
    match = _OUTPUT_URI.fullmatch(output_uri)
    if match is None:
        raise ConfigError("output URI", repr(output_uri), "an s3:// URI")
    key = match[1]
    if key is None:
        return f"{output_uri}/"
    if not key.endswith("/"):
        raise ConfigError("output URI", repr(output_uri), "a directory, ending in '/'", f"Write {output_uri + '/'!r}.")
    for mark in _FORBIDDEN:
        if mark in key:
            raise ConfigError("output URI", repr(output_uri), f"no {mark!r} in its key")
    return output_uri


def _frozen_results(given: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(given))


@attrs.frozen
class Manifest:
    """
    Which result belongs to which input file, both as ``s3://`` URIs.

    >>> manifest = Manifest.plan("s3://b/out/", "bp-1", ["s3://b/in/data.csv"])
    >>> print(manifest.render())
    {"s3://b/in/data.csv":"s3://b/out/batch-prediction/result/bp-1-data.csv.gz"}
    >>> Manifest.parse(manifest.render()) == manifest
    True
    """

    results: Mapping[str, str] = attrs.field(converter=_frozen_results)

    def __hash__(self) -> int:
        return hash(frozenset(self.results.items()))

    def __reduce__(self) -> tuple[object, ...]:
        return (Manifest, (dict(self.results),))

    @classmethod
    def plan(cls, output_uri: str, id: str, input_uris: Iterable[str]) -> Manifest:
        """
        Where the results of batch prediction *id* are to be written.

        Raises:
            ConfigError: Two input files share their last name part, so one result would overwrite the other.
        """
        inputs: dict[str, str] = {}
        for uri in input_uris:
            other = inputs.setdefault(result_uri(output_uri, id, uri), uri)
            if other != uri:
                raise ConfigError("input URI", repr(uri), f"a file name other than that of {other!r}")
        return cls({uri: result for result, uri in inputs.items()})

    @classmethod
    def parse(cls, source: str | bytes) -> Manifest:
        """
        Read a manifest: one JSON object, on one line or spread over many, or one object per line.

        Raises:
            DocumentError: It maps anything but URIs to URIs, or one input to two results.
        """
        results: dict[str, str] = {}
        for uri, result in _pairs(_decoded(source)):
            if not isinstance(result, str) or not result.startswith("s3://") or not uri.startswith("s3://"):
                raise DocumentError("manifest", shown(uri), "an s3:// URI for an s3:// URI", shown(result))
            if results.setdefault(uri, result) != result:
                found = f"{shown(results[uri])} and {shown(result)}"
                raise DocumentError("manifest", shown(uri), "one result per input", found)
        return cls(results)

    def render(self) -> str:
        """The manifest as one line of JSON."""
        return json.dumps(dict(self.results), ensure_ascii=False, separators=(",", ":"))


def _decoded(source: str | bytes) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError("manifest", f"byte {error.start}", "UTF-8 text", f"0x{source[error.start]:02x}") from error


def _pairs(text: str) -> list[tuple[str, object]]:
    """The members of all JSON objects in *text*, which nothing but blanks may separate."""
    decoder = json.JSONDecoder(object_pairs_hook=lambda pairs: pairs)
    found: list[tuple[str, object]] = []
    position = _skip_blanks(text, 0)
    if position == len(text):
        raise DocumentError("manifest", "", "a JSON object", "nothing")
    while position < len(text):
        place = f"character {position + 1}"
        if not text.startswith("{", position):
            raise DocumentError("manifest", place, "a JSON object", repr(text[position : position + 40]))
        try:
            pairs, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise DocumentError("manifest", place, "a JSON object", str(error)) from error
        found.extend(pairs)
        position = _skip_blanks(text, position)
    return found


def _skip_blanks(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return position if match is None else match.end()

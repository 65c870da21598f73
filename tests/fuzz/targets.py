"""What strangers send, as bytes: each target takes any, and lets out nothing but errors of our own."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeAlias

from amlwrap.documents import Rearrangement, Recipe, Schema, TrainingParameters
from amlwrap.documents.predictions import Manifest, parse_columns
from amlwrap.exceptions import AmlwrapError, DocumentError
from amlwrap.labels import ProbabilityMatrix
from amlwrap.labels._reading import content_of
from amlwrap.local.description import describe
from amlwrap.local.engine import Engine, open_engine
from amlwrap.local.ingest.records import READABLE, sieve
from amlwrap.objects import Folder

Target: TypeAlias = Callable[[bytes], None]

_MOST_MESSAGE = 4_000
_SCHEMA = Schema(
    {"n": "NUMERIC", "m": "NUMERIC", "c": "CATEGORICAL", "b": "BINARY", "t": "TEXT", "y": "BINARY"}, target="y"
)
_OPERATIONS = tuple(sorted(describe().operations))


def recipe(data: bytes) -> None:
    """A recipe that parses is the same when it is written and read again, and resolves to few outputs or not at all."""
    with told():
        parsed = Recipe.parse(data)
        assert parsed == Recipe.parse(parsed.render())
        assert 1 <= len(parsed.resolve(_SCHEMA)) <= 10_000


def schema(data: bytes) -> None:
    """Likewise a schema."""
    with told():
        parsed = Schema.parse(data)
        assert parsed == Schema.parse(parsed.render())
        with suppress(DocumentError):
            Recipe.parse('{"outputs": ["ALL_INPUTS"]}').resolve(parsed)


def rearrangement(data: bytes) -> None:
    """Likewise a rearrangement."""
    with told():
        parsed = Rearrangement.parse(data)
        assert parsed == Rearrangement.parse(parsed.render())


def parameters(data: bytes) -> None:
    """Likewise training parameters."""
    with told():
        parsed = TrainingParameters.parse(data)
        assert parsed == TrainingParameters.parse(parsed.to_map())


def request(data: bytes) -> None:
    """Whatever the body, the engine answers: the first byte chooses the operation."""
    operation = _OPERATIONS[data[0] % len(_OPERATIONS)] if data else "Predict"
    reply = engine().protocol.answer(f"AmazonML_20141212.{operation}", data[1:])
    answer = json.loads(reply.body)
    assert reply.status in {200, 400, 413}, answer
    assert len(answer.get("message", "")) <= 2048


@cache
def engine() -> Engine:
    """One that runs no job."""
    return open_engine(workers=0)


def result(data: bytes) -> None:
    """The result of a batch prediction, plain or compressed."""
    with told():
        matrix = ProbabilityMatrix.read(io.BytesIO(data), limit=1 << 20)
        assert matrix.values.shape[1] == len(matrix.classes)


def header(data: bytes) -> None:
    """Its first line."""
    with told():
        parse_columns(data.decode(errors="replace"))


def manifest(data: bytes) -> None:
    """A manifest is the same when it is written and read again."""
    with told():
        parsed = Manifest.parse(data)
        assert parsed == Manifest.parse(parsed.render())


def unzipped(data: bytes) -> None:
    """What is compressed never becomes more than was allowed."""
    with told():
        assert len(content_of(io.BytesIO(data), "noise", 1 << 16)) <= 1 << 16


def records(data: bytes) -> None:
    """The records that the reader takes are read as Python's own csv reads their lines."""
    n_fields = 1 + (data[0] % 4 if data else 0)
    found = sieve(data[1:], n_fields)
    lines: list[bytes] = data[1:].split(b"\n")
    assert found.places is not None
    kept = [lines[int(place)] for place in found.places.lines[found.places.faults == READABLE]]
    expected = [next(csv.reader([line.decode().removesuffix("\r")], strict=True)) for line in kept]
    assert {n_fields} >= {len(fields) for fields in expected}
    ours = [line.removesuffix("\r") for line in found.data.decode().split("\n")[: len(kept)]]
    assert expected == [[_bare(field, found.quoted) for field in line.split(found.separator)] for line in ours]
    starts: list[int] = found.places.starts.tolist()
    assert sorted(set(starts)) == starts


def _bare(field: str, quoted: bool) -> str:
    return field[1:-1].replace('""', '"') if quoted and field.startswith('"') else field


def key(data: bytes) -> None:
    """Whatever the bucket and key, one file inside the bucket, or none at all; and it is listed under its name."""
    uri = "s3://" + data.decode(errors="surrogateescape")
    root = scratch()
    before = _tree(root)
    store = Folder(root / "home/s3")
    with told():
        store.put_bytes(uri, b"1")
        assert b"1" == Path(str(store.local_path(uri))).read_bytes()
        assert uri in {info.uri for info in store.list(uri)}
    made = _tree(root) - before
    outside = {path for path in made if not os.path.realpath(path).startswith(f"{os.path.realpath(root)}/home/s3/")}
    assert set() == outside
    assert b"secret" == (root / "secret").read_bytes()
    for path in sorted((path for path in made if path.is_file()), reverse=True):
        path.unlink()
        for parent in path.parents:
            if parent == root / "home/s3" or any(parent.iterdir()):
                break
            parent.rmdir()


@cache
def scratch() -> Path:
    """A folder with a home, buckets, links that lead out of them, and something nobody may touch."""
    root = Path(tempfile.mkdtemp(prefix="amlwrap-fuzz-"))
    (root / "secret").write_bytes(b"secret")
    bucket = root / "home/s3/b"
    bucket.mkdir(parents=True)
    (bucket / "out").symlink_to(root)
    (bucket / "file").symlink_to(root / "secret")
    (bucket / "loop").symlink_to("loop")
    (root / "home/s3/link").symlink_to(root)
    return root


def _tree(root: Path) -> set[Path]:
    return {Path(place, name) for place, folders, names in os.walk(root) for name in (*folders, *names)}


class told:  # noqa: N801 - read as a word of the test
    """A block out of which come none but errors of ours, in not too many words."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        """Whether it is one of ours."""
        if isinstance(error, AmlwrapError):
            assert len(str(error)) < _MOST_MESSAGE, str(error)[:_MOST_MESSAGE]
            return True
        return False


TARGETS: Mapping[str, Target] = {
    target.__name__: target
    for target in (
        recipe, schema, rearrangement, parameters, request, result, header, manifest, unzipped, records, key,
    )
}  # fmt: skip

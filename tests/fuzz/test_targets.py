"""The same targets from hypothesis, from what is built to hurt, and, where it is there, for a moment from atheris."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from amlwrap.documents import Recipe, Schema
from amlwrap.exceptions import DocumentError
from tests.fuzz.targets import TARGETS, engine

MOST_SECONDS, MOST_BYTES = 10.0, 256 << 20

WORDS: dict[str, tuple[str, ...]] = {
    "recipe": (
        *("groups", "assignments", "outputs", "ALL_INPUTS", "ALL_TEXT", "ALL_NUMERIC", "group(", "group_remove("),
        *("cartesian(", "ngram(", "osb(", "lowercase(", "no_punct(", "quantile_bin(", "normalize(", ")", ",", "t", "n"),
        *("c", "b", "m", "2", "10", "1001", "'", "\\\\", "//", '\\"', "é", "\\u0000", "\\ud800", "G", "A"),
    ),
    "schema": (
        *("version", "1.0", "attributes", "attributeName", "attributeType", "NUMERIC", "TEXT", "BINARY", "rowId", "a"),
        *("targetAttributeName", "variables", "fieldName", "fieldType", "excludedAttributeNames", "b", "\\ud800"),
        *("dataFormat", "CSV", "dataFileContainsHeader", "recordWeightFieldName", "é"),
    ),
    "rearrangement": (
        *("splitting", "percentBegin", "percentEnd", "strategy", "random", "sequential", "complement", "true"),
        *("strategyParams", "randomSeed", "1", "100"),
    ),
    "parameters": (
        *("sgd.maxPasses", "sgd.shuffleType", "auto", "none", "sgd.l1RegularizationAmount", "1e-6", "1e999", "0"),
        *("sgd.l2RegularizationAmount", "sgd.maxMLModelSizeInBytes", "100000", "algorithm", "sgd"),
    ),
    "request": (
        *("DataSourceId", "MLModelId", "EvaluationId", "FilterVariable", "CreatedAt", "Name", "EQ", "GT", "Prefix"),
        *("NextToken", "Limit", "SortOrder", "dsc", "Record", "PredictEndpoint", "Tags", "Key", "Value", "ResourceId"),
        *("DataSpec", "DataSchema", "DataLocationS3", "s3://b/k", "1e300", "0001-01-01T00:00:00+23:59", "-1e300"),
        *("9999-12-31T23:59:59-23:59", "ResourceType", "MLModel", "Parameters", "MLModelType", "BINARY"),
    ),
    "manifest": ("s3://b/a", "s3://b/b", "s3://", "b"),
}
CRUMBS: dict[str, list[bytes]] = {
    "result": b'tag, trueLabel, bestAnswer, score \n 0.5 1 , " NaN a \xff'.split(b" "),
    "header": b'tag, trueLabel, bestAnswer, score , " a \0 \r'.split(b" "),
    "unzipped": [gzip.compress(b"x" * 99, mtime=0), gzip.compress(bytes(99_999), mtime=0), b"\0", b"\x1f\x8b", b"\x1f"],
    "records": b'1 a , " \n \r \r\n \0 \xff \x1f \xc3\xa9'.split(b" "),
    "key": [
        *b"b / .. . out file loop link %2e%2e \\ \0 \xc3\xa9 e\xcc\x81 \xff C: B".split(b" "),
        b"x" * 250,
        b"b/",
    ],
}
DEEP = b"[" * 20_000


@st.composite
def json_texts(draw: DrawFn, words: tuple[str, ...]) -> bytes:
    """JSON of the words a document is made of, most of it well-formed."""
    text: SearchStrategy[object] = st.lists(st.sampled_from(words), min_size=1, max_size=6).map("".join)
    scalars = text | st.sampled_from(words) | st.integers() | st.floats() | st.booleans() | st.none()
    value = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(words), inner, max_size=5),
        max_leaves=20,
    )
    body = json.dumps(draw(st.dictionaries(st.sampled_from(words), value, max_size=6))).encode()
    body = body.replace(b"\\\\u", b"\\u")
    place = draw(st.integers(0, len(body)))
    return (
        body[:place]
        + draw(st.sampled_from([b""] * 6 + [b"}", b",", b"\xff", b'"', b"NaN", b"1" * 5000]))
        + body[place:]
    )


def inputs(name: str) -> SearchStrategy[bytes]:
    """What is worth sending to the target *name*."""
    if name == "request":
        return st.tuples(st.binary(min_size=1, max_size=1), json_texts(WORDS[name])).map(b"".join)
    if name in WORDS:
        return json_texts(WORDS[name]) | st.binary(max_size=50)
    crumbs = CRUMBS[name]
    mixed = st.lists(st.sampled_from(crumbs) | st.binary(max_size=3), max_size=20).map(b"".join)
    return st.tuples(st.binary(max_size=1), mixed).map(b"".join) if name == "records" else mixed


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_only_errors_of_our_own(name: str, data: st.DataObject) -> None:
    """Whatever is sent is taken, or refused in words of ours."""
    TARGETS[name](data.draw(inputs(name)))


TIMES = ("1e300", "-1e300", "nan", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59")
NASTY: dict[str, list[bytes]] = {
    **{name: [DEEP, b'{"a":' * 20_000] for name in ("schema", "rearrangement", "parameters")},
    "recipe": [DEEP, b'{"outputs":["' + b"lowercase(" * 13_000 + b'"]}'],
    "request": [
        bytes([operation]) + body
        for operation in range(28)
        for body in (
            *(b'{"Tags":' + b"[" * depth + b"]" * depth + b"}" for depth in (500, 3_000, 9_000, 20_000)),
            *(json.dumps({"FilterVariable": "CreatedAt", "GT": moment}).encode() for moment in TIMES),
            b'{"Tags":[' + b"[]," * 400_000 + b"[]]}",
            b'{"Name":"' + b'\\"' * 1_000_000,
        )
    ],
    "manifest": [DEEP, *(b'{"s3://b/a":' + b"[" * depth + b"]" * depth + b"}" for depth in (900, 5_000, 9_900))],
    "header": [b",".join(b"%d" % number for number in range(100_000)), b'"' + b"x" * 200_000],
    "unzipped": [
        gzip.compress(bytes(100 << 20), mtime=0),
        gzip.compress(b"", mtime=0) * 50_000,
        gzip.compress(b"x", mtime=0) + b"garbage",
    ],
    "result": [gzip.compress(b"a,b\n" + b"0.5,0.5\n" * 400_000, mtime=0)],
}


@pytest.mark.parametrize("name", NASTY)
def test_what_is_built_to_hurt(name: str) -> None:
    """Depth, length and repetition cost time and memory in proportion, and end in an answer."""
    for data in NASTY[name]:
        TARGETS[name](data)


def bounded(work: object) -> None:
    """Run *work*, which is to be refused, within some seconds of the processor and a few hundred megabytes."""
    assert callable(work)
    began = time.thread_time()
    with pytest.raises(DocumentError):
        work()
    assert time.thread_time() - began < MOST_SECONDS
    tracemalloc.start()  # it makes everything slow, and is no part of the time
    try:
        with pytest.raises(DocumentError):
            work()
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


WIDE = Schema({**{f"t{number}": "TEXT" for number in range(999)}, "y": "BINARY"}, target="y")
OVER = "cartesian(" + ",".join(["ALL_TEXT"] * 14_000) + ")"


@pytest.mark.parametrize(
    "document",
    [
        {"groups": {"g": "group(ALL_TEXT)", "h": f"group({','.join(['g'] * 60_000)})"}, "outputs": ["h"]},
        {"groups": {"g": "group(ALL_TEXT)", "h": f"group_remove({','.join(['g'] * 60_000)})"}, "outputs": ["ALL_TEXT"]},
        {"outputs": [OVER]},
        {"groups": {"none": "group_remove(ALL_TEXT,ALL_TEXT)"}, "outputs": [f"{OVER[:-1]},none)"]},
        {"outputs": ["ALL_TEXT"] * 11_000},
        {
            "assignments": {
                "a0": "ALL_TEXT",
                **{f"a{number}": f"cartesian(a{number - 1},a{number - 1})" for number in range(1, 40)},
            },
            "outputs": ["a39"],
        },
        {"assignments": {f"a{number}": f"lowercase(a{number + 1})" for number in range(3_000)}, "outputs": ["a0"]},
        {"outputs": ["cartesian(ALL_TEXT,t1)"] * 3_000},
    ],
    ids=[
        "group of a group",
        "removed again and again",
        "product",
        "empty product",
        "outputs",
        "squares",
        "chain",
        "repeats",
    ],
)
def test_recipes_that_grow(document: dict[str, object]) -> None:
    """A short recipe that asks for an enormous matrix is refused before any of it is made."""
    if document["outputs"] == ["ALL_TEXT"]:
        document = {**document, "outputs": ["h"]}
    bounded(lambda: Recipe.parse(json.dumps(document)).resolve(WIDE))


def test_long_keys_are_not_copied_into_every_path() -> None:
    """An object under a key of half the text's length, with thousands of members, is read in no time."""
    text = json.dumps({"k" * 65_000: dict.fromkeys(map(str, range(6_000)), 1)})
    bounded(lambda: Schema.parse(text))


def test_faults_beyond_number_are_not_listed() -> None:
    """A request that is wrong in 300,000 places is refused in one short message."""
    body = json.dumps({"ResourceId": "x", "ResourceType": "MLModel", "Tags": [1] * 300_000}).encode()
    began = time.process_time()
    reply = engine().protocol.answer("AmazonML_20141212.AddTags", body)

    assert time.process_time() - began < MOST_SECONDS
    assert (400, True) == (reply.status, len(reply.body) < 1_000)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("name", TARGETS)
def test_atheris_for_a_moment(name: str, tmp_path: Path) -> None:
    """Every target runs under the fuzzer; `tox run -e fuzz` gives it minutes."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.fuzz", name, "-runs=300", f"-artifact_prefix={tmp_path}/"]
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), *filter(None, sys.path)])
    done = subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stderr[-3_000:]

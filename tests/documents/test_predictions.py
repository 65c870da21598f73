"""Batch-prediction files: keys, columns and manifests."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.documents.predictions import (
    Layout,
    Manifest,
    ModelType,
    columns,
    manifest_uri,
    parse_columns,
    render_columns,
    result_uri,
)
from amlwrap.exceptions import ConfigError, DocumentError

RESULT = "s3://b/out/batch-prediction/result/bp-1-data1.csv.gz"


class TestColumns:
    @pytest.mark.parametrize(
        ("model_type", "row_id", "target", "expected"),
        [
            ("BINARY", False, False, ("bestAnswer", "score")),
            ("BINARY", True, False, ("tag", "bestAnswer", "score")),
            ("BINARY", False, True, ("trueLabel", "bestAnswer", "score")),
            ("BINARY", True, True, ("tag", "trueLabel", "bestAnswer", "score")),
            ("REGRESSION", False, False, ("score",)),
            ("REGRESSION", True, True, ("tag", "trueLabel", "score")),
            ("MULTICLASS", False, False, ("red", "blue")),
            ("MULTICLASS", True, True, ("tag", "trueLabel", "red", "blue")),
        ],
    )
    def test_order(self, model_type: ModelType, row_id: bool, target: bool, expected: tuple[str, ...]) -> None:
        """Tag comes first, then the true label, then what the model gives."""
        assert expected == columns(model_type, ("red", "blue"), row_id=row_id, target=target)

    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("bestAnswer,score", Layout(("bestAnswer", "score"), "BINARY", best_answer=0, score=1)),
            (
                "tag,trueLabel,bestAnswer,score\r\n",
                Layout(("tag", "trueLabel", "bestAnswer", "score"), "BINARY", 0, 1, best_answer=2, score=3),
            ),
            ("score\n", Layout(("score",), "REGRESSION", score=0)),
            ("\ufefftag,score", Layout(("tag", "score"), "REGRESSION", tag=0, score=1)),
            ("0,1", Layout(("0", "1"), "MULTICLASS", classes=("0", "1"))),
            ('tag,"a,b",c', Layout(("tag", "a,b", "c"), "MULTICLASS", tag=0, classes=("a,b", "c"))),
            (
                "trueLabel,bestAnswer,a,b",
                Layout(
                    ("trueLabel", "bestAnswer", "a", "b"),
                    "MULTICLASS",
                    true_label=0,
                    best_answer=1,
                    classes=("a", "b"),
                ),
            ),
        ],
    )
    def test_real_headers_are_understood(self, header: str, expected: Layout) -> None:
        """Every documented or observed header gives its positions and its model type."""
        assert expected == parse_columns(header)

    def test_class_columns_are_the_last(self) -> None:
        """Class columns are given by position."""
        assert range(2, 5) == parse_columns("tag,trueLabel,a,b,c").class_columns

    def test_no_class_columns_beside_a_score(self) -> None:
        """A binary result has no class columns."""
        assert [] == list(parse_columns("tag,bestAnswer,score").class_columns)

    @given(
        st.lists(st.text(), min_size=2, unique=True).filter(
            lambda names: names[0] not in ("tag", "trueLabel", "bestAnswer")
        ),
        st.booleans(),
        st.booleans(),
    )
    def test_parse_inverts_columns(self, classes: list[str], row_id: bool, target: bool) -> None:
        """Whatever the classes are called, the reader finds them where the writer put them."""
        header = columns("MULTICLASS", classes, row_id=row_id, target=target)

        layout = parse_columns(header)

        assert tuple(classes) == layout.classes
        assert header == layout.columns
        assert classes == [header[position] for position in layout.class_columns]
        assert row_id == (layout.tag is not None)
        assert target == (layout.true_label is not None)

    @given(st.lists(st.text(st.characters(exclude_characters="\r\n\0\ufeff")), min_size=1))
    def test_rendered_header_splits_into_the_same_names(self, names: list[str]) -> None:
        """Names holding commas and quotes come back from the header line."""
        expected = [f"x{name}" for name in names]

        assert tuple(dict.fromkeys(expected)) == parse_columns(render_columns(dict.fromkeys(expected))).columns

    @pytest.mark.parametrize(
        ("header", "message"),
        [
            ("", "a score or a column per class, found an empty line"),
            ("tag,trueLabel", "found only tag, trueLabel"),
            ("a,b,a", "column 3: expected a class of its own, found 'a' again"),
            ('a,"b', "expected comma-separated names"),
        ],
    )
    def test_impossible_headers_are_refused(self, header: str, message: str) -> None:
        """A header that no model writes says why."""
        with pytest.raises(DocumentError, match=message):
            parse_columns(header)


class TestUris:
    @pytest.mark.parametrize(
        ("output_uri", "expected"),
        [
            ("s3://b/out/", "s3://b/out/batch-prediction/"),
            ("s3://b/", "s3://b/batch-prediction/"),
            ("s3://b", "s3://b/batch-prediction/"),
            ("s3://b/x/y/", "s3://b/x/y/batch-prediction/"),
        ],
    )
    def test_keys(self, output_uri: str, expected: str) -> None:
        """Manifest and results lie below batch-prediction/ of the output directory."""
        assert f"{expected}bp-1.manifest" == manifest_uri(output_uri, "bp-1")
        assert f"{expected}result/bp-1-d.csv.gz" == result_uri(output_uri, "bp-1", "s3://in/some/d.csv")

    @pytest.mark.parametrize(
        ("output_uri", "message"),
        [
            ("s3://b/out", "a directory, ending in '/'"),
            ("out/", "an s3:// URI"),
            ("s3://", "an s3:// URI"),
            ("s3://b/a:b/", "no ':' in its key"),
            ("s3://b//a/", "no '//' in its key"),
            ("s3://b/../a/", "no '/../' in its key"),
        ],
    )
    def test_bad_output_uris_are_refused(self, output_uri: str, message: str) -> None:
        """An output URI that is no directory, or is forbidden by the service, is named."""
        with pytest.raises(ConfigError) as caught:
            manifest_uri(output_uri, "bp-1")

        assert message in str(caught.value)

    @pytest.mark.parametrize("uri", ["s3://b/in/", "s3://b", "in/data.csv"])
    def test_input_must_be_a_file(self, uri: str) -> None:
        """Only a file has a result of its own."""
        with pytest.raises(ConfigError, match="input URI"):
            result_uri("s3://b/out/", "bp-1", uri)


class TestManifest:
    @pytest.mark.parametrize(
        "text",
        [
            '{"s3://b/1":"s3://r/1","s3://b/2":"s3://r/2"}',
            '\ufeff{\n  "s3://b/1" : "s3://r/1",\n  "s3://b/2" : "s3://r/2"\n}\n',
            '{"s3://b/1":"s3://r/1"}\n{"s3://b/2":"s3://r/2"}\n',
            b'{"s3://b/1":"s3://r/1"}\r\n{"s3://b/2":"s3://r/2"}',
        ],
    )
    def test_one_line_or_many(self, text: str | bytes) -> None:
        """However the pairs are spread over lines, they are read."""
        assert {"s3://b/1": "s3://r/1", "s3://b/2": "s3://r/2"} == dict(Manifest.parse(text).results)

    @given(st.dictionaries(st.text().map("s3://{}".format), st.text().map("s3://{}".format)))
    def test_parse_inverts_render(self, results: dict[str, str]) -> None:
        """A rendered manifest reads back as it was."""
        manifest = Manifest(results)

        assert manifest == Manifest.parse(manifest.render())

    def test_plan_follows_the_inputs(self) -> None:
        """Each input file gets a result named after it."""
        assert {"s3://b/in/data1.csv": RESULT} == dict(
            Manifest.plan("s3://b/out/", "bp-1", ["s3://b/in/data1.csv"]).results
        )

    def test_plan_refuses_results_that_would_overwrite(self) -> None:
        """Two inputs with one name cannot both have a result."""
        with pytest.raises(ConfigError, match=r"other than that of 's3://b/x/d\.csv'"):
            Manifest.plan("s3://b/out/", "bp-1", ["s3://b/x/d.csv", "s3://b/y/d.csv"])

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "a JSON object, found nothing"),
            (" \n", "a JSON object, found nothing"),
            ("[]", "at character 1: expected a JSON object"),
            ('{"s3://b/1":"s3://r/1"', "at character 1: expected a JSON object"),
            ('{"s3://b/1":"s3://r/1"} oops', "at character 25: expected a JSON object, found 'oops'"),
            ('{"s3://b/1":3}', "an s3:// URI for an s3:// URI, found 3"),
            ('{"data.csv":"s3://r/1"}', "at 'data.csv': expected an s3:// URI"),
            ('{"s3://b/1":"s3://r/1","s3://b/1":"s3://r/2"}', "one result per input"),
            (b"\xff", "at byte 0: expected UTF-8 text, found 0xff"),
            ('{"a":' + "[" * 100_000, "a JSON object"),
            ('{"a":' + "9" * 10_000 + "}", "a JSON object"),
        ],
    )
    def test_bad_manifests_are_refused(self, text: str | bytes, message: str) -> None:
        """A manifest that cannot be read says where and why."""
        with pytest.raises(DocumentError) as caught:
            Manifest.parse(text)

        assert message in str(caught.value)

    def test_survives_pickle(self) -> None:
        """A manifest can be pickled, copied and used as a key."""
        manifest = Manifest({"s3://b/1": RESULT})

        assert manifest == pickle.loads(pickle.dumps(manifest))
        assert {manifest: 1} == {copy.deepcopy(manifest): 1}

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given

from amlwrap.documents import Attribute, AttributeType, Schema
from amlwrap.documents.bounds import within
from amlwrap.exceptions import DocumentError
from tests.strategies import schemas

GUIDE = (
    '{"version":"1.0","rowId":null,"rowWeight":null,"targetAttributeName":"y","dataFormat":"CSV",'
    '"dataFileContainsHeader":true,"attributes":[{"attributeName":"age","attributeType":"NUMERIC"},'
    '{"attributeName":"y","attributeType":"BINARY"}],"excludedAttributeNames":[]}'
)
OLD = {
    "version": "1.0",
    "recordAnnotationFieldName": "id",
    "recordWeightFieldName": "w",
    "targetFieldName": "y",
    "dataFormat": "CSV",
    "dataFileContainsHeader": False,
    "variables": [
        {"fieldName": "id", "fieldType": "CATEGORICAL"},
        {"fieldName": "w", "fieldType": "NUMERIC"},
        {"fieldName": "y", "fieldType": "BINARY"},
    ],
    "excludedVariableNames": ["w"],
}


@pytest.fixture
def schema() -> Schema:
    """One attribute for every role."""
    return Schema(
        {"id": "CATEGORICAL", "age": "NUMERIC", "title": "TEXT", "spare": "BINARY", "y": "BINARY"},
        target="y",
        row_id="id",
        excluded=["spare"],
    )


class TestParse:
    @given(schemas())
    def test_parse_undoes_render(self, schema: Schema) -> None:
        """What is rendered is parsed as what it was, from text, bytes and the object alike."""
        assert schema == Schema.parse(schema.render())
        assert schema == Schema.parse(schema.render(indent=2).encode())
        assert schema == Schema.parse(schema.to_dict())

    def test_guide_is_rendered_as_stored(self) -> None:
        """The service's compact form comes back to the letter."""
        assert GUIDE == Schema.parse(GUIDE).render()

    def test_older_keys(self) -> None:
        """The older family of keys means the same."""
        attributes = {"id": "CATEGORICAL", "w": "NUMERIC", "y": "BINARY"}
        expected = Schema(attributes, target="y", row_id="id", excluded=["w"], header=False, row_weight="w")

        assert expected == Schema.parse(OLD)

    def test_mixed_keys(self) -> None:
        """Both families in one document, and even one key of each that agree, are understood."""
        mixed = {
            "targetFieldName": "y",
            "targetAttributeName": "y",
            "rowId": None,
            "attributes": [{"attributeName": "y", "fieldType": "NUMERIC"}],
        }

        assert Schema({"y": "NUMERIC"}, target="y") == Schema.parse(mixed)

    def test_families_that_disagree(self) -> None:
        """Two spellings of one key with two values are refused."""
        document = {**json.loads(GUIDE), "targetFieldName": "age"}

        with pytest.raises(
            DocumentError, match=r"at targetFieldName: expected 'y', as targetAttributeName says, found"
        ):
            Schema.parse(document)

    def test_byte_order_mark(self) -> None:
        """A byte-order mark before the text is no part of it."""
        assert Schema.parse(GUIDE) == Schema.parse(b"\xef\xbb\xbf" + GUIDE.encode())

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"version": "2.0"}, r'at version: expected "1.0", found \'2.0\''),
            ({"dataFormat": "JSON"}, r'at dataFormat: expected "CSV"'),
            ({"dataFileContainsHeader": "maybe"}, "at dataFileContainsHeader: expected true or false, found 'maybe'"),
            ({"attributes": None}, "at attributes: expected a list of attributes, found none"),
            ({"attributes": {}}, "at attributes: expected a list, found an object"),
            ({"attributes": []}, "at attributes: expected 1 to 1,000 attributes, found 0"),
            ({"attributes": ["age"]}, r"at attributes\[0\]: expected an object, found 'age'"),
            ({"attributes": [{"attributeName": "y"}]}, r"at attributes\[0\].attributeType: .*, found null"),
            (
                {"attributes": [{"attributeType": "TEXT"}]},
                r"at attributes\[0\].attributeName: expected a string, found",
            ),
            ({"targetAttributeName": 3}, "at targetAttributeName: expected a string, found 3"),
            ({"targetAttributeName": "Y"}, "at targetAttributeName: .* found 'Y'. Did you mean 'y'?"),
            ({"rowId": "agee"}, "at rowId: .*Did you mean 'age'?"),
            ({"rowId": "y"}, "at targetAttributeName: .* found 'y', which is the row id"),
            ({"excludedAttributeNames": ["age", "zip"]}, r"at excludedAttributeNames\[1\]: .* found 'zip'"),
            ({"excludedAttributeNames": [None]}, r"at excludedAttributeNames\[0\]: expected a string, found null"),
            ({"n" * 129: "age"}, "found an unknown key\\.$"),
            ({"rowID": "age"}, "at rowID: .*Did you mean 'rowId'?"),
        ],
    )
    def test_faults_are_placed(self, change: dict[str, Any], message: str) -> None:
        """A fault is told with its path, what was expected and what was found."""
        with pytest.raises(DocumentError, match=message):
            Schema.parse({**json.loads(GUIDE), **change})

    @pytest.mark.parametrize(
        ("member", "message"),
        [
            ({"attributeName": "b", "attributeType": "numeric"}, r"\[2\].attributeType: .*Did you mean 'NUMERIC'?"),
            ({"attributeName": "b", "attributeType": "WEIGHTED_INT_SEQUENCE"}, r"\[2\].attributeType: expected one of"),
            ({"attributeName": "", "attributeType": "TEXT"}, r"\[2\].attributeName: .* found an empty one"),
            ({"attributeName": "n" * 65, "attributeType": "TEXT"}, r"\[2\].attributeName: .* found 65 characters"),
            ({"attributeName": "age", "attributeType": "TEXT"}, r"\[2\].attributeName: .*'age', as at attributes\[0\]"),
            ({"attributeName": "b", "attributeTyp": "TEXT"}, r"\[2\].attributeTyp: .*'attributeType'"),
        ],
    )
    def test_faults_of_attributes_are_placed(self, member: dict[str, str], message: str) -> None:
        """A fault of one attribute is told with its position."""
        document = json.loads(GUIDE)
        document["attributes"].append(member)

        with pytest.raises(DocumentError, match=message):
            Schema.parse(document)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "expected JSON"),
            ("banking.csv.schema", "found 'banking.csv.schema' at line 1.* not the name of a file"),
            ('{"version": "1.0"', "line 1, column 18"),
            ("[]", "expected an object, found a list of 0"),
            ('{"version": NaN}', "found NaN"),
            ('{"rowId": null, "rowId": null}', "at rowId: expected each key once, found it twice"),
            ('{"attributes": [{"fieldName": "a", "fieldName": "b"}]}', r"at attributes\[0\].fieldName: .* twice"),
            ('{"rowId": ' + "[" * 30 + "]" * 30 + "}", "at most 16 levels of nesting"),
            ("[" * 100_000, "at most 16 levels of nesting"),
            ('{"version": ' + "9" * 5_000 + "}", "expected JSON"),
            ('{"rowId": "\\ud800"}', "at rowId: expected text that UTF-8 can hold"),
            ('{"rowId": "' + "x" * 131_071 + '"}', "at most 131,071 characters, found 131,084"),
            (b'{"rowId": "\xff"}', "expected UTF-8 text, found byte 0xff at byte 11"),
        ],
    )
    def test_what_is_no_document(self, text: str | bytes, message: str) -> None:
        """Broken, hostile and oversized text gets a DocumentError, nothing else."""
        with pytest.raises(DocumentError, match=message):
            Schema.parse(text)

    def test_keys_that_are_no_strings(self) -> None:
        """A mapping that JSON could not say is refused."""
        with pytest.raises(DocumentError, match="expected keys that are strings, found 3"):
            Schema.parse({3: "x"})  # type: ignore[dict-item]


class TestSchema:
    def test_looked_up_by_name(self, schema: Schema) -> None:
        """Attributes are found by name, counted and iterated in order."""
        assert Attribute("age", "NUMERIC") == schema["age"]
        assert AttributeType.TEXT is schema.type_of("title")
        assert "age" in schema
        assert "Age" not in schema
        assert 5 == len(schema)
        assert ("id", "age", "title", "spare", "y") == schema.names == tuple(attribute.name for attribute in schema)

    def test_unknown_name(self, schema: Schema) -> None:
        """Asking for what is not there names what is close."""
        with pytest.raises(DocumentError, match=r"found 'titel'\. Did you mean 'title'\?"):
            schema["titel"]

    def test_inputs(self, schema: Schema) -> None:
        """Target, row id, row weight and excluded attributes are no inputs."""
        assert ["age", "title"] == [attribute.name for attribute in schema.inputs]
        assert ["title"] == [attribute.name for attribute in schema.replace(row_weight="age").inputs]

    @pytest.mark.parametrize(
        ("target", "expected"),
        [("age", "REGRESSION"), ("spare", "BINARY"), ("id", "MULTICLASS"), (None, None)],
    )
    def test_model_type(self, schema: Schema, target: str | None, expected: str | None) -> None:
        """The target's type says what kind of model comes of it."""
        assert expected == schema.replace(target=target, row_id=None).model_type

    def test_text_is_no_target(self, schema: Schema) -> None:
        """A TEXT target is refused with what to do."""
        with pytest.raises(DocumentError, match=r"found 'title', which is TEXT\. Make it CATEGORICAL"):
            schema.replace(target="title")

    def test_too_many_attributes(self) -> None:
        """The service takes a thousand attributes and no more."""
        assert 1_000 == len(Schema({f"a{number}": "NUMERIC" for number in range(1_000)}))
        with pytest.raises(DocumentError, match="found 1,001"):
            Schema({f"a{number}": "NUMERIC" for number in range(1_001)})

    def test_reasons_are_no_identity(self, schema: Schema) -> None:
        """Schemas are equal and hash alike whatever the reasons for them."""
        other = schema.replace(reasons={"age": "numbers"}, header_reason="as told")

        assert schema == other
        assert hash(schema) == hash(other)
        assert "numbers" == other.reasons["age"]

    def test_pickles(self, schema: Schema) -> None:
        """A schema survives pickle, with all it can do."""
        other = pickle.loads(pickle.dumps(schema))

        assert schema == other
        assert schema["age"] == other["age"]

    def test_one_excluded_name(self) -> None:
        """A lone string is one name, not its letters."""
        assert ("spare",) == Schema({"spare": "TEXT"}, excluded="spare").excluded

    def test_describe(self, schema: Schema) -> None:
        """The table shows names, types, roles and the reasons there are."""
        expected = [
            "name   type         role      reason",
            "id     CATEGORICAL  row id",
            "age    NUMERIC      input     as told",
            "title  TEXT         input",
            "spare  BINARY       excluded",
            "y      BINARY       target",
        ]

        assert expected == schema.replace(reasons={"age": "as told"}).describe().splitlines()


def test_the_same_text_under_other_bounds() -> None:
    """What was read once is refused where there is less room, and taken again where there is enough."""
    text = Schema({"a": "NUMERIC", "b": "NUMERIC"}).render()
    read = Schema.parse(text)
    with within(attributes=1), pytest.raises(DocumentError, match="1 to 1 attributes"):
        Schema.parse(text)

    assert read == Schema.parse(text)
    assert text == read.render() == Schema.parse(text).render()
    assert text != read.replace(target="a").render()

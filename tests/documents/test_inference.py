from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.documents import AttributeType, Schema
from amlwrap.exceptions import DataError, DocumentError
from tests.strategies import simple_names

N_LONG = 60_000


def column(values: Sequence[object], **options: Any) -> tuple[str, str]:
    """The type of a column of *values* under the name ``x``, and the reason for it."""
    lines = ["x,other", *(f"{value},1.5" for value in values)]
    schema = Schema.infer("\n".join(lines).encode(), header=True, **options)
    return schema["x"].type.value, schema.reasons["x"]


class TestInputs:
    @pytest.mark.parametrize(
        ("values", "expected", "reason"),
        [
            (["1.5", "-2", "+3e5", ".5"], "NUMERIC", "numbers in 4 of 4 sampled records, 4 distinct"),
            (["7", "", "9"], "NUMERIC", "numbers in 2 of 3 sampled records, 2 distinct"),
            (["5"] * 3, "NUMERIC", "numbers in 3 of 3 sampled records, 1 distinct"),
            ([*range(19), "NA"], "NUMERIC", "numbers in 19 of 20 sampled records, 20 distinct; 'NA' (1) is no number"),
            (["0", "1", "0"], "BINARY", "nothing but '0' (2) and '1' (1) in 3 sampled records"),
            (["Yes", " no ", "T", "n"], "BINARY", "nothing but 'Yes' (1), ' no ' (1), 'T' (1) and 'n' (1)"),
            (["0", "1", ""], "NUMERIC", "numbers in 2 of 3 sampled records"),
            (["yes", "no", ""], "CATEGORICAL", "2 distinct in 2 filled of 3 sampled records, 1.0 words each"),
            (["n", "n"], "CATEGORICAL", "1 distinct in 2 sampled records"),
            (["0.0", "1.0"], "NUMERIC", "numbers in 2 of 2 sampled records"),
            (["02139", "10115", "00501"], "CATEGORICAL", "numbers with leading zeros, such as '02139', are codes"),
            (["1", "2", "NA", "?"], "CATEGORICAL", "numbers but for 'NA' (1) and the like"),
            (["nan", "inf"], "CATEGORICAL", "2 distinct"),
            (["", " "], "CATEGORICAL", "no value in 2 sampled records"),
            (["very good", "quite bad"] * 9, "CATEGORICAL", "2 distinct in 18 sampled records, 2.0 words each"),
            ([f"Mr {n} Harris" for n in "abcdef"], "TEXT", "6 distinct in 6 sampled records, 3.0 words each"),
            ([f"a b c d e f g {n}" for n in (1, 2)] * 10, "TEXT", "2 distinct in 20 sampled records, 8.0 words each"),
            ([f"a b c d e f g {n}" for n in (1, 2)] * 11, "CATEGORICAL", "2 distinct in 22 sampled records"),
            ([f"id-{n}" for n in range(50)], "CATEGORICAL", "50 distinct in 50 sampled records, 1.0 words each"),
        ],
    )
    def test_types(self, values: Sequence[object], expected: str, reason: str) -> None:
        """Each kind of column gets its type, and the reason says what was seen."""
        found, why = column(values)

        assert expected == found
        assert reason in why

    def test_rare_one_makes_no_binary(self) -> None:
        """Where not all data was seen, a 1 among hundreds of 0 does not make a column BINARY."""
        found, why = column(["0"] * 500 + ["1"] + ["0"] * N_LONG * 2)

        assert "NUMERIC" == found
        assert "'1' (1) is too rare to call it BINARY" in why

    def test_rare_one_in_all_data(self) -> None:
        """Where all data was seen, one is enough."""
        assert "BINARY" == column(["0"] * 500 + ["1"])[0]

    def test_digits_follow_their_family(self) -> None:
        """A pixel that happens to be 0 or 1 is NUMERIC, as the other pixels are; a flag is BINARY."""
        rows = ["pixel0,pixel1,pixel2,pixel3,flag", "0,9,1,200,1", "0,7,0,3,0", "0,8,0,255,0"]
        schema = Schema.infer("\n".join(rows).encode())

        assert ["NUMERIC"] * 4 + ["BINARY"] == [attribute.type.value for attribute in schema]
        assert schema.reasons["pixel2"] == (
            "numbers in 3 of 3 sampled records, 2 distinct, like 'pixel1' and other columns so named"
        )

    def test_flags_are_a_family_too(self) -> None:
        """Numbered flags stay BINARY when there are as many of them as of numbers."""
        schema = Schema.infer(b"soil1,soil2,soil3\n0,1,30\n1,0,20\n")

        assert ["BINARY", "BINARY", "NUMERIC"] == [attribute.type.value for attribute in schema]

    def test_made_up_names_are_no_family(self) -> None:
        """Names that were made up here say nothing about what belongs together."""
        schema = Schema.infer(b"0,5,7\n1,6,8\n", header=False)

        assert ["BINARY", "NUMERIC", "NUMERIC"] == [attribute.type.value for attribute in schema]


class TestTarget:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            (["0", "1"], "BINARY"),
            (["yes", "no", ""], "BINARY"),
            (["0"] * 500 + ["1"] + ["0"] * N_LONG * 2, "BINARY"),
            (range(20), "CATEGORICAL"),
            (["1.0", "2.0"], "CATEGORICAL"),
            (range(21), "NUMERIC"),
            (["1.5", "2"], "NUMERIC"),
            ([f"0{n}" for n in range(25)], "CATEGORICAL"),
            (["0", "0"], "CATEGORICAL"),
            (["", ""], "CATEGORICAL"),
            ([f"class number {n}" for n in range(9)], "CATEGORICAL"),
        ],
    )
    def test_types(self, values: Sequence[object], expected: str) -> None:
        """A target is what can be predicted: BINARY, classes, or a number; never TEXT."""
        assert expected == column(values, target="x")[0]

    def test_reason(self) -> None:
        """Few whole numbers are classes, and the reason says so."""
        assert "3 distinct whole numbers in 4 sampled records: classes" == column([1, 2, 3, 3], target="x")[1]

    def test_unknown_target(self) -> None:
        """A target that is no column is refused with what is close."""
        with pytest.raises(DocumentError, match=r"at target: .* found 'lable'\. Did you mean 'label'\?"):
            Schema.infer(b"label,pixel0\n3,0\n", target="lable")


class TestAsked:
    def test_roles(self) -> None:
        """Row id and excluded names are taken over; a row id is CATEGORICAL."""
        schema = Schema.infer(b"id,age,y\n1,31,0\n2,44,1\n", target="y", row_id="id", exclude=["age"])

        assert ("id", ("age",), "CATEGORICAL") == (schema.row_id, schema.excluded, schema["id"].type.value)
        assert "the row id" == schema.reasons["id"]

    def test_types_told(self) -> None:
        """Types that are told are not guessed."""
        schema = Schema.infer(b"id,age\n1,31\n", row_id="id", types={"age": "CATEGORICAL", "id": AttributeType.NUMERIC})

        assert {"id": "NUMERIC", "age": "CATEGORICAL"} == {attribute.name: attribute.type.value for attribute in schema}
        assert "as told" == schema.reasons["age"]

    def test_lone_exclusion(self) -> None:
        """One excluded name may stand without a list."""
        assert ("age",) == Schema.infer(b"id,age\n1,31\n", exclude="age").excluded

    @pytest.mark.parametrize(
        ("options", "path"),
        [
            ({"row_id": "z"}, "row_id"),
            ({"exclude": ["a", "z"]}, "exclude[1]"),
            ({"types": {"z": "TEXT"}}, "types.z"),
            ({"types": {"a": "text"}}, "types.a"),
        ],
    )
    def test_faults_are_placed(self, options: Any, path: str) -> None:
        """What is asked about no column, or is no type, is refused under its argument."""
        with pytest.raises(DocumentError) as caught:
            Schema.infer(b"a,b\n1,2\n", **options)

        assert path == caught.value.path


class TestHeader:
    @pytest.mark.parametrize(
        ("text", "header", "reason"),
        [
            ("age,job\n31,cook\n", True, "'age' in line 1 stands over numbers"),
            ("label,0,1,2\n5,7,7,7\n", True, "'label' in line 1 stands over numbers"),
            (",a,b\n0,1,2\n1,3,4\n", True, "'a' in line 1 stands over numbers"),
            ("31,cook\n44,smith\n", False, "line 1 holds '31', a number"),
            ("?,38\n22,39\n", False, "line 1 holds '38', a number"),
            ("NA,38\n22,39\nNA,1\n", False, "line 1 holds '38', a number"),
            ("name,city\nbob,paris\n", True, "no value of line 1 is a number or occurs below it"),
            ("bob,paris\nann,paris\n", False, "'paris' in line 1 occurs below it too"),
            ("bob,\nann,paris\n", False, "line 1 has empty fields"),
            ("bob,bob\nann,paris\n", False, "line 1 holds a value twice"),
            ("1,2,3\n", False, "line 1 holds '1', a number"),
        ],
    )
    def test_found(self, text: str, header: bool, reason: str) -> None:
        """Whether line 1 holds names is found out, and why is told."""
        schema = Schema.infer(text.encode())

        assert (header, reason) == (schema.header, schema.header_reason)

    def test_asked_names_tell(self) -> None:
        """A name that was asked for makes line 1 a header, whatever else it looks like."""
        schema = Schema.infer(b"7,8\n1,2\n", target="8")

        assert (True, ("7", "8")) == (schema.header, schema.names)

    def test_told(self) -> None:
        """Being told settles it."""
        schema = Schema.infer(b"age,job\n31,cook\n", header=False)

        assert (False, "as told", ("Var1", "Var2")) == (schema.header, schema.header_reason, schema.names)

    def test_a_name_may_be_a_value(self) -> None:
        """A value below the header that equals its column's name still counts."""
        schema = Schema.infer(b"job,n\njob,1\ncook,2\n", header=True)

        assert "2 distinct in 2 sampled records, 1.0 words each" == schema.reasons["job"]

    def test_names(self) -> None:
        """Names lose blanks around them, quotes are understood, and an unnamed column is named by its place."""
        assert ("Var1", "a, b", 'c "d"', "e") == Schema.infer(b',"a, b","c ""d""", e \n0,1,2,3\n').names

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a,b\n", "data: expected at least one record, found a header alone"),
            (
                "a,b,a\n1,2,3\n",
                "data, line 1: expected a name of its own for each column, found 'a' for columns 1 and 3",
            ),
            ("a," + "n" * 65 + "\n1,2\n", "data, line 1: expected names of at most 64 characters, found 65"),
            (
                ",".join(f"a{n}" for n in range(1_001)) + "\n" + "1," * 1_000 + "1\n",
                "at most 1,000 columns, found 1,001",
            ),
        ],
    )
    def test_refused(self, text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A header the service would not take is refused with file and line."""
        monkeypatch.chdir(tmp_path)
        Path("data").write_text(text)

        with pytest.raises(DataError, match=message):
            Schema.infer("data")


class TestTables:
    ROWS = ({"age": 31, "job": "cook", "y": True}, {"age": None, "job": "smith", "y": False})

    def test_all_makes_agree(self, tmp_path: Path) -> None:
        """Mappings, pandas, polars, arrays and the CSV made of them give one schema."""
        expected = Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="y")
        frame = pd.DataFrame(list(self.ROWS))
        pl.DataFrame(self.ROWS).write_csv(tmp_path / "people.csv")
        array = frame.to_numpy(dtype=object)

        for source in (list(self.ROWS), frame, pl.DataFrame(self.ROWS), (array, ["age", "job", "y"])):
            assert expected == Schema.infer(source, target="y")
        assert expected == Schema.infer(tmp_path / "people.csv", target="y")

    def test_header_of_a_table(self) -> None:
        """A table's CSV has a header unless told otherwise."""
        assert Schema.infer(list(self.ROWS)).header
        assert not Schema.infer(list(self.ROWS), header=False).header

    def test_sorted_table(self) -> None:
        """Rows from all over a long table are looked at."""
        frame = pl.DataFrame({"label": [0] * 30_000 + [1] * 30_000})

        assert "BINARY" == Schema.infer(frame, target="label")["label"].type


def test_pixels_of_a_wide_file_are_numbers(tmp_path: Path) -> None:
    """All 784 pixels of handwritten digits are numbers, and the digit is a class."""
    draw = random.Random(1)
    pixels = [str(draw.randrange(256)) for _ in range(784)]
    path = tmp_path / "train.csv"
    header = ",".join(["label", *(f"pixel{n}" for n in range(784))])
    path.write_text("\n".join([header, *(",".join([str(n % 10), *pixels[n:], *pixels[:n]]) for n in range(784))]))

    schema = Schema.infer(path, target="label")

    assert 784 == sum(attribute.type == "NUMERIC" for attribute in schema)
    assert "MULTICLASS" == schema.model_type


@given(st.lists(simple_names(), min_size=1, max_size=5, unique=True), st.data())
def test_any_table_of_words(names: list[str], data: st.DataObject) -> None:
    """Whatever a CSV holds, the schema has its names in order, a reason for each, and can be rendered."""
    cells = st.lists(st.text("ab01 .-é\t", max_size=6), min_size=len(names), max_size=len(names))
    rows = data.draw(st.lists(cells, min_size=1, max_size=6).filter(lambda rows: any("".join(row) for row in rows)))
    text = "\n".join([",".join(names), *(",".join(row) for row in rows)])

    # A line of one empty field is an empty line, which is no record.
    schema = Schema.infer(text.encode(), header=True)

    assert tuple(names) == schema.names == tuple(schema.reasons)
    assert schema == Schema.parse(schema.render())


class TestAskedFor:
    """A column that is not there, named by whoever wants it predicted, left out or told of."""

    @pytest.mark.parametrize(
        ("data", "match"),
        [
            (b"age,job\n31,cook\n44,cook\n", r"found 'zzz'\. The columns are age, job\."),
            (
                b"31,cook\n44,clerk\n",
                r"The columns are Var1, Var2, since line 1 was taken for values: line 1 holds '31'",
            ),
            (b"age;job\n31;cook\n44;cook\n", r'line 1 has none, but semicolons. .*read_csv\(…, sep=";"\)'),
            (b"age\tjob\ty\n31\tcook\t1\n", r'line 1 has none, but tabs. .*read_csv\(…, sep="\\t"\)'),
            (b"age|job\n31|cook\n44|cook\n", r'line 1 has none, but vertical bars. .*read_csv\(…, sep="\|"\)'),
            (b"only\n1\n2\n", r"The columns are only\."),
            (b",".join(b"c%02d" % n for n in range(30)) + b"\n" + b"1," * 29 + b"1\n", r"c00, .*, c19 …\."),
            ([{"a;b": 1}, {"a;b": 2}], r"The columns are a;b\."),
        ],
    )
    def test_columns_are_told(self, data: Any, match: str) -> None:
        """With what may have kept them from being what was expected."""
        with pytest.raises(DocumentError, match=match):
            Schema.infer(data, target="zzz")

    def test_a_name_that_is_no_text(self) -> None:
        """A frame's columns may have numbers for names; here they are texts."""
        number: Any = 7
        with pytest.raises(DocumentError, match=r"found 7\. Did you mean '7'\?"):
            Schema.infer([{"7": 1, "a": 2}], target=number)

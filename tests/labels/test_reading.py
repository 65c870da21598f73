"""Results of batch predictions, from wherever they lie, in whatever state."""

from __future__ import annotations

import gzip
import io
import json
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from amlwrap.documents.predictions import Manifest
from amlwrap.exceptions import ConfigError, DataError
from amlwrap.labels import ProbabilityMatrix
from amlwrap.labels.scores import read_scores
from amlwrap.objects import Folder
from tests.labels.strategies import names, probabilities, result_file

if TYPE_CHECKING:
    from pathlib import Path

COLOURS = b"red,green,blue\n8.7E-3,2.7E-1,7.213E-1\n\n1E0,0E0,0E0\n"


@pytest.fixture(params=["polars", "csv"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to parse: with polars, and on a machine without it."""
    if request.param == "csv":
        monkeypatch.setitem(sys.modules, "polars", None)
    else:
        pytest.importorskip("polars")
        monkeypatch.setattr("amlwrap.labels._parsing._WORTH_POLARS", 0)
    return str(request.param)


def read(content: bytes | str, **kwargs: Any) -> ProbabilityMatrix:
    """A matrix from the content of a file."""
    data = content.encode() if isinstance(content, str) else content
    return ProbabilityMatrix.read(io.BytesIO(data), **kwargs)


@pytest.mark.usefixtures("parser")
class TestContent:
    def test_classes_without_more(self) -> None:
        """A column per class is the matrix; an empty line is an unreadable row in its place."""
        matrix = read(COLOURS)

        assert ("red", "green", "blue") == matrix.classes
        assert_array_equal([[0.0087, 0.27, 0.7213], [np.nan] * 3, [1, 0, 0]], matrix.values)
        assert [1, 2, 3] == matrix.row_ids.tolist()
        assert ["blue", "", "red"] == list(matrix.labels())
        assert 1 == matrix.n_unreadable
        assert matrix.true_labels is None

    def test_tag_and_true_label(self) -> None:
        """Tags become row ids, text as it stands; true labels may be empty, and make a confusion matrix."""
        matrix = read('tag,trueLabel,a,b\n007,a,0.75,0.25\n"x,""y""",,0.5,0.5\n\né,b,1,0\n')

        assert ["007", 'x,"y"', "", "é"] == matrix.row_ids.tolist()
        assert matrix.true_labels is not None
        assert ["a", "", "", "b"] == matrix.true_labels.tolist()
        assert [[1, 0], [1, 0]] == matrix.labels().confusion().counts.tolist()

    def test_binary(self) -> None:
        """bestAnswer and score become the two columns 0 and 1; true labels in any spelling are 0 and 1 too."""
        matrix = read("tag,trueLabel,bestAnswer,score\na,Yes,1,5E-1\nb,f,0,4.6317E-1\nc,?,0,0E0\n\n")

        assert ("0", "1") == matrix.classes
        assert 0.5 == matrix.threshold
        assert ["1", "0", "0", ""] == list(matrix.labels())
        assert_array_equal([0.5, 0.46317, 0, np.nan], matrix.values[:, 1])
        assert matrix.true_labels is not None
        assert ["1", "0", "?", ""] == matrix.true_labels.tolist()

    @pytest.mark.parametrize(
        ("lines", "threshold", "labels"),
        [
            (("1,9E-1", "0,7.6E-1", "1,7.7E-1"), 0.77, ["1", "0", "1"]),
            (("1,2E-1", "1,3E-1"), 0.2, ["1", "1"]),
            (("0,9E-1", "0,3E-1"), 1.0, ["0", "0"]),
            (("0,3E-1",), 0.5, ["0"]),
            ((), 0.5, []),
        ],
    )
    def test_binary_answers_are_the_files_own(self, lines: Any, threshold: float, labels: Any) -> None:
        """The labels are those of the file, whatever threshold the model had; a call can choose another."""
        matrix = read("\n".join(["bestAnswer,score", *lines]))

        assert threshold == matrix.threshold
        assert labels == list(matrix.labels())
        assert ["1"] * len(lines) == list(matrix.labels(threshold=0))

    def test_only_empty_lines(self) -> None:
        """A file of failures has rows all the same, and one of nothing has none."""
        assert ["", ""] == list(read("a,b\n\n\n").labels())
        assert [] == list(read("a,b\n").labels())
        assert [] == list(read("a,b").labels())

    def test_many_empty_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A stretch of failures between rows costs no row its place."""
        monkeypatch.setattr("amlwrap.labels._parsing._LINES_AT_ONCE", 2)

        assert ["a", "", "", "", "b"] == list(read("a,b\n1,0\n\n\n\n0,1\n").labels())

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_ends_of_lines(self, end: str) -> None:
        """CRLF, a BOM, and a last line without an end are read like the service's own files."""
        lines = ["\ufeffa,b", "", "0.25,0.75", "", "1,0"]

        for text in (end.join(lines), end.join([*lines, ""])):
            assert ["", "b", "", "a"] == list(read(text).labels())

    def test_quoted_class(self) -> None:
        """Names of classes may hold commas and quotes."""
        assert ('salt, "oil"', "thyme") == read('"salt, ""oil""",thyme\n1,0\n').classes

    @given(probabilities(), st.data())
    def test_gives_back_what_was_written(self, values: Any, data: st.DataObject) -> None:
        """Values, classes, ids and unreadable rows of a file come back exactly."""
        n_rows, n_classes = values.shape
        classes = data.draw(st.lists(names, min_size=n_classes, max_size=n_classes, unique=True))
        tags = data.draw(st.lists(names, min_size=n_rows, max_size=n_rows))
        lost = set(data.draw(st.lists(st.integers(0, max(0, n_rows - 1)), max_size=3)))
        end = data.draw(st.sampled_from(["\n", "\r\n"]))
        rows = [[tag, *map(repr, row)] for tag, row in zip(tags, values.astype(float).tolist(), strict=True)]
        matrix = read(result_file([[] if at in lost else row for at, row in enumerate(rows)], ["tag", *classes], end))
        expected = values.astype(float)
        expected[sorted(lost & set(range(n_rows)))] = np.nan

        assert tuple(classes) == matrix.classes
        assert_array_equal(expected, matrix.values)
        assert ["" if at in lost else tag for at, tag in enumerate(tags)] == matrix.row_ids.tolist()

    def test_many_lines(self) -> None:
        """A file of several lots of lines is read like a short one, and an error in the last names its line."""
        values = np.random.default_rng(3).dirichlet(np.ones(3), size=80_000).round(6)
        rows: list[Any] = values.tolist()
        rows[70_000] = []
        matrix = read(result_file(rows, "abc"))
        values[70_000] = np.nan

        assert_array_equal(values, matrix.values)
        with pytest.raises(DataError, match="line 80003: expected 3 fields, found 2"):
            read(result_file([*rows, rows[0], [1, 0]], "abc"))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a,b\n1,0\n1\n", "line 3: expected 2 fields, found 1"),
            ("a,b\n1,0\n\n1,0,0\n", "line 4: expected 2 fields, found 3"),
            ("a,b\n\n1,x\n", "line 3, column 'b': expected a number, found 'x'"),
            ("tag,a,b\nt,1,0\nt,,1\n", "line 3, column 'a': expected a number, found ''"),
            ("a,b\n,\n", "line 2, column 'a': expected a number, found ''"),
            ("a,b\r\n1,0\r\n,\n", "line 3, column 'a': expected a number, found ''"),
            ("a,b\n  \n", "line 2: expected 2 fields, found 1"),
            ("a\nx\n", "line 2, column 'a': expected a number, found 'x'"),
            ('tag,a\n"t\nu",1\nv,1\n', "line 2: expected a record on each line, found a line break in quotes"),
            ('tag,a\nt,1\n"u,1\n', "line 3: expected comma-separated fields"),
            (b"tag,a\nt,1\n\xff,1\n", "line 3: expected UTF-8 text, found byte 0xff"),
            (b"\xff,a\nt,1\n", "line 1: expected UTF-8 text"),
            ("a,b\n1,0\n0.5,0.7\n", r"line 3: expected probabilities with a sum of 1 .* found a sum of 1\.2"),
            ("a,b\nnan,1\n", "line 2: expected a number for each class, found NaN"),
            ("bestAnswer,score\n\n1,1.5\n", "line 3: expected probabilities, found the negative value -0.5"),
            ("bestAnswer,score\n1,0.9\n2,0.9\n", "line 3, column 'bestAnswer': expected 0 or 1, found 2"),
            ("", "line 1: expected a header, found an empty file"),
            ("\n1,0\n", "line 1: expected a score or a column per class"),
            ("a,a\n1,0\n", "line 1, column 2: expected a class of its own, found 'a' again"),
            ("tag,score\nx,1.5E1\n", r"line 1: .*the score of a REGRESSION model.*scores\(\)"),
        ],
    )
    def test_what_is_wrong_and_where(self, text: bytes | str, message: str) -> None:
        """Whatever is wrong with a file, the error names the line and says what was expected and found."""
        with pytest.raises(DataError, match=f"the file object, {message}"):
            read(text)

    def test_invalid_rows_may_be_missing(self) -> None:
        """On request rows that are no probabilities are unreadable; lines that are no rows stay errors."""
        matrix = read("a,b\n1,0\n0.5,0.7\nnan,1\n\n", on_invalid="missing")

        assert ["a", "", "", ""] == list(matrix.labels())
        assert np.isnan(matrix.values[1:]).all()
        with pytest.raises(DataError, match="2 fields"):
            read("a,b\n1\n", on_invalid="missing")

    def test_validation_can_be_left_out(self) -> None:
        """Scores of another kind are read as they are."""
        assert_array_equal([[-2, 7]], read("a,b\n-2,7\n", validate=False).values)


class TestPlaces:
    def test_path_and_uri(self, tmp_path: Path) -> None:
        """A result is read from disk and from a store, gzip or plain, whatever it is called."""
        store = Folder(tmp_path / "s3")
        (tmp_path / "plain.gz").write_bytes(COLOURS)
        (tmp_path / "zipped.csv").write_bytes(gzip.compress(COLOURS))
        store.put_bytes("s3://b/result/bp-1-x.csv.gz", gzip.compress(COLOURS))

        for source in (tmp_path / "plain.gz", str(tmp_path / "zipped.csv"), "s3://b/result/bp-1-x.csv.gz"):
            assert ["blue", "", "red"] == list(ProbabilityMatrix.read(source, store=store).labels())

    def test_file_objects(self) -> None:
        """Files open for bytes or text do, also such that give a byte at a time; they stay open."""

        class Dribble(io.RawIOBase):
            data = io.BytesIO(gzip.compress(COLOURS))

            def read(self, size: int = -1, /) -> bytes:
                return self.data.read(min(size, 1))

        text = io.StringIO(COLOURS.decode())
        sources: list[Any] = [text, io.BytesIO(COLOURS), Dribble()]
        for source in sources:
            assert 3 == len(ProbabilityMatrix.read(source))
        assert not text.closed

    def test_other_things(self) -> None:
        """What is none of these is refused with the list."""
        source: Any = 7
        with pytest.raises(ConfigError, match="source: expected a path, an s3:// URI, a manifest or a file object"):
            ProbabilityMatrix.read(source)

    def test_nothing_there(self, tmp_path: Path) -> None:
        """A missing file, object or manifest is named."""
        store = Folder(tmp_path)
        for source in (tmp_path / "absent.csv", tmp_path / "a.manifest", "s3://b/absent.gz", "s3://b/absent.manifest"):
            with pytest.raises(DataError, match=f"^{source}: .*(No such file|nothing there)"):
                ProbabilityMatrix.read(source, store=store)

    def test_folder_is_no_file(self, tmp_path: Path) -> None:
        """What the operating system says of a path comes out as our error."""
        with pytest.raises(DataError, match="Is a directory"):
            ProbabilityMatrix.read(tmp_path)


class TestManifests:
    RESULTS: ClassVar = {  # in another order than their names
        "s3://b/in/2.csv": "s3://b/out/batch-prediction/result/bp-2.csv.gz",
        "s3://b/in/1.csv": "s3://b/out/batch-prediction/result/bp-1.csv.gz",
    }

    @pytest.fixture
    def store(self, tmp_path: Path) -> Folder:
        """Two results with their manifest."""
        store = Folder(tmp_path / "s3")
        for uri, row in zip(self.RESULTS.values(), ("1,0", "0,1"), strict=True):
            store.put_bytes(uri, gzip.compress(f"a,b\n{row}\n\n".encode()))
        store.put_bytes("s3://b/out/batch-prediction/bp.manifest", json.dumps(self.RESULTS).encode())
        return store

    def test_parts_are_read_in_order(self, store: Folder) -> None:
        """Manifest, mapping and URI all give the parts one after the other, rows counted through."""
        manifest = "s3://b/out/batch-prediction/bp.manifest"
        for source in (manifest, self.RESULTS, Manifest(self.RESULTS)):
            matrix = ProbabilityMatrix.read(source, store=store)

            assert ["a", "", "b", ""] == list(matrix.labels())
            assert [1, 2, 3, 4] == matrix.row_ids.tolist()

    def test_downloaded_with_its_results(self, store: Folder, tmp_path: Path) -> None:
        """A manifest on disk is read with the results in the folder beside it, without a store."""
        path = store.local_path("s3://b/out/batch-prediction/bp.manifest")
        assert path is not None

        assert 4 == len(ProbabilityMatrix.read(path))
        (tmp_path / "alone.manifest").write_bytes(path.read_bytes())
        assert 4 == len(ProbabilityMatrix.read(tmp_path / "alone.manifest", store=store))

    def test_tags_true_labels_and_answers_of_parts(self, tmp_path: Path) -> None:
        """Ids, true labels and the threshold are of all parts together."""
        store = Folder(tmp_path)
        header = "tag,trueLabel,bestAnswer,score"
        store.put_bytes("s3://b/1", f"{header}\nx,1,1,0.9\n".encode())
        store.put_bytes("s3://b/2", f"{header}\ny,0,1,0.3\nz,0,0,0.2\n".encode())
        matrix = ProbabilityMatrix.read({"1": "s3://b/1", "2": "s3://b/2"}, store=store)

        assert ["x", "y", "z"] == matrix.row_ids.tolist()
        assert 0.3 == matrix.threshold
        assert ["1", "1", "0"] == list(matrix.labels())
        assert [[1, 1], [0, 1]] == matrix.labels().confusion().counts.tolist()

    def test_parts_must_fit(self, store: Folder) -> None:
        """Parts with other columns do not belong together; the second is named."""
        store.put_bytes(self.RESULTS["s3://b/in/1.csv"], b"b,a\n1,0\n")

        with pytest.raises(DataError, match=r"bp-1\.csv\.gz, line 1: expected the columns of .*: a,b, found b,a"):
            ProbabilityMatrix.read(self.RESULTS, store=store)

    def test_error_names_the_part_and_its_line(self, store: Folder) -> None:
        """Lines are counted in their own file."""
        store.put_bytes(self.RESULTS["s3://b/in/1.csv"], b"a,b\n1,1\n")

        with pytest.raises(DataError, match=r"^s3://b/out/batch-prediction/result/bp-1.csv.gz, line 2: "):
            ProbabilityMatrix.read(self.RESULTS, store=store)

    def test_bad_manifests(self, tmp_path: Path) -> None:
        """A manifest that is none, or of nothing, is refused by name."""
        (tmp_path / "bad.manifest").write_text("[]")
        with pytest.raises(DataError, match=r"bad\.manifest, character 1: expected a JSON object"):
            ProbabilityMatrix.read(tmp_path / "bad.manifest")
        with pytest.raises(DataError, match="a result per input file, found none"):
            ProbabilityMatrix.read({})


class TestScores:
    def test_of_several_files(self, tmp_path: Path) -> None:
        """A REGRESSION model's files give one row of numbers, unreadable records as NaN."""
        store = Folder(tmp_path)
        store.put_bytes("s3://b/1", gzip.compress(b"tag,trueLabel,score\na,,1.503819E1\n\n"))
        store.put_bytes("s3://b/2", b"score\n-6.188034E0")

        assert_array_equal([15.03819, np.nan, -6.188034], read_scores(["s3://b/1", "s3://b/2"], store))
        assert 0 == len(read_scores([], store))

    def test_of_another_model(self, tmp_path: Path) -> None:
        """What holds probabilities is sent where they are read."""
        store = Folder(tmp_path)
        store.put_bytes("s3://b/1", COLOURS)

        with pytest.raises(DataError, match=r"s3://b/1, line 1: .* a MULTICLASS model\. .*ProbabilityMatrix\.read"):
            read_scores(["s3://b/1"], store)


class TestGzip:
    def test_members_and_padding(self) -> None:
        """Members that follow each other are one file; NULs behind the last are padding, as for gzip itself."""
        half = len(COLOURS) // 2
        data = gzip.compress(COLOURS[:half]) + b"\0" * 3 + gzip.compress(COLOURS[half:]) + b"\0" * 2_000_000

        assert 3 == len(read(data))

    @pytest.mark.parametrize("lost", [1, 8, 20, 60])
    def test_cut_short(self, lost: int) -> None:
        """A file that was not fetched to its end is an error, even when only the checksum is missing."""
        with pytest.raises(DataError, match=r"readable gzip data, found an end before its end.*fetch it again"):
            read(gzip.compress(COLOURS)[:-lost])

    @pytest.mark.parametrize("at", [15, -6, -2])
    def test_damaged(self, at: int) -> None:
        """A changed byte in data, checksum or length is noticed."""
        data = bytearray(gzip.compress(COLOURS * 50))
        data[at] ^= 0x55
        with pytest.raises(DataError, match=r"the file object: expected readable gzip data"):
            read(bytes(data))

    def test_rubbish_behind(self) -> None:
        """Bytes that are neither a member nor padding are damage."""
        with pytest.raises(DataError, match="readable gzip data"):
            read(gzip.compress(COLOURS) + b"rubbish")

    def test_bomb(self) -> None:
        """A small file that would fill the memory is stopped at the limit, having made no more than that."""
        bomb = gzip.compress(b"a,b\n" + b"\n" * 50_000_000)
        with pytest.raises(DataError, match=r"at most 1,000,000 bytes when decompressed.*limit="):
            read(bomb, limit=1_000_000)
        with pytest.raises(DataError, match="at most 5 bytes"):
            read(COLOURS, limit=5)
        assert 3 == len(read(COLOURS, limit=len(COLOURS)))

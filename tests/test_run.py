"""One call, from data to a measured model and a report to read."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import amlwrap
from amlwrap import Run, Schema
from amlwrap._alerts import alerts
from amlwrap._facts import Facts
from amlwrap._findings import make_report
from amlwrap._report import Report, Section, Table
from amlwrap._run import _evaluation
from amlwrap._staging import Staging
from amlwrap.exceptions import (
    ConfigError,
    DataError,
    DocumentError,
    InvalidInputError,
    JobFailedError,
    WaitTimeoutError,
)
from amlwrap.labels import Labels
from amlwrap.objects import Folder
from amlwrap.resources import Evaluation, Model

BANKING = Path(__file__).parent.parent / "docs" / "samples" / "banking.csv"
NEW = BANKING.with_name("banking-new.csv")

Rows = list[dict[str, Any]]

FACTS: dict[str, Any] = {"percent": 30, "seed": None}
CONFUSION = '{"classes":["a","b"],"counts":[[180,0],[0,20]]}'
SHARES: dict[str, Any] = {"shares": {"a": 0.5, "b": 0.5}, "n_sampled": 1000}


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A run on the sample of bank clients."""
    with amlwrap.train(BANKING, target="y", row_id="customer", progress=False) as made:
        yield made


@pytest.fixture
def rows() -> Rows:
    """Two hundred things, and what their size says of them."""
    dice = random.Random(7)
    sizes = [dice.randint(0, 100) for _ in range(200)]
    return [
        {"size": size, "big": "yes" if size > 50 else "no", "kind": "ABC"[size // 34], "double": 2 * size + 1}
        for size in sizes
    ]


class TestTrain:
    def test_everything_it_makes_is_there(self, run: Run) -> None:
        """Datasource, parts, model and evaluation are completed resources with the names the wizard proposes."""
        made = (run.datasource, run.train_data, run.test_data, run.model, run.evaluation)

        assert ["COMPLETED"] * 5 == [one.status for one in made]
        assert [
            "banking",
            "banking (train 70%)",
            "banking (test 30%)",
            "ML model: banking",
            "Evaluation: ML model: banking",
        ] == [one.name for one in made]
        assert run.metrics == run.evaluation.metrics
        assert "numbers in 1,000 of 1,000 sampled records, 65 distinct" == run.schema.reasons["age"]

    def test_settings_reach_the_model(self, rows: Rows, tmp_path: Path) -> None:
        """Recipe, parameters, name, split."""
        recipe = amlwrap.Recipe(outputs=["size"])
        with amlwrap.train(
            rows,
            "big",
            exclude=["double"],
            types={"kind": "TEXT"},
            holdout=0.5,
            seed=None,
            recipe=recipe,
            passes=3,
            l1=1e-6,
            shuffle=False,
            max_model_size=200_000,
            name="things",
            connect=f"local:{tmp_path}",
            progress=False,
        ) as run:
            parameters = run.model.parameters
            assert recipe == run.model.recipe
            assert (3, 1e-6, 0.0, "none", 200_000) == (
                parameters.passes,
                parameters.l1,
                parameters.l2,
                parameters.shuffle,
                parameters.max_model_size,
            )
            assert "ML model: things" == run.model.name
            assert ("TEXT", ("double",)) == (run.schema["kind"].type, run.schema.excluded)
            assert 100 == run.metrics.n_scored
            assert run.train_data.rearrangement is not None
            assert "sequential" == run.train_data.rearrangement.strategy

        with amlwrap.connect(f"local:{tmp_path}") as aml:
            assert run.model.id == aml.models.list().one().id

    def test_a_schema_says_what_the_columns_are(self, rows: Rows) -> None:
        """Whole or as a document; the target may be said beside it."""
        schema = Schema.infer(rows, target="big")
        with amlwrap.train(rows, schema=schema, progress=False) as run:
            assert (schema, schema.reasons) == (run.schema, run.schema.reasons)
        with amlwrap.train(rows, "double", schema=schema.render(), progress=False) as run:
            assert "REGRESSION" == run.model.type

    def test_an_open_client_stays_open(self, rows: Rows) -> None:
        """Only what was opened for the run is closed with it."""
        with amlwrap.connect("local:", progress=False) as aml:
            with amlwrap.train(rows, "big", connect=aml) as run:
                assert f"aml.models.get('{run.model.id}')" in str(run.report())
            assert run.model.id == aml.models.get(run.model.id).id
            assert isinstance(run.predict(rows[:2]), Labels)

    def test_the_environment_names_the_target(
        self, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """AMLWRAP_TARGET is asked, and AWS never is."""
        monkeypatch.setenv("AMLWRAP_TARGET", f"local:{tmp_path / 'home'}")
        amlwrap.train(rows, "big", progress=False).close()

        assert (tmp_path / "home" / "state.sqlite").exists()

    def test_the_same_call_gives_the_same_model(self, rows: Rows) -> None:
        """Down to the last digit of the metric."""
        values: list[float | None] = []
        for _ in range(2):
            with amlwrap.train(rows, "double", progress=False) as run:
                values.append(run.metrics.value)

        assert values[0] == values[1]


class TestErrors:
    @pytest.mark.parametrize(
        ("asked", "kind", "says"),
        [
            ({}, ConfigError, "name of the column to predict, found none. The columns are size, big"),
            ({"target": "bigg"}, DocumentError, "Did you mean 'big'"),
            ({"target": "big", "row_id": "siz"}, DocumentError, "Did you mean 'size'"),
            ({"target": "big", "holdout": 1.5}, ConfigError, "holdout: expected a fraction between 0 and 1"),
            ({"target": "big", "recipe": {"outputs": ["ALL_NUMERICS"]}}, DocumentError, "Did you mean 'ALL_NUMERIC'"),
            ({"target": "big", "passes": 0}, DocumentError, "from 1 to 10,000"),
            ({"target": "big", "connect": "things"}, ConfigError, 'connect("local:things")'),
            (
                {"schema": Schema(dict.fromkeys(("size", "big", "kind", "double"), "TEXT"))},
                ConfigError,
                "are size, big",
            ),
        ],
    )
    def test_what_cannot_be_is_said_before_anything_is_made(
        self, rows: Rows, asked: dict[str, Any], kind: type[Exception], says: str
    ) -> None:
        """Each names what was asked for and what might have been meant."""
        with pytest.raises(kind) as caught:
            amlwrap.train(rows, progress=False, **asked)

        assert says in str(caught.value)

    def test_columns_are_described_once(self, rows: Rows) -> None:
        """In the schema or beside it."""
        with pytest.raises(ConfigError, match="row_id: expected what the columns are, said once, found 'size' beside"):
            amlwrap.train(rows, "big", schema=Schema.infer(rows), row_id="size", progress=False)

    def test_a_handful_of_rows_is_too_few(self, rows: Rows) -> None:
        """Nothing can be held out of three."""
        with pytest.raises(
            DataError, match="at least 10 records, to learn from some and measure on the others, found 3"
        ):
            amlwrap.train(rows[:3], "big", progress=False)

    def test_one_class_is_too_few(self, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The job says why; its log, gone with the engine, is not pointed to, and nothing is left."""
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with pytest.raises(JobFailedError, match="expected at least two classes, found only 'A'") as caught:
            amlwrap.train([{**row, "kind": "A"} for row in rows], "kind", progress=False)

        assert caught.value.log_uri is None
        assert [] == list(tmp_path.iterdir())

    def test_a_log_that_stays_is_pointed_to(self, rows: Rows, tmp_path: Path) -> None:
        """In a folder of one's own."""
        with pytest.raises(JobFailedError) as caught:
            amlwrap.train([{**row, "kind": "A"} for row in rows], "kind", connect=f"local:{tmp_path}", progress=False)

        assert caught.value.log_uri is not None

    def test_a_failure_leaves_a_client_that_was_lent_open(self, rows: Rows) -> None:
        """It is somebody else's."""
        with amlwrap.connect("local:", progress=False) as aml:
            with pytest.raises(DocumentError):
                amlwrap.train(rows, "big", connect=aml, passes=0)
            assert 3 == aml.datasources.list().count()

    def test_the_models_own_reason_comes_first(self, rows: Rows) -> None:
        """A model may have failed before its evaluation is asked for, which is refused then."""
        with amlwrap.connect("local:", progress=False) as aml:
            data = aml.datasources.create([{**row, "kind": "A"} for row in rows], target="kind")
            train_data, test_data = data.split(0.7, seed=0)
            model = aml.models.create(train_data)
            with pytest.raises(JobFailedError):
                model.wait()
            with pytest.raises(JobFailedError, match="at least two classes"):
                _evaluation(model, test_data, train_data)

    def test_what_the_service_refuses_is_its_error(self, rows: Rows) -> None:
        """Here a name that becomes too long for the evaluation."""
        with pytest.raises(InvalidInputError, match="CreateEvaluation"):
            amlwrap.train(rows, "big", name="n" * 1010, progress=False)

    def test_who_interrupts_hears_what_became_of_it(self, rows: Rows) -> None:
        """An engine of the run's own ends with it."""

        def interrupt(event: amlwrap.ProgressEvent) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt) as caught:
            amlwrap.train(rows, "big", progress=interrupt)

        assert 'connect="local:DIR" keeps them' in "".join(caught.value.__notes__)
        assert 1 == len(caught.value.__notes__)

    def test_who_waits_too_short_is_promised_nothing_that_is_gone(self, rows: Rows) -> None:
        """Where the engine ended with the run, there is nothing to come back to."""
        with pytest.raises(WaitTimeoutError) as caught:
            amlwrap.train(rows, "big", timeout=0, progress=False)

        assert "come back" not in str(caught.value)
        assert 'connect="local:DIR" keeps them' in "".join(caught.value.__notes__)
        assert 1 == len(caught.value.__notes__)

    def test_a_fault_of_a_table_is_not_told_of_its_copy(self) -> None:
        """Nobody knows the file that was written of it."""
        with pytest.raises(DataError, match=r"^data.csv, line 1: expected names of at most 64 characters"):
            amlwrap.train([{"x" * 70: 1, "y": 2}] * 20, "y", progress=False)


class TestRun:
    def test_it_predicts_labels(self, run: Run) -> None:
        """Of a file, with the rows' ids; another threshold is for these labels alone."""
        labels = run.predict(NEW)
        eager = run.predict(NEW, threshold=0.1)

        assert isinstance(labels, Labels)
        assert isinstance(eager, Labels)
        assert "c2000" == labels.row_ids[0]
        assert list(labels).count("1") < list(eager).count("1")

    def test_it_predicts_numbers(self, rows: Rows) -> None:
        """Where the model is one of numbers."""
        with amlwrap.train(rows, "double", exclude=["big", "kind"], progress=False) as run:
            numbers = run.predict([{"size": 10, "big": "", "kind": ""}, {"size": 90, "big": "", "kind": ""}])

        assert isinstance(numbers, np.ndarray)
        assert numbers[0] < 60
        assert numbers[1] > 120

    def test_the_batch_behind_it_is_a_resource(self, run: Run) -> None:
        """Named as the wizard would."""
        batch = run.predict_batch(NEW).wait()

        assert ("Batch prediction: ML model: banking", 120) == (batch.name, batch.n_total)

    def test_a_schema_beside_the_data_is_taken(self, tmp_path: Path) -> None:
        """As long as nothing is said of the columns but the target."""
        path = tmp_path / "things.csv"
        path.write_text("n,c,y\n" + "".join(f"{n},{n % 3},{int(n > 50)}\n" for n in range(100)))
        beside = Schema({"n": "NUMERIC", "c": "CATEGORICAL", "y": "BINARY"}, target="y")
        path.with_name("things.csv.schema").write_text(beside.render())

        with (
            amlwrap.train(path, progress=False) as first,
            amlwrap.train(path, "y", row_id="n", progress=False) as other,
        ):
            assert (beside, "n") == (first.schema, other.schema.row_id)
            assert "NUMERIC" == other.schema["c"].type

    def test_names_that_look_like_data_are_names(self) -> None:
        """A table's columns are called so, even by numbers; who forgot the target is shown them."""
        with pytest.raises(ConfigError, match="The columns are 1, 2"):
            amlwrap.train([{"1": 3, "2": 4}], progress=False)

    def test_a_threshold_is_set(self, rows: Rows) -> None:
        """On the model, and shown in the report."""
        with amlwrap.train(rows, "big", exclude=["kind", "double"], progress=False) as run:
            careful = run.choose_threshold(precision=1.0)

        assert careful.model.threshold == run.evaluation.choose_threshold(precision=1.0)
        assert f"→ {careful.model.threshold:.3g}" in str(careful.report())

    def test_a_closed_run_says_so(self, rows: Rows) -> None:
        """What is known stays; what needs the engine is an error."""
        run = amlwrap.train(rows, "big", progress=False)
        run.close()
        run.close()

        assert run.report() == run.report()
        for ask in (lambda: run.predict(rows), lambda: run.choose_threshold(recall=0.5)):
            with pytest.raises(ConfigError, match="a closed one, whose engine is gone"):
                ask()

    def test_it_pickles_without_its_connection(self, run: Run) -> None:
        """With all that was known."""
        again: Run = pickle.loads(pickle.dumps(run))

        assert (repr(run), run.report()) == (repr(again), again.report())
        again.close()
        with pytest.raises(ConfigError, match="a resource of an open client"):
            again.predict(NEW)

    def test_it_shows_what_it_is(self, run: Run) -> None:
        """One line, or in a notebook the report."""
        assert repr(run).startswith("<Run of 'banking': BINARY model of 'y', 0.")
        assert run.report()._repr_html_() == run._repr_html_()


class TestReport:
    def test_of_two_classes(self, run: Run) -> None:
        """AUC and what it means, thresholds, columns and why, how it learned, what next."""
        text = str(run.report())

        assert text.startswith("ML model: banking predicts y: yes or no\n\nHow good is it?\n  AUC 0.7")
        assert "it had never seen; 0.5 is guessing, 1 is perfect" in text
        assert "always saying no would get 75.0%" in text
        assert "                → 0.5 " in text
        assert "  customer  CATEGORICAL  row id  the row id" in text
        assert "From 712 of 1,000 rows; 288 were held out, drawn with seed=0." in text
        assert run.best_learner is not None
        kept = f"{run.best_learner.learner} was kept, whose learning rate is {run.best_learner.rate:g}"
        assert f"Of the learners side by side, {kept}" in " ".join(text.split())
        assert 'run.predict("new.csv")' in text
        assert 'train(…, connect="local:./models")' in text
        assert "Look out" not in text
        assert max(map(len, text.splitlines())) <= 100

    def test_of_several_classes(self, rows: Rows) -> None:
        """Macro F1, the confusion matrix, and what is most often mistaken."""
        noisy = [{**row, "kind": "ABC"[place % 3] if place % 5 == 0 else row["kind"]} for place, row in enumerate(rows)]
        with amlwrap.train(noisy, "kind", exclude=["big", "double"], progress=False) as run:
            text = str(run.report())

        assert "where always saying the most frequent class gives" in text
        assert "true \\ predicted" in text
        assert "Most often mistaken: '" in text
        assert "probabilities()" in text

    def test_of_numbers(self, rows: Rows) -> None:
        """RMSE beside that of the mean, in the target's unit."""
        with amlwrap.train(rows, "double", exclude=["big", "kind"], progress=False) as run:
            text = flat(run.report())

        assert "where always saying the mean gives" in text
        assert "in the unit of double" in text
        assert "of what makes double vary" in text

    def test_families_of_columns_take_one_line(self) -> None:
        """Sixty-four pixels are not sixty-four lines."""
        dice = random.Random(1)
        rows = [{**{f"pixel{i}": dice.randint(0, 16) for i in range(64)}, "odd": i % 2} for i in range(40)]
        with amlwrap.train(rows, "odd", progress=False) as run:
            text = str(run.report())

        assert "  pixel0 … pixel63  NUMERIC  input   64 columns; the first: numbers in 40 of 40" in text

    def test_long_tables_are_cut(self) -> None:
        """And where to find the rest is said; columns nobody guessed have no reason."""
        schema = Schema({f"{'x' * place}y": "NUMERIC" for place in range(60)}, target="y")
        text = str(report_of({"RegressionRMSE": "2.5"}, schema=schema))

        assert "The first 40 lines; run.schema.describe() has them all." in text
        assert "because of" not in text

    @pytest.mark.parametrize(
        ("properties", "says"),
        [
            ({"BinaryAUC": "0.55"}, "AUC 0.550 on rows it had never seen"),
            ({"BinaryAUC": "0.55"}, "That is hardly better than guessing."),
            ({"BinaryAUC": "1.0"}, "That is very good."),
            ({"MulticlassAvgFScore": "0.6"}, "Macro F1 0.600 on rows it had never seen"),
            ({"RegressionRMSE": "12.5"}, "RMSE 12.5 on rows it had never seen, in the unit of y."),
            ({}, "The service gave no number."),
        ],
    )
    def test_of_what_aws_tells(self, properties: dict[str, str], says: str) -> None:
        """One number is enough for a report."""
        text = flat(report_of(properties))

        assert says in text
        assert "From 70 % of the rows; the other 30 % were held out, the end of the data." in text

    def test_a_recipe_nobody_told_is_left_out(self, run: Run) -> None:
        """The rest is there."""
        model = run.model.refresh()
        model.__dict__["recipe"] = None
        report = make_report(run.schema, model, run.evaluation, run._facts, transient=True)

        assert "Recipe:" in str(run.report())
        assert "Recipe:" not in str(report)

    def test_what_is_too_much_for_a_notebook_is_said(self) -> None:
        """A hundred sections are."""
        report = Report("much", tuple(Section(f"title {place}", ["x" * 200]) for place in range(100)))

        assert "<div><h3>much</h3><p>Too much for a notebook: print it.</p></div>" == report._repr_html_()

    def test_html_is_escaped(self) -> None:
        """Whatever columns are called."""
        schema = Schema({"<script>": "CATEGORICAL", "y": "BINARY"}, target="y")
        page = report_of({"BinaryAUC": "0.8"}, schema=schema)._repr_html_()

        assert "<script>" not in page
        assert "&lt;script&gt;" in page

    @given(
        st.lists(st.text(max_size=300), max_size=200),
        st.lists(st.text(max_size=100), min_size=1, max_size=4),
        st.text(max_size=300),
    )
    def test_a_notebook_gets_little_and_well_formed(self, texts: list[str], header: list[str], title: str) -> None:
        """Under 5 kB, every tag closed, whatever there is to say."""
        table = Table(header, [[text] * len(header) for text in texts])
        page = Report(title, (Section(title, texts, table, texts), Section(title)))._repr_html_()

        assert len(page.encode()) < 5_000
        assert [] == unclosed(page)


class TestAlerts:
    def test_none_where_nothing_is_wrong(self, run: Run) -> None:
        """No news is good news."""
        assert [] == list(alerts(run.model, run.evaluation, run._facts))

    @pytest.mark.parametrize(
        ("properties", "facts", "says"),
        [
            ({}, {"percent": 5}, "Only 5 % of the rows were held out, less than a tenth"),
            ({"amlwrap.n_scored": "40"}, {}, "measured on 40 rows only"),
            ({"amlwrap.n_scored": "400", "amlwrap.n_invalid": "3"}, {}, "3 of the 403 rows held out were not used"),
            ({"MulticlassAvgFScore": "0.2", "amlwrap.baseline": "0.2"}, {}, "no better than learning nothing"),
            ({"RegressionRMSE": "2.1", "amlwrap.baseline": "2.0"}, {}, "no better than learning nothing"),
            ({"RegressionRMSE": "0.01", "amlwrap.baseline": "2.0"}, {}, "nearly perfect"),
            ({"BinaryAUC": "1.0"}, {}, "a column that gives the answer away"),
            ({}, {"identifiers": ("id",)}, "'id' holds another value in each row, and cannot help with new ones: "),
            ({}, {"identifiers": ("id",)}, "pass row_id='id'"),
            ({}, {"identifiers": tuple("abcd")}, "'a', 'b', 'c' and 1 more columns hold another value"),
            ({}, {"constants": ("c",)}, "'c' holds the same value in every row sampled"),
            ({}, {"constants": ("c", "d")}, "'c', 'd' hold the same value"),
            ({}, {"n_unlabelled": 12, "n_sampled": 1000}, "12 of 1,000 sampled rows have no target"),
            ({"amlwrap.confusion": CONFUSION}, SHARES, "Of the rows held out 90% are 'a', of all rows 50%"),
            ({"amlwrap.confusion": CONFUSION}, {**SHARES, "seed": 1}, "Try another seed=."),
        ],
    )  # fmt: skip
    def test_each_says_what_is_wrong(self, properties: dict[str, str], facts: dict[str, Any], says: str) -> None:
        """And what can be done about it."""
        model = Model(id="ml-1", datasource_id="ds-1")
        found = list(alerts(model, measured(properties), Facts(**{**FACTS, **facts})))

        assert 1 == len(found)
        assert says in found[0]

    def test_rows_it_learned_from_tell_nothing(self) -> None:
        """The console's first alert."""
        found = alerts(
            Model(id="ml-1", datasource_id="ds-1"), Evaluation(id="ev-1", datasource_id="ds-1"), Facts(**FACTS)
        )

        assert ["It was measured on the rows it learned from, which says nothing about new ones."] == list(found)

    def test_guessing_is_told_from_knowing(self) -> None:
        """An AUC that chance may give is none."""
        dice = random.Random(3)
        rows = [{"a": dice.random(), "y": dice.randint(0, 1)} for _ in range(300)]
        with amlwrap.train(rows, "y", progress=False) as run:
            assert any(
                "no better than learning nothing" in alert for alert in alerts(run.model, run.evaluation, run._facts)
            )


class TestFacts:
    def test_what_is_not_on_this_machine_is_not_looked_at(self, tmp_path: Path, rows: Rows) -> None:
        """How it is split is known nevertheless."""
        staging = Staging("s3://b/in/", lambda: Folder(tmp_path))
        with staging.prepare("s3://b/in/x.csv") as prepared:
            facts = Facts.of(prepared, Schema.infer(rows, target="big"), holdout=0.2, seed=3)

        assert Facts(percent=20, seed=3) == facts

    @pytest.mark.parametrize("line", ["1,2,3\n", ""])
    def test_what_the_job_puts_up_with_is_put_up_with(self, tmp_path: Path, line: str) -> None:
        """A line that cannot be read ends the look, and a schema with more columns than the file has does not."""
        text = "id,y\n" + "".join(f"c{place},{place % 2}\n" for place in range(30)) + line
        schema = Schema({"id": "CATEGORICAL", "y": "BINARY", **({} if line else {"more": "TEXT"})}, target="y")
        with Staging(None, lambda: Folder(tmp_path)).prepare(text.encode()) as prepared:
            facts = Facts.of(prepared, schema, holdout=30, seed=None)

        assert (30 + bool(line), () if line else ("id",)) == (facts.n_records, facts.identifiers)

    def test_targets_are_counted_as_the_engine_calls_them(self, tmp_path: Path) -> None:
        """Yes is 1; what is missing is counted apart; numbers have no shares."""
        text = "n,y\n" + "1,yes\n2,No\n3,1\n4,\n" * 10
        with Staging(None, lambda: Folder(tmp_path)).prepare(text.encode()) as prepared:
            labels = Facts.of(prepared, Schema.infer(text.encode(), target="y"), holdout=0.3, seed=0)
            numbers = Facts.of(prepared, Schema({"n": "NUMERIC", "y": "TEXT"}, target="n"), holdout=0.3, seed=0)

        assert ({"1": 20 / 30, "0": 10 / 30}, 10, 40) == (labels.shares, labels.n_unlabelled, labels.n_sampled)
        assert {} == numbers.shares

    def test_line_1_counts_where_it_is_no_header(self, tmp_path: Path) -> None:
        """Columns go by their places."""
        schema = Schema({"n": "CATEGORICAL", "y": "BINARY"}, target="y", header=False)
        text = "".join(f"c{place},{place % 2}\n" for place in range(30))
        with Staging(None, lambda: Folder(tmp_path)).prepare(text.encode()) as prepared:
            facts = Facts.of(prepared, schema, holdout=0.3, seed=0)

        assert (30, 30, ("n",)) == (facts.n_records, facts.n_sampled, facts.identifiers)


def report_of(properties: dict[str, str], schema: Schema | None = None) -> Report:
    """On a run of which the service tells no more than *properties*."""
    known = schema or Schema({"a": "NUMERIC", "y": "BINARY"}, target="y")
    raw = {
        "Recipe": '{"outputs":["ALL_NUMERIC"]}',
        "TrainingParameters": {"sgd.maxPasses": "10"},
        "Schema": known.render(),
    }
    model = Model(id="ml-1", name="ML model: things", type="BINARY", datasource_id="ds-1", raw=raw)
    return make_report(known, model, measured(properties), Facts(percent=30, seed=None), transient=False)


def measured(properties: dict[str, str]) -> Evaluation:
    """An evaluation on rows held out, as the service tells it."""
    make: Any = Evaluation  # its properties have no name of their own among its arguments
    evaluation: Evaluation = make(id="ev-1", datasource_id="ds-2", properties=properties)
    return evaluation


def flat(report: Report) -> str:
    """Its text on one line."""
    return " ".join(str(report).split())


def unclosed(page: str) -> list[str]:
    """Tags of *page* that are open in the end."""
    stack: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            stack.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert tag == stack.pop()

    Reader().feed(page)
    return stack

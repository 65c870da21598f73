"""Estimators: what scikit-learn demands of its own, rows of any make, and a model that stands by itself."""

# scikit-learn's mixins have no types.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import gzip
import io
import pickle
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import amlwrap
from amlwrap import Recipe
from amlwrap._estimator_rows import frame_of, rows_of, schema_of, typed
from amlwrap._tables import write_table
from amlwrap.documents import AttributeType
from amlwrap.exceptions import ConfigError, DocumentError, JobFailedError
from amlwrap.local.ingest.columns import BinaryColumn, CategoricalColumn, Column, NumericColumn, TextColumn
from amlwrap.local.ingest.reader import read_table
from amlwrap.local.pipeline.scoring import model_rows
from amlwrap.objects import Folder, find_files
from amlwrap.sklearn import AMLClassifier, AMLRegressor
from tests.local.score.oracles import spelled

# scikit-learn and pandas ship no types.
pd: Any = import_module("pandas")
sklearn_base: Any = import_module("sklearn.base")
sklearn_checks: Any = import_module("sklearn.utils.estimator_checks")
sklearn_datasets: Any = import_module("sklearn.datasets")
sklearn_pipeline: Any = import_module("sklearn.pipeline")
sklearn_preprocessing: Any = import_module("sklearn.preprocessing")
sklearn_selection: Any = import_module("sklearn.model_selection")
joblib: Any = import_module("joblib")

BANKING = Path(__file__).parent.parent / "docs" / "samples" / "banking.csv"

EXEMPT: dict[str, str] = {}
"""Checks that are expected to fail, with the reason of each: there are none."""


@pytest.fixture(scope="module")
def bank() -> Any:
    """Clients of a bank as pandas reads them: numbers, words, sentences, and what is missing."""
    return pd.read_csv(BANKING).drop(columns="customer")


@pytest.fixture(scope="module")
def fitted(bank: Any) -> AMLClassifier:
    """A classifier of these clients."""
    return AMLClassifier().fit(bank.drop(columns="y"), bank["y"])


def _named(estimator: Any, check: Any) -> str:
    """What a test of *estimator* is called; older versions name a check twice."""
    settings = ",".join(f"{name}={value}" for name, value in check.keywords.items())
    return f"{type(estimator).__name__}-{check.func.__name__}({settings})"


CHECKS: dict[str, tuple[Any, Any]] = {
    _named(*pair): pair
    for estimator in (AMLClassifier(), AMLRegressor())
    for pair in sklearn_checks.estimator_checks_generator(estimator, expected_failed_checks=EXEMPT)
}


@pytest.mark.parametrize("name", CHECKS)
def test_scikit_learn_takes_them_for_its_own(name: str) -> None:
    """Each of its checks of estimators passes."""
    estimator, check = CHECKS[name]
    check(estimator)


def test_a_frame_is_taken_as_it_is(bank: Any, fitted: AMLClassifier) -> None:
    """No preprocessing: the columns' types are found, and labels keep their own names."""
    rows = bank.drop(columns="y")

    assert {
        "age": "NUMERIC",
        "job": "CATEGORICAL",
        "balance": "NUMERIC",
        "housing": "BINARY",
        "calls": "NUMERIC",
        "note": "TEXT",
        "target": "BINARY",
    } == {one.name: one.type.value for one in fitted.schema_}
    assert ["no", "yes"] == fitted.classes_.tolist()
    assert rows.columns.tolist() == fitted.feature_names_in_.tolist()
    assert set(fitted.predict(rows)) == {"no", "yes"}
    assert fitted.score(rows, bank["y"]) > 0.8
    assert 1 <= fitted.n_iter_ <= 10


def test_every_make_of_frame_is_the_same(bank: Any, fitted: AMLClassifier) -> None:
    """pandas, its nullable and categorical columns, polars and Arrow: the same bits."""
    rows = bank.drop(columns="y")
    expected = fitted.predict_proba(rows)
    objects = rows.astype(object).where(rows.notna(), None)
    polars = pl.from_dicts(objects.to_dict("records"), infer_schema_length=None)
    others: list[Any] = [rows.convert_dtypes(), rows.astype({"job": "category"}), objects, polars]
    for other in others:
        np.testing.assert_array_equal(expected, fitted.predict_proba(other))


def test_scores_have_the_bits_of_the_engines_batch(bank: Any, tmp_path: Path) -> None:
    """An estimator and a batch prediction of the model it took along say the same, to the last digit."""
    rows = bank.drop(columns="y")
    estimator = AMLClassifier(connect=f"local:{tmp_path}").fit(rows, bank["y"])

    with amlwrap.connect(f"local:{tmp_path}", progress=False) as aml:
        batch = aml.models.list().one().predict_batch(rows).wait()
        (result,) = batch.manifest.results.values()
        with aml._world.store().open(result) as file:
            content = file.read()
    lines = gzip.decompress(content).decode().splitlines()[1:]

    scores = estimator.predict_proba(rows)[:, 1].astype(np.float32)
    assert [line.partition(",")[2] for line in lines] == spelled(scores)


def test_all_classes_come_back_in_their_order() -> None:
    """With more than ten, the engine's order, that of their names, is another."""
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 12, 600) * 10 - 50
    rows = pd.DataFrame({"which": labels.astype(str)})
    estimator = AMLClassifier().fit(rows, labels)

    assert sorted(set(labels)) == estimator.classes_.tolist()
    assert labels.tolist() == estimator.predict(rows).tolist()
    np.testing.assert_allclose(estimator.predict_proba(rows).sum(axis=1), 1, atol=1e-6)


def test_numbers_are_predicted() -> None:
    """Of a linear truth nearly everything is explained."""
    rows, numbers = sklearn_datasets.make_regression(400, 5, noise=5, random_state=3)

    assert AMLRegressor(passes=20).fit(rows[:300], numbers[:300]).score(rows[300:], numbers[300:]) > 0.8


def test_it_is_deterministic(bank: Any, fitted: AMLClassifier) -> None:
    """The same rows give the same bits, in whatever engine."""
    rows = bank.drop(columns="y")

    again = AMLClassifier().fit(rows, bank["y"])

    np.testing.assert_array_equal(fitted.predict_proba(rows), again.predict_proba(rows))


def test_a_pickle_is_plain_and_complete(bank: Any, fitted: AMLClassifier, tmp_path: Path) -> None:
    """It predicts in another process, where no engine and no boto3 are loaded."""
    rows = bank.drop(columns="y")
    np.testing.assert_array_equal(fitted.predict(rows), pickle.loads(pickle.dumps(fitted)).predict(rows))
    (tmp_path / "estimator").write_bytes(pickle.dumps(fitted))
    rows.to_pickle(tmp_path / "rows")
    program = """
import pickle, sys, pathlib
folder = pathlib.Path(sys.argv[1])
estimator, rows = (pickle.loads((folder / name).read_bytes()) for name in ("estimator", "rows"))
print(estimator.predict_proba(rows)[:, 1].tolist())
assert "boto3" not in sys.modules, "an engine was started"
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True, text=True)

    assert str(fitted.predict_proba(rows)[:, 1].tolist()) == done.stdout.strip()


def test_nothing_is_left_behind(bank: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread and no folder of the engine it was fitted on."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = threading.active_count()

    AMLClassifier(passes=2).fit(bank.drop(columns="y"), bank["y"])

    assert (before, []) == (threading.active_count(), list(tmp_path.iterdir()))


def test_it_lives_in_pipelines_and_searches(bank: Any) -> None:
    """Cloned, searched over and cross-validated, in several threads at once."""
    rows, labels = bank.drop(columns=["y", "note"])[:300], bank["y"][:300]
    aged = sklearn_preprocessing.FunctionTransformer(_with_age)
    pipeline = sklearn_pipeline.make_pipeline(aged, AMLClassifier())
    grid = {"amlclassifier__l2": [1e-6, 1e-2], "amlclassifier__passes": [2, 5]}
    with joblib.parallel_backend("threading", n_jobs=2):
        search = sklearn_selection.GridSearchCV(pipeline, grid, cv=3, scoring="roc_auc").fit(rows, labels)
        scores = sklearn_selection.cross_val_score(AMLClassifier(), rows, labels, cv=3)

    assert 0.6 < search.best_score_ < 1
    assert "BINARY" == search.best_estimator_[-1].schema_["old"].type.value
    assert (3,) == scores.shape
    recipe = Recipe(outputs=["ALL_NUMERIC"])
    assert recipe is AMLClassifier(recipe=recipe).recipe


def _with_age(frame: Any) -> Any:
    return frame.assign(old=frame["age"] > 60)


def test_other_processes_fit_too() -> None:
    """Nothing is shared that another process does not have."""
    rows, labels = sklearn_datasets.load_iris(return_X_y=True)
    scores = sklearn_selection.cross_val_score(AMLClassifier(passes=5), rows, labels, cv=3, n_jobs=2)
    joblib.externals.loky.get_reusable_executor().shutdown(wait=True)

    assert scores.min() > 0.8


def test_a_recipe_speaks_of_the_columns(bank: Any) -> None:
    """By their names, or by x0, x1 … where they have none."""
    rows = bank[["age", "job"]]
    recipe = Recipe(outputs=["job"])
    estimator = AMLClassifier(recipe=recipe).fit(rows, bank["y"])
    nameless = AMLClassifier(recipe={"outputs": ["x1"]}).fit(rows.to_numpy(), bank["y"])

    assert recipe == estimator.recipe_
    np.testing.assert_array_equal(estimator.predict_proba(rows), nameless.predict_proba(rows.to_numpy()))


def test_types_can_be_told(bank: Any) -> None:
    """A number that is a code; one that is misspelled is asked for."""
    rows = bank[["calls"]]

    assert "CATEGORICAL" == AMLClassifier(types={"calls": "CATEGORICAL"}).fit(rows, bank["y"]).schema_["calls"].type
    with pytest.raises(DocumentError, match="Did you mean 'calls'"):
        AMLClassifier(types={"call": "CATEGORICAL"}).fit(rows, bank["y"])


def test_categories_are_categories(bank: Any) -> None:
    """Even those whose names are numbers."""
    estimator = AMLClassifier().fit(bank[["calls"]].astype("category"), bank["y"])

    assert "CATEGORICAL" == estimator.schema_["calls"].type


def test_what_is_missing_has_many_names() -> None:
    """None, NaN, pandas' own; what cannot be compared is there."""
    values = np.empty((7, 1), object)
    values[:, 0] = [None, float("nan"), pd.NA, np.array([1, 2]), "word", 3.0, 2.5]

    assert [None, None, None, "[1 2]", "word", "3", "2.5"] == frame_of(values)["x0"].to_list()


def test_categories_of_numbers_survive_missing_ones(bank: Any) -> None:
    """pandas makes 3 a 3.0 as soon as another row has none; it is the same category."""
    estimator = AMLClassifier(types={"calls": "CATEGORICAL"}).fit(bank[["calls"]], bank["y"])
    few = pd.DataFrame({"calls": [3.0, np.nan]})

    np.testing.assert_array_equal(
        estimator.predict_proba(pd.DataFrame({"calls": [3]}))[0], estimator.predict_proba(few)[0]
    )


@pytest.mark.parametrize("names", [["x\ny", "b"], ["n" * 65, "b"], [" a", "b"], ["", "b"]])
def test_names_a_file_cannot_carry_are_replaced(names: list[str]) -> None:
    """They stay scikit-learn's; the schema has numbers instead."""
    rows = pd.DataFrame(np.arange(40.0).reshape(20, 2), columns=names)
    estimator = AMLClassifier().fit(rows, [0, 1] * 10)

    assert names == estimator.feature_names_in_.tolist()
    assert ["x0", "x1", "target"] == list(estimator.schema_.names)
    assert (20,) == estimator.predict(rows).shape


def test_odd_names_are_carried() -> None:
    """Commas, quotes, comment signs, the target's own name."""
    names = ["a,b", "it's", 'say "x"', "c // d", "target", "ALL_TEXT"]
    rows = pd.DataFrame(np.random.default_rng(1).normal(size=(60, 6)), columns=names)
    labels = (rows["it's"] > 0).tolist()

    assert [*names, "target_"] == list(AMLClassifier().fit(rows, labels).schema_.names)


def test_what_cannot_be_learned_from_is_said() -> None:
    """In scikit-learn's errors where it has one, in ours otherwise."""
    rows = np.arange(20.0)[:, None]
    with pytest.raises(ValueError, match=r"one class only: y holds nothing but 'a'"):
        AMLClassifier().fit(rows, ["a"] * 20)
    with pytest.raises(ConfigError, match=r'expected "local:" or "local:DIR".*train'):
        AMLClassifier(connect="http://127.0.0.1:1").fit(rows, [0, 1] * 10)
    with pytest.raises(JobFailedError, match="at most 100 classes"):
        AMLClassifier().fit(np.arange(303.0)[:, None], np.arange(303) % 101)
    with pytest.raises(ValueError, match="infinity"):
        AMLRegressor().fit(pd.DataFrame({"a": [1.0, np.inf]}), [1, 2])
    with pytest.raises(ValueError, match="Complex data not supported"):
        AMLRegressor().fit(pd.DataFrame({"a": [1j, 2]}), [1, 2])
    with pytest.raises(ValueError, match="0 sample"):
        AMLRegressor().fit(pd.DataFrame({"a": []}), [])


def test_without_scikit_learn_the_extra_is_named() -> None:
    """And nothing but this module needs it."""
    program = """
import sys
sys.modules["sklearn"] = None
import amlwrap
try:
    import amlwrap.sklearn
except amlwrap.exceptions.MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert "amlwrap.sklearn needs packages that are not installed: pip install 'amlwrap[sklearn]'.\n" == done.stdout


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
VALUES = {
    AttributeType.NUMERIC: st.floats(allow_infinity=False, allow_nan=False) | st.integers(-(2**60), 2**60),
    AttributeType.BINARY: st.booleans(),
    AttributeType.CATEGORICAL: WORDS,
    AttributeType.TEXT: WORDS,
}


@given(st.data())
def test_rows_are_what_the_engine_reads(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Columns made in memory are those that the engine reads from the file of the same rows."""
    kinds = data.draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=4))
    rows = data.draw(st.lists(st.tuples(*(st.none() | VALUES[kind] for kind in kinds)), min_size=1, max_size=8))
    frame = frame_of(np.array([*rows, (None,) * len(kinds)], dtype=object)[:-1].reshape(len(rows), len(kinds)))
    types = {f"x{place}": kind for place, kind in enumerate(kinds)}
    schema = schema_of(frame, None, types, AttributeType.NUMERIC)
    told = typed(frame, schema)

    store = Folder(tmp_path_factory.mktemp("rows"))
    store.put_bytes("s3://b/rows.csv", _written(told.with_columns(pl.Series("target", [1.0] * len(rows)))))
    table = read_table(store, find_files(store, "s3://b/rows.csv"), schema)

    for name, column in model_rows(table, schema).items():
        assert _plain(column) == _plain(rows_of(told, schema)[name])


def _written(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    write_table(frame, file)
    return file.getvalue()


def _plain(column: Column) -> list[Any]:
    """What *column* holds, whatever the width of its numbers."""
    match column:
        case CategoricalColumn():
            return [column.vocabulary[code] for code in column.codes]
        case TextColumn():
            texts: list[Any] = column.values.to_list()
            return texts
        case BinaryColumn():
            bits: list[Any] = column.values.tolist()
            return bits
        case NumericColumn(values, missing):
            return [None if missing is not None and missing[at] else value for at, value in enumerate(values.tolist())]

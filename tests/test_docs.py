"""The documentation against the code it speaks of."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from amlwrap import BatchPrediction, Datasource, Endpoint, Evaluation, Metrics, Model, Prediction
from amlwrap.local.description import describe
from amlwrap.resources import BatchPredictions, Collection, Datasources, Entity, Evaluations, Models

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
VERDICTS = {"same", "like", "not"}


def rows_of(page: str) -> Iterator[list[str]]:
    """Cells of each row of the page's tables, headings left out."""
    for line in (DOCS / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if len(cells) > 1 and not set(cells[0]) <= {"-"} and cells[-1] != "shown by":
            yield cells


def names_in(path: Path) -> set[str]:
    """Names of the tests in a file, those of classes included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def members_of(*kinds: type[Any]) -> dict[str, Any]:
    """What the public fields, properties and methods of classes are called, and what they are."""
    fields = {field.name: None for kind in kinds if attrs.has(kind) for field in attrs.fields(kind)}
    others = {name: value for kind in kinds for name, value in inspect.getmembers(kind)}
    return {name: value for name, value in {**fields, **others}.items() if not name.startswith("_")}


def told_by(page: str) -> dict[str, str]:
    """Names in the first column of the tables under "All of it", and what stands between their parentheses."""
    _, _, section = (DOCS / page).read_text(encoding="utf-8").partition("## All of it")
    firsts = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    return dict(re.findall(r"`(\w+)(?:\((.*?)\))?`", " ".join(firsts)))


def parameters_of(function: Any) -> set[str]:
    """Names of the parameters, self left out."""
    return set(inspect.signature(function).parameters) - {"self"}


@pytest.mark.parametrize(("page", "n_least"), [("fidelity.md", 100), ("operations.md", 28)])
def test_pages_name_tests_that_there_are(page: str, n_least: int) -> None:
    """Whoever renames a test hears that a page points to it."""
    named = re.findall(r"`([\w/]+)::(test_\w+)`", (DOCS / page).read_text(encoding="utf-8"))
    files = {file: ROOT / "tests" / f"{file}.py" for file, _ in named}
    known = {file: names_in(path) if path.exists() else set[str]() for file, path in files.items()}

    assert len(named) >= n_least
    assert [] == [f"{file}::{test}" for file, test in named if test not in known[file]]


def test_every_point_of_fidelity_is_shown() -> None:
    """A point has a verdict and at least one test."""
    points = [cells for cells in rows_of("fidelity.md") if len(cells) == 3]

    assert VERDICTS == {verdict for _, verdict, _ in points}
    assert [] == [point for point, _, shown in points if "::" not in shown]


def test_every_operation_has_its_fidelity() -> None:
    """Each of the service's operations is named in a point of its own, with a verdict and tests."""
    points = [cells[0] for cells in rows_of("fidelity.md") if len(cells) == 3]
    named = {word for point in points for word in re.findall(r"[A-Za-z0-9]+", point.partition(":")[0])}

    assert 28 == len(describe().operations)
    assert set() == describe().operations - named


def test_every_page_is_in_the_table_of_contents() -> None:
    """No page can only be found by those who know that it is there."""
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = {line for line in index.splitlines() if re.fullmatch(r"[a-z-]+", line)}
    pages = {path.stem for path in DOCS.iterdir() if path.suffix in {".md", ".rst"}} - {"index"}

    assert pages == listed


def test_pictures_are_small() -> None:
    """A clone does not pay for pictures."""
    assert [] == [path.name for path in (DOCS / "images").iterdir() if path.stat().st_size > 150_000]


@pytest.mark.parametrize(
    ("page", "kinds"),
    [
        ("datasource.md", (Datasource, Datasources)),
        ("model.md", (Model, Models)),
        ("evaluation.md", (Evaluation, Metrics, Evaluations)),
        ("batch-prediction.md", (BatchPrediction, BatchPredictions)),
        ("realtime.md", (Endpoint, Prediction)),
    ],
)
def test_all_of_it_is_all_there_is(page: str, kinds: tuple[type[Any], ...]) -> None:
    """A noun's page tells each public member with its parameters, and none that is not there."""
    told, there = told_by(page), members_of(*kinds)
    common = {} if page == "datasource.md" else members_of(Entity, Collection)
    named = {name: re.findall(r"(\w+)=|(\w+)", arguments) for name, arguments in told.items() if arguments}
    given = {
        name: {one or other for one, other in pairs} - {"None", "False", "True", "8"} for name, pairs in named.items()
    }
    open_ended = {name for name, arguments in told.items() if "…" in arguments}

    assert set() == set(told) - set(there)
    assert set() == set(there) - set(told) - set(common) - {"of"}
    assert {} == {
        name: (names, parameters_of(there[name]))
        for name, names in given.items()
        if name not in open_ended and name != "create" and names != parameters_of(there[name])
    }
    maker = getattr(kinds[-1], "create", None)
    assert given.get("create") == (maker and parameters_of(maker))

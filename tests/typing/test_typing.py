"""That there are types to check, and that the assertions beside this file speak of everything public."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest

import amlwrap
from amlwrap import exceptions, resources
from amlwrap import typing as ours

HERE = Path(__file__).parent
ASSERTIONS = "".join(path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.py")) if path != Path(__file__))
UNTYPED = {"boto3_client", "documents", "exceptions", "labels", "typing", "__version__"}
"""boto3's clients have no types, and modules have those of their members."""


def test_the_package_is_marked_as_typed() -> None:
    """Or type checkers would not look into it."""
    assert files("amlwrap").joinpath("py.typed").is_file()


@pytest.mark.parametrize("name", sorted({*amlwrap.__all__} - UNTYPED))
def test_every_public_name_has_an_assertion(name: str) -> None:
    """mypy and pyright hold it to what is said here."""
    assert re.search(rf"\b{name}\b", ASSERTIONS)


def test_wrong_uses_are_among_them() -> None:
    """There are lines that have to be errors: to both checkers, an ignore that is not needed is one itself."""
    assert ASSERTIONS.count("# type: ignore[") > 30
    assert ASSERTIONS.count("reportUnnecessaryTypeIgnoreComment=true") == len(list(HERE.glob("*.py"))) - 1


@pytest.mark.parametrize(
    ("alias", "word"),
    [
        (ours.Status, "COMPLETED"),
        (ours.ModelType, "BINARY"),
        (ours.EndpointStatus, "READY"),
        (ours.ResourceKind, "batch prediction"),
    ],
)
def test_enumerations_name_their_words_and_stay_open(alias: object, word: str) -> None:
    """The words that are known help whoever types them; words that are not known do no harm."""
    known, rest = get_args(alias)

    assert word in get_args(known)
    assert rest is str


@pytest.mark.parametrize("kind", ["MLModel", "DataSource", "Evaluation", "BatchPrediction"])
def test_words_nobody_knows_yet_do_no_harm(kind: str) -> None:
    """A status, type, endpoint or member that the service has invented since comes through as it is."""
    member = {"MLModel": resources.Model, "DataSource": resources.Datasource}.get(kind)
    made: type[resources.Entity] = member or getattr(resources, kind)
    reply = {
        f"{kind}Id": "x-1",
        "Status": "HIBERNATING",
        "MLModelType": "RANKING",
        "EndpointInfo": {"EndpointStatus": "MELTING"},
        "Novelty": {"of": ["some", "kind"]},
    }

    entity = made(**made._read(reply))

    assert ("x-1", "HIBERNATING", {"of": ["some", "kind"]}) == (entity.id, entity.status, entity.raw["Novelty"])
    if isinstance(entity, resources.Model):
        assert ("RANKING", "MELTING") == (entity.type, entity.endpoint_status)
    assert "HIBERNATING" in repr(entity)


def test_errors_name_the_types_of_their_fields() -> None:
    """None is left to be anything."""
    for name in exceptions.__all__:
        annotations = getattr(exceptions, name).__annotations__
        assert "Any" not in annotations.values()

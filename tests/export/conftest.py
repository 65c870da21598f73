"""A rich account on the embedded engine, made once, exported and restored by whoever wants to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import amlwrap
from amlwrap import Client, Schema
from amlwrap.exceptions import JobFailedError
from tests.export.telling import Told, told

SCHEMA = Schema({"colour": "CATEGORICAL", "note": "TEXT", "size": "NUMERIC", "y": "BINARY"}, target="y")
ROWS = [f"{('red', 'blue')[i % 2]},größe {i % 7},{i % 13 + 0.5},{int(i % 2 == 0)}" for i in range(200)]
CSV = "\n".join(["colour,note,size,y", *ROWS, ""]).encode()
NEW = "\n".join(
    ["colour,note,size", "red,größe 3,1.5", "short", *[f"blue,größe {i},2.5" for i in range(12)], ""]
).encode()


class Rich:
    """What the account owns, by what it is for."""

    def __init__(self, home: Path, folders: dict[bool, Path], told: Told) -> None:
        self.home = home
        self.folders = folders
        self.told = told


def furnish(aml: Client) -> None:
    """All kinds, slices, tags, failed and deleted ones, names of every script."""
    boto: Any = aml.boto
    whole = aml.datasources.create(CSV, schema=SCHEMA, name="Größen – 大きさ 🎨", id="ds.whole")
    train, test = whole.split(0.7, seed=2026)
    model = aml.models.create(train, name="modèle", passes=3, id="ml-A").wait()
    model.update(threshold=0.25)
    boto.add_tags(ResourceId="ml-A", ResourceType="MLModel", Tags=[{"Key": "équipe", "Value": "ml"}, {"Key": "bare"}])
    model.evaluate(test, id="ev-1").wait()
    (
        home := aml.datasources.create(
            NEW,
            schema=SCHEMA.replace(attributes=SCHEMA.attributes[:3], target=None),
            statistics=False,
            id="ds-new",
            name="new",
        )
    ).wait()
    aml.batch_predictions.create(model, home, id="bp-1", name="batch", output="s3://staging/out/").wait()
    with pytest.raises(JobFailedError):
        aml.datasources.create(b"colour,note,size,y\nred\n", schema=SCHEMA, id="ds-failed").wait()
    gone = aml.datasources.create(CSV, schema=SCHEMA, id="ds-gone", name="to be deleted").wait()
    aml.models.create(gone, id="ml-a", recipe={"outputs": ["ALL_NUMERIC"]}, name="orphan").wait()
    gone.delete()


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Rich:
    """The account, and two exports of it: with data and without."""
    place = tmp_path_factory.mktemp("rich")
    with amlwrap.connect(f"local:{place}/home", progress=False) as aml:
        furnish(aml)
        folders = {data: place / f"data-{data}" for data in (True, False)}
        for data, folder in folders.items():
            amlwrap.export(aml, folder, data=data, rate=None)
        return Rich(place / "home", folders, told(aml, "ds-gone"))


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Client]:
    """An engine with nothing in it."""
    with amlwrap.connect(f"local:{tmp_path}/second", progress=False) as aml:
        yield aml

"""Two connections in one process, one as to AWS and one on this machine: no verb ever uses the other's."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

import amlwrap
from amlwrap import Client, RDSQuery, RedshiftQuery, Schema, resources
from amlwrap._staging import Staging
from amlwrap.exceptions import ConfigError
from amlwrap.local import Engine, open_engine
from tests.contract.conftest import as_aws

SCHEMA = Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="y")
ROWS = [{"age": age, "job": job, "y": y} for age, job, y in [(31, "cook", 1), (44, "none", 0), (25, "cook", 1)] * 20]
TRUTH = [str(row["y"]) for row in ROWS]
ROLE = "arn:aws:iam::111122223333:role/ml"
WHO = {"database": "shop", "query": "SELECT 1", "user": "reader", "password": "correct horse"}
RDS = RDSQuery(
    instance="shop", resource_role="resource", service_role="service", subnet="sn-1", security_groups="sg-1", **WHO
)
REDSHIFT = RedshiftQuery(cluster="shop", **WHO)


@attrs.frozen
class Place:
    """One world: its client, one resource of each kind, and what has been used of it."""

    aml: Client
    used: Counter[str]
    folder: Path
    data: Any
    model: Any
    evaluation: Any
    batch: Any
    numbers: Any
    """A batch of a REGRESSION model."""

    def spare(self) -> Any:
        """A datasource nobody needs."""
        return self.aml.datasources.create("s3://staging/none", schema=SCHEMA, statistics=False)


class Watched:
    """An object store that counts how often it is used."""

    def __init__(self, store: Any, used: Counter[str]) -> None:
        self._store = store
        self._used = used

    def __getattr__(self, name: str) -> Any:
        self._used["store"] += 1
        return getattr(self._store, name)


def watched(client: Client, used: Counter[str], location: str) -> Client:
    """*client*, counting what goes over its wire and to its store."""

    def count(**_: Any) -> None:
        used["wire"] += 1

    boto: Any = client.boto
    boto.meta.events.register_first("before-send", count)
    store: Any = Watched(client._world.store(), used)
    world = attrs.evolve(client._world, store=lambda: store, staging=Staging(location, lambda: store))
    return Client(world, client.describe(), client._release)


def furnished(client: Client, location: str, folder: Path) -> Place:
    """A world with something in it."""
    used: Counter[str] = Counter()
    aml = watched(client, used, location)
    data = aml.datasources.create(ROWS, schema=SCHEMA, tags={"team": "ml"})
    model = aml.models.create(data, passes=1)
    evaluation = model.evaluate(data, allow_training=True)
    batch = model.predict_batch(data)
    ages = aml.datasources.create(ROWS, schema=SCHEMA.replace(target="age"))
    numbers = aml.models.create(ages, passes=1).predict_batch(ages)
    made = amlwrap.wait_all(data, model, evaluation, batch, numbers)
    folder.mkdir()
    return Place(aml, used, folder, *made)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Place]]:
    """AWS, which another engine plays, and this machine."""
    root = tmp_path_factory.mktemp("worlds")
    with open_engine(root / "aws") as engine, amlwrap.connect(f"local:{root}/here", progress=False) as local:
        here: Engine = local.boto.amlwrap_engine
        assert here is not engine
        yield (
            furnished(as_aws(engine), "s3://staging/aws/", root / "from aws"),
            furnished(local, "s3://staging/here/", root / "from here"),
        )


Verb = Callable[[Place], Any]
COLLECTIONS = {"Datasources": "data", "Models": "model", "Evaluations": "evaluation", "BatchPredictions": "batch"}
ENTITIES = {"Datasource": "data", "Model": "model", "Evaluation": "evaluation", "BatchPrediction": "batch"}


def collection(place: Place, kind: str) -> Any:
    """The collection of *kind*."""
    return getattr(place.aml, getattr(place, COLLECTIONS[kind])._kind.collection)


def of_collections(kind: str, holder: str) -> dict[str, Verb]:
    """What all collections can do."""
    return {
        f"{kind}.get": lambda place: collection(place, kind).get(getattr(place, holder).id),
        f"{kind}.list": lambda place: list(collection(place, kind).list()),
        f"{kind}.by_tag": lambda place: list(collection(place, kind).by_tag("team", "ml")),
        f"{kind}.promote": lambda place: collection(place, kind).promote(getattr(place, holder), "stage", "live"),
    }


def of_entities(kind: str, holder: str) -> dict[str, Verb]:
    """What all resources can do."""
    return {
        f"{kind}.refresh": lambda place: getattr(place, holder).refresh(),
        f"{kind}.wait": lambda place: getattr(place, holder).wait(),
        f"{kind}.update": lambda place: getattr(place, holder).update(name="new"),
        f"{kind}.delete": lambda place: attrs.evolve(getattr(place, holder), id=_doomed(place, kind).id).delete(),
        f"{kind}.tags": lambda place: dict(getattr(place, holder).tags),
        f"{kind}.lineage": lambda place: getattr(place, holder).lineage(),
    }


def _doomed(place: Place, kind: str) -> Any:
    makers: dict[str, Verb] = {
        "Datasource": lambda place: place.spare(),
        "Model": lambda place: place.aml.models.create(place.data),
        "Evaluation": lambda place: place.model.evaluate(place.data, allow_training=True),
        "BatchPrediction": lambda place: place.model.predict_batch(place.data),
    }
    return makers[kind](place)


def _on_tags(act: Callable[[Any], Any]) -> Verb:
    return lambda place: act(place.spare().tags)


VERBS: dict[str, Verb] = {
    **{key: verb for kind, holder in COLLECTIONS.items() for key, verb in of_collections(kind, holder).items()},
    **{key: verb for kind, holder in ENTITIES.items() for key, verb in of_entities(kind, holder).items()},
    "Datasources.create": lambda place: place.aml.datasources.create(ROWS, schema=SCHEMA),
    "Datasources.create_from_rds": lambda place: place.aml.datasources.create_from_rds(RDS, role=ROLE, schema=SCHEMA),
    "Datasources.create_from_redshift": lambda place: place.aml.datasources.create_from_redshift(
        REDSHIFT, role=ROLE, schema=SCHEMA
    ),
    "Models.create": lambda place: place.aml.models.create(place.data),
    "Evaluations.create": lambda place: place.aml.evaluations.create(place.model, place.data, allow_training=True),
    "BatchPredictions.create": lambda place: place.aml.batch_predictions.create(place.model, place.data),
    "Datasource.models": lambda place: list(place.data.models),
    "Datasource.evaluations": lambda place: list(place.data.evaluations),
    "Datasource.batch_predictions": lambda place: list(place.data.batch_predictions),
    "Datasource.schema": lambda place: next(iter(place.aml.datasources)).schema,
    "Datasource.split": lambda place: place.data.split(0.5),
    "Datasource.folds": lambda place: place.data.folds(2),
    "Datasource.head": lambda place: place.data.head(1),
    "Datasource.statistics": lambda place: _refused_by_aws(place.data.wait().statistics),
    "Model.datasource": lambda place: place.model.datasource,
    "Model.schema": lambda place: next(iter(place.aml.models)).schema,
    "Model.recipe": lambda place: next(iter(place.aml.models)).recipe,
    "Model.parameters": lambda place: next(iter(place.aml.models)).parameters,
    "Model.evaluations": lambda place: list(place.model.evaluations),
    "Model.batch_predictions": lambda place: list(place.model.batch_predictions),
    "Model.training_log": lambda place: place.model.training_log(),
    "Model.evaluate": lambda place: place.model.evaluate(place.data, allow_training=True),
    "Model.predict_batch": lambda place: place.model.predict_batch(ROWS),
    "Model.create_endpoint": lambda place: place.model.create_endpoint(),
    "Model.delete_endpoint": lambda place: place.model.delete_endpoint(),
    "Endpoint.refresh": lambda place: place.model.endpoint().refresh(),
    "Endpoint.wait": lambda place: place.model.create_endpoint().wait(),
    "Endpoint.delete": lambda place: place.model.endpoint().delete(),
    "Endpoint.predict": lambda place: _asked(place, lambda endpoint: endpoint.predict(ROWS[0])),
    "Endpoint.predict_many": lambda place: _asked(place, lambda endpoint: list(endpoint.predict_many(ROWS[:4]))),
    "Evaluation.model": lambda place: place.evaluation.model,
    "Evaluation.datasource": lambda place: place.evaluation.datasource,
    "BatchPrediction.model": lambda place: place.batch.model,
    "BatchPrediction.datasource": lambda place: place.batch.datasource,
    "BatchPrediction.manifest": lambda place: place.batch.refresh().manifest,
    "BatchPrediction.probabilities": lambda place: place.batch.probabilities(),
    "BatchPrediction.labels": lambda place: place.batch.labels(),
    "BatchPrediction.scores": lambda place: place.numbers.scores(),
    "BatchPrediction.rows": lambda place: list(place.batch.rows()),
    "BatchPrediction.to_numpy": lambda place: place.batch.to_numpy(),
    "BatchPrediction.to_pandas": lambda place: place.batch.to_pandas(),
    "BatchPrediction.to_polars": lambda place: place.batch.to_polars(),
    "BatchPrediction.compare": lambda place: place.batch.compare(TRUTH),
    "BatchPrediction.download": lambda place: place.batch.download(place.folder),
    "Listing.first": lambda place: place.aml.models.list().first(),
    "Listing.one": lambda place: place.aml.evaluations.list(model=place.model, limit=1).one(),
    "Listing.count": lambda place: place.aml.models.list().count(),
    "Listing.ids": lambda place: place.aml.models.list().ids(),
    "Tags.get": _on_tags(lambda tags: tags.get("team")),
    "Tags.keys": _on_tags(lambda tags: tags.keys()),
    "Tags.values": _on_tags(lambda tags: tags.values()),
    "Tags.items": _on_tags(lambda tags: tags.items()),
    "Tags.update": _on_tags(lambda tags: tags.update(a="b")),
    "Tags.setdefault": _on_tags(lambda tags: tags.setdefault("a", "b")),
    "Tags.pop": _on_tags(lambda tags: tags.pop("a", None)),
    "Tags.popitem": _on_tags(lambda tags: (tags.update(a="b"), tags.popitem())),
    "Tags.clear": _on_tags(lambda tags: tags.clear()),
    "amlwrap.wait_all": lambda place: amlwrap.wait_all(place.data, place.model),
    "amlwrap.as_completed": lambda place: list(amlwrap.as_completed(place.data, place.model)),
    "amlwrap.train": lambda place: amlwrap.train(ROWS, "y", connect=place.aml, progress=False).predict(ROWS),
    "amlwrap.export": lambda place: amlwrap.export(place.aml, place.folder / "export", rate=None),
}
"""One line for each public verb that may use a connection."""

QUIET = {
    *(f"Client.{name}" for name in ("datasources", "models", "evaluations", "batch_predictions", "boto", "describe")),
    "Client.close",
    *(f"Endpoint.{name}" for name in ("id", "name", "status", "url", "created_at", "peak", "message", "log_uri")),
    "Model.endpoint",
    "Datasource.rearrangement",
    "Evaluation.metrics",
    "Evaluation.choose_threshold",
    "BatchPrediction.manifest_uri",
}
"""Use none."""

ELSEWHERE = {"amlwrap.connect", "amlwrap.boto3_client", "amlwrap.restore"}
"""Make a connection, or are only for this machine."""


def _refused_by_aws(act: Callable[[], Any]) -> None:
    with suppress(ConfigError):
        act()


def _asked(place: Place, ask: Callable[[Any], Any]) -> None:
    with place.model.endpoint() as endpoint:
        place.used.clear()  # only asking counts
        ask(endpoint)
        assert place.used.total() > 0


def public_verbs() -> set[str]:
    """Every public member of what holds a connection, and every function of the front door."""
    kinds = [amlwrap.Client, *(getattr(resources, name) for name in resources.__all__)]
    bound = [
        kind for kind in kinds if kind.__name__ in {"Client", "Listing", "Tags", "Endpoint", *COLLECTIONS, *ENTITIES}
    ]
    members = {
        f"{kind.__name__}.{name}"
        for kind in bound
        for name, _ in inspect.getmembers(kind)
        if not name.startswith("_") and not (attrs.has(kind) and name in attrs.fields_dict(kind))
    }
    return members | {f"amlwrap.{name}" for name in amlwrap.__all__ if inspect.isfunction(getattr(amlwrap, name))}


def test_every_verb_has_a_line() -> None:
    """A new one needs to say which connection it uses."""
    assert set() == public_verbs() - set(VERBS) - QUIET - ELSEWHERE
    assert set() == (set(VERBS) | QUIET | ELSEWHERE) - public_verbs()


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_uses_its_own_connection(verb: str, places: tuple[Place, Place]) -> None:
    """Its wire or its store, and never a byte of the other's, whichever was connected last."""
    for mine, other in (places, places[::-1]):
        mine.used.clear()
        other.used.clear()
        VERBS[verb](mine)
        assert mine.used.total() > 0
        assert 0 == other.used.total()


def test_quiet_members_use_none(places: tuple[Place, Place]) -> None:
    """What a snapshot or a client knows costs nothing."""
    for place in places:
        place.used.clear()
        _ = place.aml.datasources, place.aml.models, place.aml.evaluations, place.aml.batch_predictions
        _ = place.aml.boto, place.aml.describe(), place.aml.models.list()
        _ = [getattr(place.model.endpoint(), name.partition(".")[2]) for name in QUIET if name.startswith("Endpoint.")]
        _ = place.data.rearrangement, place.evaluation.metrics, place.batch.manifest_uri
        _refused_by_aws(partial(place.evaluation.choose_threshold, precision=0.5))
    assert [0, 0] == [place.used.total() for place in places]


def test_a_resource_of_one_connection_is_unknown_to_the_other(places: tuple[Place, Place]) -> None:
    """An id is looked for where it is asked for, and nowhere else."""
    aws, here = places
    with pytest.raises(amlwrap.exceptions.NotFoundError):
        here.aml.models.get(aws.model.id)
    with pytest.raises(amlwrap.exceptions.NotFoundError):
        aws.aml.models.get(here.model.id)

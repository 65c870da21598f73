"""A service that holds a few entities and answers as AWS does, page by page, and can be made to break at any step."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from amlwrap import Client, Schema
from amlwrap.objects import Folder, ObjectInfo
from tests.scripted import Fault, Script, VirtualClock, client_on

KINDS = {"DataSource": "ds", "MLModel": "ml", "Evaluation": "ev", "BatchPrediction": "bp"}
SECRET = "X-Amz-Signature=abcdef"
SCHEMA = Schema({"x": "NUMERIC", "y": "BINARY"}, target="y").render()
DATA = b"x,y\n" + b"1,1\n2,0\n" * 20


@attrs.define
class Fuse:
    """Burns at step *n*, counted from 1; never, when that is 0."""

    n: int = 0
    error: type[BaseException] = KeyboardInterrupt
    steps: int = attrs.field(default=0, init=False)

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.n:
            raise self.error


class Burning(Folder):
    """A store each of whose answers is a step."""

    def __init__(self, root: Path, fuse: Fuse) -> None:
        super().__init__(root)
        self.fuse = fuse

    def head(self, uri: str) -> ObjectInfo | None:
        self.fuse.step()
        return super().head(uri)

    def open(self, uri: str, start: int = 0) -> BinaryIO:
        self.fuse.step()
        return super().open(uri, start)


class Service:
    """
    Entities by operation name and id, each as a verbose Get tells it.

    Attributes:
        faults: Answers to ``"GetMLModel ml-1"`` and the like, instead of the usual ones.
        page: Entities on a page; every other page is empty.
    """

    def __init__(self, page: int = 2) -> None:
        self.entities: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.tags: dict[str, dict[str, str]] = {}
        self.faults: dict[str, list[Any]] = {}
        self.page = page
        self.fuse = Fuse()
        answers: dict[str, Any] = {"DescribeTags": self._answering("DescribeTags", self._tags)}
        for kind in KINDS:
            answers[f"Describe{kind}s"] = self._answering(f"Describe{kind}s", self._lister(kind))
            answers[f"Get{kind}"] = self._answering(f"Get{kind}", self._getter(kind))
        self.script = Script(**answers)
        self.clock = VirtualClock()

    def add(self, kind: str, id: str, **members: Any) -> None:
        """An entity that is COMPLETED unless told otherwise."""
        log = f"https://logs.example/{id}?{SECRET}"
        common = {f"{kind}Id": id, "Status": "COMPLETED", "CreatedAt": 1486834110.483, "LastUpdatedAt": 1486834200.0}
        self.entities[kind][id] = {**common, "LogUri": log, **members}

    def client(self, folder: Path) -> Client:
        aml = client_on(self.script, folder, clock=self.clock)
        object.__setattr__(aml._world, "store", lambda: Burning(folder, self.fuse))
        return aml

    def opener(self, url: str) -> BinaryIO:
        """Logs, as `open_url` would open them."""
        self.fuse.step()
        assert SECRET in url
        return io.BytesIO(f"16/12/19 10:07:13 INFO: {url.partition('?')[0]}\n".encode())

    def _answering(self, operation: str, usual: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        def answer(params: dict[str, Any]) -> Any:
            self.fuse.step()
            ids = [value for name, value in params.items() if name.endswith("Id")]
            queue = self.faults.get(" ".join([operation, *ids]), [])
            found = queue.pop(0) if queue else None
            if isinstance(found, Exception):
                raise found
            return usual(params) if found is None else found

        return answer

    def _lister(self, kind: str) -> Callable[[dict[str, Any]], Any]:
        def answer(params: dict[str, Any]) -> Any:
            if params.get("FilterVariable") == "Status":
                return Fault("InvalidInputException", "FilterVariable: not by Status")
            place, empty = map(int, params.get("NextToken", "0 1").split())
            ids = list(self.entities[kind])
            if not empty:
                return {"Results": [], "NextToken": f"{place} 1"}
            shown = [self._short(kind, one) for one in ids[place : place + self.page]]
            more = {"NextToken": f"{place + self.page} 0"} if place + self.page < len(ids) else {}
            return {"Results": shown, **more}

        return answer

    def _short(self, kind: str, id: str) -> dict[str, Any]:
        return {
            key: value for key, value in self.entities[kind][id].items() if key not in ("LogUri", "Recipe", "Schema")
        }

    def _getter(self, kind: str) -> Callable[[dict[str, Any]], Any]:
        def answer(params: dict[str, Any]) -> Any:
            found = self.entities[kind].get(params[f"{kind}Id"])
            return found or Fault("ResourceNotFoundException", "No such thing")

        return answer

    def _tags(self, params: dict[str, Any]) -> Any:
        tags = self.tags.get(params["ResourceId"], {})
        shown = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {"ResourceId": params["ResourceId"], "ResourceType": params["ResourceType"], "Tags": shown}


def furnished() -> Service:
    """A few of everything: shared data, a deleted parent that is on no list, ids alike but for capitals."""
    service = Service()
    for one, uri in (("ds-1", "s3://shop/in/a.csv"), ("ds-2", "s3://shop/in/a.csv"), ("ds-3", "s3://shop/in/")):
        service.add("DataSource", one, DataLocationS3=uri, DataSourceSchema=SCHEMA, ComputeStatistics=True)
    recipe, parameters = (
        '{"groups":{},"assignments":{},"outputs":["ALL_NUMERIC"]}',
        {"algorithm": "sgd", "sgd.maxPasses": "10"},
    )
    for one in ("ml-A", "ml-a"):
        service.add(
            "MLModel",
            one,
            Name="größe",
            MLModelType="BINARY",
            TrainingDataSourceId="ds-1",
            Recipe=recipe,
            Schema=SCHEMA,
            TrainingParameters=parameters,
            ScoreThreshold=0.25,
        )
    service.add("MLModel", "ml-failed", Status="FAILED", Message="No records.", TrainingDataSourceId="ds-2")
    metrics = {"Properties": {"BinaryAUC": "0.9375"}}
    service.add("Evaluation", "ev-1", MLModelId="ml-A", EvaluationDataSourceId="ds-2", PerformanceMetrics=metrics)
    service.add(
        "BatchPrediction", "bp-1", MLModelId="ml-A", BatchPredictionDataSourceId="ds-3", OutputUri="s3://shop/out/"
    )
    service.tags["ml-A"] = {"équipe": "ml"}
    return service


def stocked(folder: Path) -> Path:
    """The bytes those entities speak of."""
    store = Folder(folder)
    store.put_bytes("s3://shop/in/a.csv", DATA)
    store.put_bytes("s3://shop/in/deeper/b.csv", b"x,y\n3,0\n")
    result = "s3://shop/out/batch-prediction/result/bp-1-a.csv.gz"
    store.put_bytes("s3://shop/out/batch-prediction/bp-1.manifest", f'{{"s3://shop/in/a.csv":"{result}"}}'.encode())
    store.put_bytes(result, b"\x1f\x8b not really")
    return folder

"""Restoring: an export's entities and files stand again in the embedded engine, as they were."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any, cast

import attrs

from amlwrap._export._account import KINDS
from amlwrap._export._ledger import Ledger
from amlwrap._export._records import Record
from amlwrap._export._reports import Refusal, RestoreReport
from amlwrap._export._verifying import damaged, opened
from amlwrap.client import Client, demand_client
from amlwrap.documents import Recipe, Schema, TrainingParameters
from amlwrap.exceptions import ConfigError, DataError, DocumentError
from amlwrap.resources import Adopter

__all__ = ["restore"]

_STANDING = frozenset({"COMPLETED", "FAILED", "DELETED"})
_SHOWN = 5


def restore(
    folder: str | PathLike[str], aml: Client, *, retrain: bool = True, skip_damaged: bool = False
) -> RestoreReport:
    """
    Make the export in *folder* stand again in the embedded engine *aml* is connected to.

    Entities stand under their ids with the names, statuses, times, tags, thresholds, documents and metrics they had.
    Predictions can be read, and so can logs. Data that came along is put in the engine's buckets, and models that
    were made from it are trained again. The other models are records: they can be looked at and not be asked, and
    their message says how to train them again. It is called *restore*, since Python keeps the word *import* for itself.

    Args:
        folder: What `export` made; an unfinished one will do, as far as it goes.
        retrain: Whether to train models again whose data came along; the jobs run as any others, wait for them.
        skip_damaged: Leave out what is missing or changed in *folder*, instead of refusing all of it.

    Returns:
        What stands now, what was there before, and what met something else in its place; nothing is overwritten.

    Raises:
        ConfigError: *aml* is no embedded engine, or *folder* is no export.
        DataError: Files of the export are missing or have changed; nothing was restored.

    >>> import amlwrap, tempfile
    >>> place = tempfile.TemporaryDirectory()
    >>> with amlwrap.connect("local:", progress=False) as aml:
    ...     _ = amlwrap.export(aml, place.name)
    ...     print(amlwrap.restore(place.name, aml).n_same)
    0
    >>> place.cleanup()
    """
    demand_client(aml)
    adopter = aml._world.adopter
    if adopter is None:
        remedy = "The service has no operation that takes in what stood elsewhere; restore into a folder of your own."
        raise ConfigError("restore()", repr(aml), 'the embedded engine, connect("local:DIR")', remedy)
    ledger = opened(folder)
    faults = {id(record): fault for record in _all(ledger) if (fault := damaged(ledger.folder, record))}
    if faults and not skip_damaged:
        raise _damage(ledger.folder, list(faults.values()))
    return _Restoring(ledger, adopter, faults, retrain).all()


@attrs.define
class _Restoring:
    """One run of a restore."""

    ledger: Ledger
    adopter: Adopter
    faults: dict[int, str]
    retrain: bool
    counts: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(KINDS, 0), init=False)
    present: set[str] = attrs.field(factory=set[str], init=False)
    n_same: int = attrs.field(default=0, init=False)
    n_objects: int = attrs.field(default=0, init=False)
    retraining: list[str] = attrs.field(factory=list[str], init=False)
    records: list[str] = attrs.field(factory=list[str], init=False)
    conflicts: list[Refusal] = attrs.field(factory=list[Refusal], init=False)
    refused: list[Refusal] = attrs.field(factory=list[Refusal], init=False)

    def all(self) -> RestoreReport:
        """Bytes first, so that jobs find them; then entities, after those they were made from."""
        for record in self.ledger.objects.values():
            self._object(record)
        for kind in KINDS:
            chosen = [record for (other, _), record in self.ledger.entities.items() if other == kind]
            read = [(self._reply(record), record) for record in chosen]
            for reply, record in sorted(read, key=_age):
                if reply is not None:
                    self._entity(record, reply)
        return RestoreReport(
            folder=self.ledger.folder,
            counts=self.counts,
            n_same=self.n_same,
            n_objects=self.n_objects,
            retraining=tuple(self.retraining),
            records=tuple(self.records),
            conflicts=tuple(self.conflicts),
            refused=tuple(self.refused),
        )

    def _object(self, record: Record) -> None:
        uri = record["uri"]
        if fault := self.faults.get(id(record)):
            self.refused.append(Refusal(uri, fault))
            return
        try:
            adopted = self.adopter.adopt_object(uri, self.ledger.folder / record["path"])
        except DataError as error:
            if isinstance(error.__cause__, OSError):
                raise
            self.refused.append(Refusal(uri, str(error)))
            return
        self.n_objects += adopted == "new"
        if adopted == "taken":
            self.conflicts.append(Refusal(uri, "there is another file under this name"))
        else:
            self.present.add(uri)

    def _reply(self, record: Record) -> Record | None:
        """What the service said about an entity; None when that can no longer be told."""
        what = f"{record['kind']} {record['id']!r}"
        if fault := self.faults.get(id(record)):
            self.refused.append(Refusal(what, fault))
            return None
        found = self._json(record, f"{record['kind']}.json")
        reply = cast("Record", found) if isinstance(found, dict) else {}
        if reply.get(KINDS[record["kind"]].id_member) != record["id"]:
            self.refused.append(Refusal(what, "its file tells of something else"))
            return None
        return reply

    def _json(self, record: Record, name: str) -> Any:
        content = self._content(record, name)
        try:
            return None if content is None else json.loads(content)
        except ValueError:
            return None

    def _content(self, record: Record, name: str) -> bytes | None:
        paths = [file["path"] for file in record["files"] if file["path"] == f"{record['folder']}/{name}"]
        return (self.ledger.folder / paths[0]).read_bytes() if paths else None

    def _entity(self, record: Record, reply: Record) -> None:
        kind, ident = record["kind"], record["id"]
        status, message, usable = self._standing(record, reply)
        adopted = self.adopter.adopt(
            kind,
            reply,
            tags=self._json(record, "tags.json") or {},
            status=status,
            message=message,
            usable=usable,
            log=None if status == "PENDING" else self._content(record, "log.txt"),
        )
        if adopted == "taken":
            self.conflicts.append(
                Refusal(f"{kind} {ident!r}", "the id belongs to something else, or to another state of it")
            )
            return
        if adopted == "same":
            self.n_same += 1
            return
        self.counts[kind] += 1
        if status == "PENDING":
            self.retraining.append(ident)
        elif not usable:
            self.records.append(ident)

    def _standing(self, record: Record, reply: Record) -> tuple[str, str | None, bool]:
        """With which status and message an entity is to stand, and whether anything can be built on it."""
        status, message = str(reply.get("Status")), reply.get("Message")
        trained = record["kind"] == "model" and status not in ("FAILED", "DELETED")
        why = self._not_trainable(reply) if trained else "it is no model"
        if trained and not why:
            return "PENDING", None, True
        if status not in _STANDING:
            return "FAILED", f"It was {status} at {self._place} when it was exported, and its job ended there.", True
        if status == "COMPLETED" and trained:
            return status, _joined(message, self._record_words(reply, why)), False
        if status == "COMPLETED" and record["kind"] == "datasource" and not reply.get("DataSourceSchema"):
            return status, _joined(message, "Its schema was not exported, so nothing can be made from it."), False
        return status, message, True

    def _not_trainable(self, reply: Record) -> str:
        """Why a model cannot be trained again now; empty when it can."""
        if not self.retrain:
            return "it was restored with retrain=False"
        datasource = self.ledger.entities.get(("datasource", str(reply.get("TrainingDataSourceId"))))
        if datasource is None or id(datasource) in self.faults:
            return "its datasource was not exported"
        return self._lacking(datasource) or self._unclear(datasource, reply)

    def _lacking(self, datasource: Record) -> str:
        """What is missing of a datasource's data; empty when nothing is."""
        objects: list[str] = datasource.get("objects") or []
        if not objects or datasource["objects_refused"]:
            return "its data did not come along"
        return "" if self.present.issuperset(objects) else "its data is not in its place here"

    def _unclear(self, datasource: Record, reply: Record) -> str:
        """Why nobody can tell how a model was trained; empty when that is clear."""
        try:
            described: Record = self._json(datasource, "datasource.json") or {}
            schema = Schema.parse(described["DataSourceSchema"])
            TrainingParameters.parse(reply.get("TrainingParameters") or {})
            if reply.get("Recipe"):
                Recipe.parse(reply["Recipe"]).validate(schema)
            fits = schema.model_type == reply["MLModelType"]
        except (DocumentError, KeyError) as error:
            return f"what is known of how it was trained cannot be followed ({error})"
        return "" if fits else f"its schema is one for a {schema.model_type} model"

    def _record_words(self, reply: Record, why: str) -> str:
        ident, datasource = reply["MLModelId"], reply.get("TrainingDataSourceId", "")
        location = reply.get("InputDataLocationS3") or "where its datasource says"
        return (
            f"This is a record of a model trained at {self._place}: its weights never left there, so it cannot "
            f"predict, and it was not trained again because {why}. To train it again, have its data at {location} and "
            f"call: old = aml.models.get({ident!r}); aml.models.create(aml.datasources.get({datasource!r}), "
            f"recipe=old.recipe, parameters=old.parameters, type=old.type, name=old.name)"
        )

    @property
    def _place(self) -> str:
        return self.ledger.source.get("endpoint", "another place")


def _all(ledger: Ledger) -> list[Record]:
    return [*ledger.entities.values(), *ledger.objects.values()]


def _age(read: tuple[Record | None, Record]) -> tuple[str, str]:
    reply, record = read
    return str((reply or {}).get("CreatedAt", "")), record["id"]


def _joined(message: str | None, words: str) -> str:
    return f"{message} {words}" if message else words


def _damage(folder: Path, faults: list[str]) -> DataError:
    more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    remedy = "Nothing was restored. Export again, or take what is whole: restore(folder, aml, skip_damaged=True)."
    return DataError(str(folder), "", "every file as it was exported", "; ".join(faults[:_SHOWN]) + more, remedy)

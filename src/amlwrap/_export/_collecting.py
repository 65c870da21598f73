"""One run of an export: list, read what has changed, copy the bytes that belong to it, write the manifest."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from amlwrap import _wire
from amlwrap._export._account import KINDS, Account, Unavailable
from amlwrap._export._documents import documents_of, references_of
from amlwrap._export._ledger import Ledger
from amlwrap._export._names import Names, is_id
from amlwrap._export._objects import Objects
from amlwrap._export._records import Key, Record, files_of, rendered
from amlwrap._export._reports import ExportReport, Refusal
from amlwrap._logs import Opener, log_files
from amlwrap._progress import Display, ProgressEvent
from amlwrap.exceptions import AmlwrapError, ConfigError, ServiceClosedError, ThrottledError, TransportError
from amlwrap.objects import ObjectInfo
from amlwrap.resources import World

__all__ = ["Run", "Wanted"]

_README = """\
What an account of Amazon Machine Learning owned, exported by amlwrap. Everything here can be read without it.

manifest.json        what is here: each file with its size and SHA-256, and what could not be had, with the reason
datasources/ID/      datasource.json: the service's whole reply; schema.json, rearrangement.json, query.sql, tags.json,
                     log.txt
models/ID/           model.json; schema.json, recipe.json, parameters.json, tags.json, log.txt (how training went)
evaluations/ID/      evaluation.json; metrics.json, tags.json, log.txt
batch_predictions/ID/  batch_prediction.json; tags.json, log.txt
objects/BUCKET/KEY   the bytes of s3://BUCKET/KEY: predictions and, if asked for, data

The service never gives out a model's weights, so they are not here. In Python,
amlwrap.restore(folder, amlwrap.connect("local:DIR")) makes everything stand again in an engine on one machine, and
trains the models again whose data is here.
"""


@attrs.frozen(kw_only=True)
class Wanted:
    """What an export is asked for beside entities: *data* of all datasources, of none, or of those with certain ids."""

    data: bool | frozenset[str] = False
    predictions: bool = True
    logs: bool = True

    def wants_data(self, id: str) -> bool:
        """Whether the data of datasource *id* is to come along."""
        return self.data if isinstance(self.data, bool) else id in self.data


@attrs.define
class Run:
    """One run of an export."""

    world: World
    ledger: Ledger
    account: Account
    wanted: Wanted
    opener: Opener
    display: Display
    refused: list[Refusal] = attrs.field(factory=list[Refusal], init=False)
    listed: dict[Key, Mapping[str, Any]] = attrs.field(factory=dict[Key, "Mapping[str, Any]"], init=False)
    unlisted: list[str] = attrs.field(factory=list[str], init=False)
    names: dict[str, Names] = attrs.field(factory=dict[str, Names], init=False)
    n_fetched: int = attrs.field(default=0, init=False)
    started: float = attrs.field(default=0.0, init=False)

    def all(self, source: Mapping[str, str], now: Callable[[], datetime]) -> ExportReport:
        """Plan, collect, write."""
        self.started = self.world.clock.monotonic()
        for kind in KINDS:
            self._list(kind)
        self.ledger.begin(source)
        for kind in KINDS:
            self.names[kind] = Names(Path(r["folder"]).name for (k, _), r in self.ledger.entities.items() if k == kind)
        self._collect()
        self._copy()
        self._note_gone()
        self.ledger.files = [self.ledger.write("README.txt", _README.encode())]
        for record in self.ledger.entities.values():
            self._refuse_all(record)
        self.ledger.finish(
            {
                "exported_at": now().isoformat(),
                "amlwrap": _version(),
                "refused": [attrs.asdict(refusal) for refusal in self.refused],
            }
        )
        self._show("COMPLETED")
        return self._report()

    # Plan.

    def _list(self, kind: str) -> None:
        try:
            for reply in self.account.listed(KINDS[kind]):
                found = str(reply.get(KINDS[kind].id_member))
                if is_id(found):
                    self.listed[kind, found] = reply
                else:
                    self.refused.append(Refusal(f"{KINDS[kind].noun} {found[:80]!r}", "that cannot be an id"))
        except (ServiceClosedError, TransportError, ThrottledError, ConfigError):
            raise
        except AmlwrapError as error:
            self.unlisted.append(kind)
            if len(self.unlisted) == len(KINDS):
                raise
            self.refused.append(Refusal(f"the listing of {KINDS[kind].collection}", str(error)))

    # Collect.

    def _collect(self) -> None:
        """Every entity listed, and then what they were made from, which may be deleted and so on no list."""
        waiting = deque(self.listed)
        seen = set(waiting)
        n_done = 0
        while waiting:
            key = waiting.popleft()
            n_known = n_done + len(waiting) + 1
            self._show("INPROGRESS", f"{_what(key)} ({n_done:,} of {n_known:,})", n_done / n_known)
            record = self._entity(key)
            n_done += 1
            for other in record["made_from"] if record else ():
                reference = (str(other[0]), str(other[1]))
                if reference not in seen and is_id(reference[1]):
                    seen.add(reference)
                    waiting.append(reference)

    def _entity(self, key: Key) -> Record | None:
        """The record of an entity, read unless it is there and has not changed; None when it cannot be read."""
        old = self.ledger.entities.get(key)
        if old is not None and self._is_current(key, old):
            return old if key in self.ledger.journalled else self._with_tags(key, old)
        try:
            reply, log_uri = self.account.get(KINDS[key[0]], key[1])
        except Unavailable as error:
            if old is None or key in self.listed:
                self.refused.append(Refusal(_what(key), str(error)))
            return old
        if old is not None and reply.get("Status") == "DELETED" != old["status"]:
            return old  # what it was tells more than that it is no more
        return self._written(key, reply, log_uri, old)

    def _is_current(self, key: Key, old: Record) -> bool:
        listed = self.listed.get(key)
        if listed is None and old["status"] != "DELETED" and key not in self.ledger.journalled:
            return False
        changed = listed is not None and listed.get("LastUpdatedAt") != old["updated_at"]
        lacking = bool(old["refused"]) or (self.wanted.logs and not old["log_asked"])
        return not changed and not lacking and old["updated_at"] is not None and self.ledger.is_whole(old)

    def _with_tags(self, key: Key, old: Record) -> Record:
        """*old* with the tags as they are now: they change without changing anything else."""
        refused: list[Record] = []
        files = self._tags(key, old["folder"], refused)
        changed = [file for file in files if file not in old["files"]]
        if not changed:
            return old
        others = [file for file in old["files"] if not file["path"].endswith("/tags.json")]
        record = {**old, "files": [*others, *changed]}
        self.ledger.keep_entity(record)
        return record

    def _written(self, key: Key, reply: Record, log_uri: str | None, old: Record | None) -> Record:
        kind, ident = key
        folder = old["folder"] if old else f"{KINDS[kind].collection}/{self.names[kind].give(ident)}"
        refused: list[Record] = []
        files = self._tags(key, folder, refused)
        if reason := reply.pop(f"{_wire.DETAIL_PREFIX}{_wire.SPOILT}", None):
            refused.append({"what": "statistics", "reason": f"cannot be read: {reason}"})
        if self.wanted.logs and log_uri:
            files += self._log(log_uri, folder, refused)
        for name, content in documents_of(kind, reply).items():
            files.append(self.ledger.write(f"{folder}/{name}", content))
        record = {
            "kind": kind,
            "id": ident,
            "name": reply.get("Name", ""),
            "status": reply.get("Status", ""),
            "updated_at": reply.get("LastUpdatedAt"),
            "folder": folder,
            "location": reply.get("DataLocationS3") or reply.get("OutputUri") or "",
            "made_from": references_of(kind, reply),
            "log_asked": self.wanted.logs,
            "files": [*files, *self._outlived(files, old)],
            "refused": refused,
        }
        self.ledger.keep_entity(record)
        self.n_fetched += 1
        return record

    def _tags(self, key: Key, folder: str, refused: list[Record]) -> list[Record]:
        try:
            tags = self.account.tags(KINDS[key[0]], key[1])
        except Unavailable as error:
            refused.append({"what": "tags", "reason": str(error)})
            return []
        return [self.ledger.write(f"{folder}/tags.json", rendered(tags))]

    def _log(self, uri: str, folder: str, refused: list[Record]) -> list[Record]:
        try:
            content = attrs.evolve(self.world, opener=self.opener).log(uri)
        except Unavailable as error:
            refused.append({"what": "log", "reason": str(error)})
            return []
        return [self.ledger.write(f"{folder}/{name}", part) for name, part in log_files(content).items()]

    def _outlived(self, files: list[Record], old: Record | None) -> list[Record]:
        """Files of *old* that stay although nothing was read in their place: logs and tags go while entities stay."""
        written = {file["path"] for file in files}
        before = [file for file in (old["files"] if old else ()) if file["path"] not in written]
        kept = [file for file in before if file["path"].endswith(("/log.txt", "/log.mime", "/tags.json"))]
        self.ledger.drop(file for file in before if file not in kept)
        return kept

    # Write.

    def _copy(self) -> None:
        """The bytes that belong to entities, as far as they are wanted."""
        for ident in sorted(() if isinstance(self.wanted.data, bool) else self.wanted.data):
            if ("datasource", ident) not in self.ledger.entities:
                self.refused.append(Refusal(f"data of datasource {ident!r}", "there is no such datasource"))
        objects = Objects(self.ledger, self.world.store)
        for key in sorted(self.ledger.entities):
            record = self.ledger.entities[key]
            found = self._places(objects, record)
            if found is None:
                continue
            self._show("INPROGRESS", f"files of {_what(key)}")
            kept, refused = self._kept(objects, found)
            record = {**record, "objects": kept, "objects_refused": refused}
            if record != self.ledger.entities[key]:
                self.ledger.keep_entity(record)

    def _places(self, objects: Objects, record: Record) -> Iterable[ObjectInfo | str] | None:
        """Where the bytes of an entity are; None when there are none, or none are wanted."""
        kind, location = record["kind"], record["location"]
        if kind == "datasource" and location and self.wanted.wants_data(record["id"]):
            return _later(lambda: objects.at(location))
        if kind == "batch_prediction" and record["status"] == "COMPLETED" and self.wanted.predictions:
            return objects.predictions(record["id"], location)
        return None

    def _kept(self, objects: Objects, found: Iterable[ObjectInfo | str]) -> tuple[list[str], list[Record]]:
        kept: list[str] = []
        refused: list[Record] = []
        places = iter(found)
        while True:
            try:
                info = next(places, None)
                if info is None:
                    return kept, refused
                if isinstance(info, str):
                    raise Unavailable(f"{info}: there is nothing")  # noqa: TRY301 - said like the others
                kept.append(objects.keep(info)["uri"])
            except Unavailable as error:
                refused.append({"what": "a file", "reason": str(error)})

    def _note_gone(self) -> None:
        """Mark what is no longer listed: it was deleted at its source after it had been exported."""
        for key, record in self.ledger.entities.items():
            record.pop("gone", None)
            if key not in self.listed and record["status"] != "DELETED" and key[0] not in self.unlisted:
                record["gone"] = True

    def _refuse_all(self, record: Record) -> None:
        for part in (*record["refused"], *record.get("objects_refused", ())):
            self.refused.append(Refusal(f"{_what((record['kind'], record['id']))}: {part['what']}", part["reason"]))

    def _show(self, status: str, words: str = "", fraction: float | None = None) -> None:
        event = ProgressEvent(
            kind="export",
            id=str(self.ledger.folder),
            name="",
            status=status,
            elapsed_seconds=self.world.clock.monotonic() - self.started,
            fraction=fraction,
            words=words,
        )
        self.display.update(event)

    def _report(self) -> ExportReport:
        ledger = self.ledger
        files = [file for record in (*ledger.entities.values(), *ledger.objects.values()) for file in files_of(record)]
        return ExportReport(
            folder=ledger.folder,
            counts={kind: sum(1 for other, _ in ledger.entities if other == kind) for kind in KINDS},
            n_fetched=self.n_fetched,
            n_objects=len(ledger.objects),
            n_bytes=sum(file["size"] for file in (*files, *ledger.files)),
            refused=tuple(self.refused),
        )


def _later(find: Callable[[], Iterable[ObjectInfo]]) -> Iterator[ObjectInfo]:
    """What *find* finds, looked for when the first is asked for."""
    yield from find()


def _what(key: Key) -> str:
    return f"{KINDS[key[0]].noun} {key[1]!r}"


def _version() -> str:
    from importlib.metadata import version

    return version("amlwrap")

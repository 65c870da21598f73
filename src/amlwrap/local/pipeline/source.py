"""A datasource as its jobs see it: the files it names, the rows it means, and what was counted in them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import attrs

from amlwrap.documents.rearrangement import Rearrangement
from amlwrap.documents.schema import Attribute, Schema
from amlwrap.local.ingest.budget import Budget
from amlwrap.local.ingest.cache import TableCache, table_key
from amlwrap.local.ingest.reader import best_run_bytes, read_blocks, read_table
from amlwrap.local.ingest.split import select
from amlwrap.local.ingest.statistics import Statistics, summarise
from amlwrap.local.limits import beyond
from amlwrap.local.pipeline.summary import Counted
from amlwrap.objects import find_files

if TYPE_CHECKING:
    from amlwrap.local.ingest.table import Table
    from amlwrap.local.task import Parent, Task
    from amlwrap.objects import ObjectInfo

WHOLE_SHARE, CACHED_SHARE, BLOCK_SHARE = 12, 4, 96
"""
Files that take up more than a twelfth of the memory there is are read block by block, a ninety-sixth of it at a time:
what is made of them takes several times as much. What is read whole is kept for other jobs, up to a quarter.
"""


@attrs.frozen
class Source:
    """What a datasource was created with."""

    id: str
    uri: str
    schema: Schema
    rearrangement: Rearrangement
    has_statistics: bool

    @classmethod
    def of(cls, datasource: Task | Parent) -> Source:
        """Read the request of a datasource's own task, or of a parent."""
        request = datasource.request
        spec = request["DataSpec"]
        rearrangement = spec.get("DataRearrangement")
        return cls(
            id=datasource.id,
            uri=spec["DataLocationS3"],
            schema=Schema.parse(spec["DataSchema"]),
            rearrangement=Rearrangement.parse(rearrangement) if rearrangement else Rearrangement(),
            has_statistics=bool(request.get("ComputeStatistics", False)),
        )

    def typed_as(self, trained: Schema) -> Source:
        """The same data, read with the types of *trained* wherever the schemas share a name: the training type wins."""
        types = {attribute.name: attribute.type for attribute in trained.attributes}
        attributes = tuple(
            Attribute(attribute.name, types.get(attribute.name, attribute.type)) for attribute in self.schema.attributes
        )
        return attrs.evolve(self, schema=self.schema.replace(attributes=attributes))

    def files(self, task: Task) -> list[ObjectInfo]:
        """The objects the location names, as they are now."""
        return find_files(task.store, self.uri)

    def blocks(self, task: Task, *, as_text: Collection[str] = ()) -> Blocks:
        """
        The rows this datasource means.

        The row id comes as text, and so do the attributes in *as_text*; excluded attributes are not read.
        """
        schema = self.schema
        text = frozenset(as_text) | ({schema.row_id} if schema.row_id else frozenset[str]())
        skip = frozenset(schema.excluded) - text - ({schema.target} if schema.target else frozenset[str]())
        return Blocks(task, self, self.files(task), text, skip)

    def counted(self, task: Task) -> Counted:
        """What was counted when the datasource was made; of one that was made elsewhere, what is counted now."""
        folder = task.home.datasource_statistics(self.id)

        def load() -> Statistics:
            if not folder.is_dir():
                statistics = counted_in(task, self.blocks(task), self.schema)
                with task.home.publish(folder) as new:
                    statistics.save(new)
            return Statistics.load(folder)

        return Counted(task.cache.setdefault(("statistics", self.id), load))


def counted_in(task: Task, blocks: Iterable[Table], schema: Schema) -> Statistics:
    """Statistics of *blocks*; what is kept on the way takes no more than half of the memory."""
    return summarise(blocks, schema, Budget.within(task.memory // 2))


@attrs.frozen
class Blocks:
    """
    The rows of a datasource, block by block, read anew by each who goes through them.

    Files that memory easily holds are one block, parsed once however many datasources are slices of them.
    """

    task: Task
    source: Source
    files: Sequence[ObjectInfo]
    as_text: frozenset[str]
    skip: frozenset[str]

    def within(self, name: str) -> Blocks:
        """
        These rows, if their files are no larger than the limit *name*.

        Raises:
            DataError: They are.
        """
        if not self.task.limits.allow(name, self.n_bytes):
            most = f"at most {getattr(self.task.limits, name):,} bytes"
            raise beyond(name, self.source.uri, expected=most, found=f"{self.n_bytes:,}")
        return self

    @property
    def n_bytes(self) -> int:
        """Size of all files."""
        return sum(file.size for file in self.files)

    @property
    def is_whole(self) -> bool:
        """Whether there is one block, and it stays in memory."""
        return self.n_bytes <= self.task.memory // WHOLE_SHARE

    def __iter__(self) -> Iterator[Table]:
        return iter((self._chosen(),)) if self.is_whole else self._selected(self._block_bytes)

    def passing(self) -> Iterator[Table]:
        """
        The rows for who goes through them once: out of the cache if they are there, and not put into it otherwise.

        The blocks are small, so that much can be done with some of them while others are read.
        """
        if self._tables.peek(self._key) is not None:
            return iter((self._chosen(),))
        run_bytes = min(best_run_bytes(self.source.schema), self._block_bytes)
        return self._selected(run_bytes)

    def _selected(self, run_bytes: int) -> Iterator[Table]:
        """Block after block; one is let go of before the next is read."""
        rearrangement = self.source.rearrangement
        if rearrangement == Rearrangement():
            return self._read(run_bytes, located=False)
        return map(partial(select, rearrangement=rearrangement), self._read(run_bytes, located=True))

    def _chosen(self) -> Table:
        """All rows at once, out of the cache or into it."""
        rearrangement = self.source.rearrangement
        if rearrangement == Rearrangement():
            return self._kept()
        return self._tables.get((self._key, rearrangement), lambda: select(self._kept(), rearrangement))

    @property
    def _record_bytes(self) -> int:
        """The longest record: as limited, or as much as is read at a time."""
        most = self.task.limits.record_bytes
        return self._block_bytes if most is None else most

    @property
    def _block_bytes(self) -> int:
        return self.task.memory // BLOCK_SHARE

    @property
    def _tables(self) -> TableCache:
        return self.task.cache.setdefault("tables", lambda: TableCache(self.task.memory // CACHED_SHARE))

    @property
    def _key(self) -> Hashable:
        return table_key(self.files, self.source.schema, as_text=self.as_text, skip=self.skip)

    def _read(self, run_bytes: int, *, located: bool) -> Iterator[Table]:
        return read_blocks(
            self.task.store,
            self.files,
            self.source.schema,
            as_text=self.as_text,
            skip=self.skip,
            progress=lambda _: self.task.progress(*self.task.run.progress or (0.0, "reading")),
            run_bytes=run_bytes,
            record_bytes=self._record_bytes,
            located=located,
        )

    def _kept(self) -> Table:
        """The whole table of the files, out of the cache or into it."""
        task, schema = self.task, self.source.schema

        def read() -> Table:
            return read_table(
                task.store,
                self.files,
                schema,
                as_text=self.as_text,
                skip=self.skip,
                progress=lambda share: task.progress(0.8 * share, "reading"),
                record_bytes=self._record_bytes,
            )

        return self._tables.get(self._key, read)

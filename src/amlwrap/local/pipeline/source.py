"""A datasource as its jobs see it: the files it names, the rows it means, and what was counted in them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import attrs

from amlwrap.documents.rearrangement import Rearrangement
from amlwrap.documents.schema import Attribute, Schema
from amlwrap.local.ingest.cache import TableCache, table_key
from amlwrap.local.ingest.reader import read_table
from amlwrap.local.ingest.split import select
from amlwrap.local.ingest.statistics import Statistics, summarise
from amlwrap.local.pipeline.summary import Counted
from amlwrap.objects import find_files

if TYPE_CHECKING:
    from amlwrap.local.ingest.table import Table
    from amlwrap.local.task import Parent, Task
    from amlwrap.objects import ObjectInfo

CACHED_BYTES = 1 << 30
"""Most memory that parsed tables keep between jobs."""


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

    def table(self, task: Task, *, as_text: Collection[str] = ()) -> Table:
        """
        The rows this datasource means.

        A file is parsed once however many datasources are slices of it. The row id comes as text, and so do the
        attributes in *as_text*; excluded attributes are not read.
        """
        schema = self.schema
        text = frozenset(as_text) | ({schema.row_id} if schema.row_id else frozenset[str]())
        skip = frozenset(schema.excluded) - text - ({schema.target} if schema.target else frozenset[str]())
        files = self.files(task)
        tables = task.cache.setdefault("tables", lambda: TableCache(CACHED_BYTES))
        key = table_key(files, schema, as_text=text, skip=skip)

        def reading(share: float) -> None:
            task.progress(0.8 * share, "reading")

        def read() -> Table:
            return read_table(task.store, files, schema, as_text=text, skip=skip, progress=reading)

        return select(tables.get(key, read), self.rearrangement)

    def counted(self, task: Task) -> Counted:
        """What was counted when the datasource was made; of one that was made elsewhere, what is counted now."""
        folder = task.home.datasource_statistics(self.id)

        def load() -> Statistics:
            if not folder.is_dir():
                statistics = summarise(self.table(task), self.schema)
                with task.home.publish(folder) as new:
                    statistics.save(new)
            return Statistics.load(folder)

        return Counted(task.cache.setdefault(("statistics", self.id), load))

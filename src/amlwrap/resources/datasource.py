"""Data a model can be made from, measured on, or asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import attrs

from amlwrap import _wire
from amlwrap._staging import Prepared
from amlwrap._wire import Kind
from amlwrap.documents import RDSMetadata, RDSQuery, Rearrangement, RedshiftMetadata, RedshiftQuery, Schema
from amlwrap.documents._parsing import whole_number
from amlwrap.exceptions import ConfigError, DataError, DocumentError
from amlwrap.resources._batch_schema import bound_schema, schema_beside
from amlwrap.resources._collection import Collection
from amlwrap.resources._entity import Entity
from amlwrap.resources._filters import DatasourceFilters
from amlwrap.resources._from_query import query_call
from amlwrap.resources._head import Head, read_head
from amlwrap.resources._statistics import Statistics
from amlwrap.typing import Data

if TYPE_CHECKING:
    from amlwrap.resources._listing import Listing
    from amlwrap.resources.batch_prediction import BatchPrediction
    from amlwrap.resources.evaluation import Evaluation
    from amlwrap.resources.model import Model

__all__ = ["Datasource", "Datasources"]


@attrs.frozen(kw_only=True, slots=False)
class Datasource(Entity):
    """
    Rows in S3, what their columns mean, and which of them count.

    Attributes:
        uri: The file, or the folder of files, that the rows are in.
        has_statistics: Whether statistics were asked for; a model can only be trained with them.
        n_bytes: Size of the files.
        n_files: How many they are.
        rds: The query whose rows they are, when it was asked of RDS.
        redshift: The query whose rows they are, when it was asked of Redshift.
        role: The role that the service took on to ask it.
    """

    _kind: ClassVar[Kind] = _wire.DATASOURCE

    uri: str = ""
    has_statistics: bool = False
    n_bytes: int | None = None
    n_files: int | None = None
    rds: RDSMetadata | None = None
    redshift: RedshiftMetadata | None = None
    role: str | None = attrs.field(default=None, repr=False)
    _rearrangement_text: str | None = attrs.field(default=None, repr=False, alias="rearrangement_text")

    @cached_property
    def schema(self) -> Schema:
        """What the columns are; one call if the snapshot came without it."""
        text = self._document("schema")
        if text is None:
            raise DocumentError("schema", "", f"one in the service's answer about {self.id}", "none")
        return Schema.parse(text)

    @cached_property
    def rearrangement(self) -> Rearrangement | None:
        """Which of the rows count; ``None`` when all do."""
        return None if self._rearrangement_text is None else Rearrangement.parse(self._rearrangement_text)

    @property
    def models(self) -> Listing[Model]:
        """Models trained on this datasource."""
        return self._connection.models.list(datasource=self.id)

    @property
    def evaluations(self) -> Listing[Evaluation]:
        """Evaluations made on this datasource."""
        return self._connection.evaluations.list(datasource=self.id)

    @property
    def batch_predictions(self) -> Listing[BatchPrediction]:
        """Batch predictions of this datasource."""
        return self._connection.batch_predictions.list(datasource=self.id)

    def split(
        self, fraction: float, seed: object = None, *, names: tuple[str, str] | None = None
    ) -> tuple[Datasource, Datasource]:
        """
        Two datasources on the same data: no row is in both, and none in neither.

        Args:
            fraction: Share of the rows in the first: 0.7, or 70.
            seed: Draws the rows at random; without one, the first is the beginning of the data.
            names: Of the two.

        Returns:
            The first to train on, with statistics; the second to evaluate on, without.

        Raises:
            ConfigError: This datasource is itself a part: the service cannot split a part again. Or its rows come out
                of a database, and are not there yet. Or there are not two *names*.
        """
        self._demand_whole("split()")
        given: Any = names
        if isinstance(given, str) or (given is not None and len(given) != 2):
            raise ConfigError("names", repr(given), "one for each of the two parts")
        parts = Rearrangement.split(fraction, seed)
        base, percent = self.name or self.id, parts[0].percent_end
        return self._parts(parts, names or (f"{base} (train {percent}%)", f"{base} (test {100 - percent}%)"))

    def folds(
        self, k: int, *, seed: object = None, names: Sequence[tuple[str, str]] | None = None
    ) -> tuple[tuple[Datasource, Datasource], ...]:
        """
        *k* pairs of datasources for cross-validation: every row is in the second of exactly one pair.

        Args:
            k: How many pairs, 2 to 100. The service cuts at whole per cents, so where *k* does not divide 100, some
                parts are one per cent larger than others.
            seed: Draws the rows at random; without one, the seconds follow each other through the data.
            names: Of the two of each pair.

        Returns:
            Pairs as of `split`: the first to train on, with statistics; the second to evaluate on, without.

        Raises:
            ConfigError: This datasource is itself a part; or there are not *k* pairs of *names*.
            DocumentError: *k* is out of range.
        """
        self._demand_whole("folds()")
        parts = Rearrangement.folds(k, seed)
        base = self.name or self.id
        known = names or [
            (f"{base} (fold {at} of {k}, train)", f"{base} (fold {at} of {k}, test)") for at in range(1, k + 1)
        ]
        if len(known) != len(parts):
            raise ConfigError("names", f"{len(known)}", f"a pair of names for each of {k} folds")
        return tuple(self._parts(pair, own) for pair, own in zip(parts, known, strict=True))

    def head(self, n: int = 5) -> Head:
        """
        The first *n* rows, as mappings of names to what stands in the file; prints as a table.

        No more of the data is read than these rows. Of a sequential part they are the part's own; which rows a random
        part draws cannot be told from here, so it shows the first of all, and says so.

        Raises:
            ConfigError: The data are in a database.
            DataError: There are no data at the location, or none that fit the schema.
        """
        if (whole_number(n) or 0) < 1:
            raise ConfigError("head()", repr(n), "a number of rows, 1 or more")
        if not self.uri:
            raise ConfigError("head()", f"{self.id}, whose location is not known", "a datasource of files")
        return read_head(self._connection.store(), self.uri, self.schema, self.rearrangement, n)

    def statistics(self) -> Statistics:
        """
        What was counted in the rows: missing and invalid values, spread, most frequent values, ties to the target.

        Raises:
            ConfigError: They are not there: none were asked for, the job has not completed, or the datasource is on
                AWS, which shows them in its console and tells them to no program.
            DataError: They are there, and cannot be read any more.
        """
        if not self.has_statistics:
            raise ConfigError("statistics()", f"{self.id}, made without", "a datasource made with statistics=True")
        if self.status != "COMPLETED":
            remedy = "Use the snapshot that wait() returns."
            raise ConfigError("statistics()", f"status {self.status}", "a completed datasource", remedy)
        if reason := _wire.document(self._counting, _wire.SPOILT):
            remedy = "Make the datasource once more: a model needs them too."
            raise DataError(f"statistics of datasource {self.id!r}", "", "what was counted in its rows", reason, remedy)
        found = _wire.document(self._counting, _wire.STATISTICS)
        if found is None:
            remedy = (
                "AWS shows them in its console only. To see them here, make the datasource once more on the embedded "
                'engine: connect("local:DIR").'
            )
            raise ConfigError("statistics()", "none in the service's answer", "a datasource of the engine", remedy)
        return Statistics.of(found)

    @cached_property
    def _counting(self) -> Mapping[str, Any]:
        """A reply of somebody who was asked for the statistics."""
        if _wire.document(self.raw, _wire.STATISTICS) is not None:
            return self.raw
        with _wire.wanting(_wire.STATISTICS):
            return self._get(verbose=True)

    def _demand_whole(self, asked: str) -> None:
        if self.rearrangement is not None:
            remedy = "Split the datasource that this one is a part of."
            raise ConfigError(asked, f"{self.id}, a part of its data", "a datasource of all its data", remedy)
        if (self.rds or self.redshift) and self.status != "COMPLETED":
            remedy = "The parts of a query are parts of the files that its rows are put in: wait() for it first."
            raise ConfigError(asked, f"{self.id}, whose query is {self.status}", "a COMPLETED datasource", remedy)

    def _parts(
        self, pair: tuple[Rearrangement, Rearrangement], names: tuple[str, str]
    ) -> tuple[Datasource, Datasource]:
        create = self._connection.datasources.create
        first = create(self.uri, schema=self.schema, name=names[0], rearrangement=pair[0], statistics=True)
        second = create(self.uri, schema=self.schema, name=names[1], rearrangement=pair[1], statistics=False)
        return first, second

    def _detail(self) -> str:
        try:
            return "all rows" if self.rearrangement is None else self.rearrangement.describe()
        except DocumentError:  # of a kind that nobody knows yet
            return "some rows"

    @staticmethod
    def _read(reply: Mapping[str, Any]) -> dict[str, Any]:
        rds, redshift = _wire.rds_fields(reply), _wire.redshift_fields(reply)
        return {
            **_wire.datasource_fields(reply),
            "rds": None if rds is None else RDSMetadata(**rds),
            "redshift": None if redshift is None else RedshiftMetadata(**redshift),
        }


class Datasources(Collection[Datasource]):
    """All datasources of a client."""

    _kind = _wire.DATASOURCE
    _entity = Datasource

    def list(self, **filters: Unpack[DatasourceFilters]) -> Listing[Datasource]:  # type: ignore[override]
        """
        A lazy listing, narrowed by at most one filter: the service takes no more.

        Args:
            filters: By ``name``, ``status``, ``user``, ``created_at``, ``updated_at``, and
                ``uri``. `Collection.list` says how.

        Raises:
            ConfigError: No such filter, or a combination that the service cannot do.
        """
        return super().list(**filters)

    def by_tag(self, key: str, value: str | None = None, **filters: Unpack[DatasourceFilters]) -> Listing[Datasource]:  # type: ignore[override]
        """
        A lazy listing of those that carry a tag, at the cost of a call for each that is looked at.

        Args:
            value: What the tag has to say; by default anything.
            filters: As of `list`; they make the candidates fewer.
        """
        return super().by_tag(key, value, **filters)

    def create(
        self,
        data: Data,
        *,
        schema: Schema | str | Mapping[str, object] | None = None,
        target: str | None = None,
        name: str | None = None,
        rearrangement: Rearrangement | str | Mapping[str, object] | None = None,
        statistics: bool = True,
        tags: Mapping[str, str] | None = None,
        id: str | None = None,
    ) -> Datasource:
        """
        Make a datasource of *data*; local data is staged first, unless its content is there already.

        Args:
            data: A path, ``s3://`` URI, table, ``(array, names)``, bytes, file object or iterable of mappings.
            schema: What the columns are; when left out, what ``data.csv.schema`` beside a file says, or ``.schema`` in
                a folder, as in the service's console; else inferred from the first rows. The columns of a table are
                bound by name, those of a file by their order.
            target: Column to predict, where *schema* is left out.
            rearrangement: Which of the rows count; its JSON text will do.
            statistics: Whether to compute what training needs.
            tags: Put on once it is there, with one more call.
            id: By default a new one.

        Raises:
            DataError: The data cannot be read.
            ConfigError: It is local and there is nowhere to stage it.
        """
        if schema is not None and target is not None:
            raise ConfigError("target", f"{target!r} beside a schema", "a target inside the schema")
        part = _part(rearrangement)
        with self._world.staging.prepare(data) as prepared:
            known = _found(prepared, target) if schema is None else bound_schema(_schema(schema), prepared)
            uri = self._world.staging.upload(prepared)
        call = _wire.create_datasource(
            self._new_id(id),
            name=name,
            uri=uri,
            schema=known.render(),
            rearrangement=None if part is None else part.render(),
            statistics=statistics,
        )
        return self._create(call, tags)

    def create_from_rds(
        self,
        query: RDSQuery,
        *,
        role: str,
        schema: Schema | str | Mapping[str, object] | None = None,
        schema_uri: str | None = None,
        staging: str | None = None,
        rearrangement: Rearrangement | str | Mapping[str, object] | None = None,
        statistics: bool = True,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        id: str | None = None,
    ) -> Datasource:
        """
        Make a datasource of the rows that *query* gives in a MySQL database of RDS.

        Args:
            role: ARN of the role that the service takes on.
            schema: What the query's columns are.
            schema_uri: Where that is written down instead.
            staging: ``s3://`` location that the rows are put in; by default a folder below the client's own.
            rearrangement: Which of the rows count; its JSON text will do.
            statistics: Whether to compute what training needs.
            tags: Put on once it is there, with one more call.
            id: By default a new one.

        Raises:
            ConfigError: There is no schema or two; or nowhere to put the rows.
            DocumentError: The schema cannot be right.
        """
        return self._create_from(
            query,
            id,
            tags,
            role=role,
            schema=schema,
            schema_uri=schema_uri,
            staging=staging,
            rearrangement=_part(rearrangement),
            statistics=statistics,
            name=name,
        )

    def create_from_redshift(
        self,
        query: RedshiftQuery,
        *,
        role: str,
        schema: Schema | str | Mapping[str, object] | None = None,
        schema_uri: str | None = None,
        staging: str | None = None,
        rearrangement: Rearrangement | str | Mapping[str, object] | None = None,
        statistics: bool = True,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        id: str | None = None,
    ) -> Datasource:
        """
        Make a datasource of the rows that *query* gives in a database of Redshift.

        Arguments and errors are those of `create_from_rds`.
        """
        return self._create_from(
            query,
            id,
            tags,
            role=role,
            schema=schema,
            schema_uri=schema_uri,
            staging=staging,
            rearrangement=_part(rearrangement),
            statistics=statistics,
            name=name,
        )

    def _create_from(
        self,
        query: RDSQuery | RedshiftQuery,
        id: str | None,
        tags: Mapping[str, str] | None,
        **arguments: Any,
    ) -> Datasource:
        return self._create(query_call(self._world, self._new_id(id), query, **arguments), tags)


def _schema(given: Schema | str | Mapping[str, object]) -> Schema:
    return given if isinstance(given, Schema) else Schema.parse(given)


def _part(given: Rearrangement | str | Mapping[str, object] | None) -> Rearrangement | None:
    return given if given is None or isinstance(given, Rearrangement) else Rearrangement.parse(given)


def _found(prepared: Prepared, target: str | None) -> Schema:
    """The schema beside the data, or else what the data suggest."""
    beside = schema_beside(prepared, target)
    if beside is not None:
        return beside
    return prepared.inferred(target)

"""What listings can be narrowed by: each variable of the service with each of its operators, typed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from amlwrap.typing import EndpointStatus, ModelType, Status

if TYPE_CHECKING:
    from amlwrap.resources.datasource import Datasource
    from amlwrap.resources.model import Model

__all__ = [
    "ChildFilters",
    "DatasourceFilters",
    "Filters",
    "ModelFilters",
]

Order: TypeAlias = Literal["asc", "desc"]


class _ByName(TypedDict, total=False):
    """By name."""

    name: str
    name__eq: str
    name__ne: str
    name__lt: str
    name__le: str
    name__gt: str
    name__ge: str
    name__prefix: str


class _ByStatus(TypedDict, total=False):
    """By status."""

    status: Status
    status__eq: Status
    status__ne: Status
    status__lt: Status
    status__le: Status
    status__gt: Status
    status__ge: Status
    status__prefix: str


class _ByUser(TypedDict, total=False):
    """By the ARN of who created it."""

    user: str
    user__eq: str
    user__ne: str
    user__lt: str
    user__le: str
    user__gt: str
    user__ge: str
    user__prefix: str


class _ByCreatedAt(TypedDict, total=False):
    """By the time of its creation."""

    created_at: datetime | str
    created_at__eq: datetime | str
    created_at__ne: datetime | str
    created_at__lt: datetime | str
    created_at__le: datetime | str
    created_at__gt: datetime | str
    created_at__ge: datetime | str


class _ByUpdatedAt(TypedDict, total=False):
    """By the time of its last change."""

    updated_at: datetime | str
    updated_at__eq: datetime | str
    updated_at__ne: datetime | str
    updated_at__lt: datetime | str
    updated_at__le: datetime | str
    updated_at__gt: datetime | str
    updated_at__ge: datetime | str


class _ByUri(TypedDict, total=False):
    """By where the data lie."""

    uri: str
    uri__eq: str
    uri__ne: str
    uri__lt: str
    uri__le: str
    uri__gt: str
    uri__ge: str
    uri__prefix: str


class _ByDatasource(TypedDict, total=False):
    """By the datasource it was made from."""

    datasource: Datasource | str
    datasource__eq: Datasource | str
    datasource__ne: Datasource | str
    datasource__lt: Datasource | str
    datasource__le: Datasource | str
    datasource__gt: Datasource | str
    datasource__ge: Datasource | str
    datasource__prefix: str


class _ByModel(TypedDict, total=False):
    """By the model it was made with."""

    model: Model | str
    model__eq: Model | str
    model__ne: Model | str
    model__lt: Model | str
    model__le: Model | str
    model__gt: Model | str
    model__ge: Model | str
    model__prefix: str


class _ByType(TypedDict, total=False):
    """By the type of model."""

    type: ModelType
    type__eq: ModelType
    type__ne: ModelType
    type__lt: ModelType
    type__le: ModelType
    type__gt: ModelType
    type__ge: ModelType
    type__prefix: str


class _ByEndpointStatus(TypedDict, total=False):
    """By the status of the realtime endpoint."""

    endpoint_status: EndpointStatus
    endpoint_status__eq: EndpointStatus
    endpoint_status__ne: EndpointStatus
    endpoint_status__lt: EndpointStatus
    endpoint_status__le: EndpointStatus
    endpoint_status__gt: EndpointStatus
    endpoint_status__ge: EndpointStatus
    endpoint_status__prefix: str


class _ByAlgorithm(TypedDict, total=False):
    """By how it learned; the service knows ``sgd``."""

    algorithm: str
    algorithm__eq: str
    algorithm__ne: str
    algorithm__lt: str
    algorithm__le: str
    algorithm__gt: str
    algorithm__ge: str
    algorithm__prefix: str


class Filters(_ByName, _ByStatus, _ByUser, _ByCreatedAt, _ByUpdatedAt, total=False):
    """
    What every listing can be narrowed by; one filter at a time, since the service takes no more.

    ``name="x"`` and ``name__eq="x"`` are the same; ``__ne``, ``__lt``, ``__le``, ``__gt`` and ``__ge`` compare, and
    ``__prefix`` asks how a text begins. ``order`` sorts by the filtered variable, or by ``order_by`` where nothing is
    filtered. ``limit`` is how many items the listing has at most.
    """

    order: Order
    limit: int


class DatasourceFilters(Filters, _ByUri, total=False):
    """What `Datasources.list` takes."""

    order_by: Literal["name", "status", "user", "created_at", "updated_at", "uri"]


class ModelFilters(Filters, _ByUri, _ByDatasource, _ByType, _ByEndpointStatus, _ByAlgorithm, total=False):
    """What `Models.list` takes."""

    order_by: Literal[
        "name",
        "status",
        "user",
        "created_at",
        "updated_at",
        "uri",
        "datasource",
        "type",
        "endpoint_status",
        "algorithm",
    ]


class ChildFilters(Filters, _ByUri, _ByDatasource, _ByModel, total=False):
    """What `Evaluations.list` and `BatchPredictions.list` take."""

    order_by: Literal["name", "status", "user", "created_at", "updated_at", "uri", "datasource", "model"]

"""What the four kinds of resource are called, by us and by the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

__all__ = [
    "BATCH_PREDICTION",
    "DATASOURCE",
    "EVALUATION",
    "KINDS",
    "MODEL",
    "PROGRESS_HEADER",
    "Kind",
    "Params",
    "Reply",
]

Reply = Mapping[str, Any]
Params = dict[str, Any]
PROGRESS_HEADER = "x-amlwrap-progress"

_COMMON_FILTERS = {
    "created_at": "CreatedAt",
    "updated_at": "LastUpdatedAt",
    "status": "Status",
    "name": "Name",
    "user": "IAMUser",
}
_CHILD_FILTERS = {"model": "MLModelId", "datasource": "DataSourceId", "uri": "DataURI"}


@attrs.frozen(kw_only=True)
class Kind:
    """What one kind of resource is called, by us and by the service."""

    noun: str
    prefix: str
    """Start of an id made by us, as the service's console makes them."""
    collection: str
    """Attribute of a client."""
    service: str
    """The service's own word, inside the names of its operations and tags."""
    verbose: bool = False
    """Whether its get operation can be asked for documents too."""
    filters: Mapping[str, str] = attrs.field(factory=dict[str, str], eq=False)

    @property
    def id_member(self) -> str:
        return f"{self.service}Id"

    @property
    def get(self) -> str:
        return f"Get{self.service}"

    @property
    def update(self) -> str:
        return f"Update{self.service}"

    @property
    def delete(self) -> str:
        return f"Delete{self.service}"

    @property
    def describe(self) -> str:
        return f"Describe{self.service}s"


DATASOURCE = Kind(
    noun="datasource",
    prefix="ds-",
    collection="datasources",
    service="DataSource",
    verbose=True,
    filters={**_COMMON_FILTERS, "uri": "DataLocationS3"},
)
MODEL = Kind(
    noun="model",
    prefix="ml-",
    collection="models",
    service="MLModel",
    verbose=True,
    filters={
        **_COMMON_FILTERS,
        "datasource": "TrainingDataSourceId",
        "endpoint_status": "RealtimeEndpointStatus",
        "type": "MLModelType",
        "algorithm": "Algorithm",
        "uri": "TrainingDataURI",
    },
)
EVALUATION = Kind(
    noun="evaluation",
    prefix="ev-",
    collection="evaluations",
    service="Evaluation",
    filters={**_COMMON_FILTERS, **_CHILD_FILTERS},
)
BATCH_PREDICTION = Kind(
    noun="batch prediction",
    prefix="bp-",
    collection="batch_predictions",
    service="BatchPrediction",
    filters={**_COMMON_FILTERS, **_CHILD_FILTERS},
)

KINDS = (DATASOURCE, MODEL, EVALUATION, BATCH_PREDICTION)

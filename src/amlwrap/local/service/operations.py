"""Which function does which operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from amlwrap.local.faults import InternalFailure, Throttled
from amlwrap.local.kinds import Kind, Status
from amlwrap.local.limits import how_to_lift
from amlwrap.local.service import (
    batch_predictions,
    datasources,
    evaluations,
    listing,
    models,
    queries,
    realtime,
    showing,
    tagging,
    updating,
)
from amlwrap.local.service.context import known
from amlwrap.local.state import StateUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amlwrap.local.service.context import Context
    from amlwrap.local.state import Entity

__all__ = ["OPERATIONS", "Answer", "Service"]


@attrs.frozen
class Answer:
    """
    What an operation answers.

    Attributes:
        document: The reply's members.
        progress: How far the job of the entity is, 0 to 1, and what it is doing or waiting for; until it has ended.
    """

    document: dict[str, Any]
    progress: tuple[float, str] | None = None


class Service:
    """The service's operations on one engine."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def call(
        self, operation: str, request: Mapping[str, Any], *, details: str = "", address: str | None = None
    ) -> Answer:
        """
        Do *operation*, whose *request* has been held against its shape.

        Args:
            details: What else is wanted that the service itself never sends; see `showing.get`.
            address: Where clients find realtime endpoints and logs, instead of the engine's own places.

        Raises:
            Fault: The answer is an error.
        """
        context = (
            self._context
            if address is None
            else attrs.evolve(self._context, endpoint_url=address, logs_url=f"{address}/logs")
        )
        _check_rate(context, operation)
        try:
            with context.limits.for_documents():
                return _answer(context, operation, request, details=details)
        except StateUnavailable as error:
            state = self._context.home.state
            remedy = "Is the disk full? What was asked for was not recorded."
            raise InternalFailure(f"The state file {state} cannot be used now: {error}. {remedy}") from error


def _check_rate(context: Context, operation: str) -> None:
    if operation != "Predict" and context.rates.throttled():  # predictions have limits of their own
        most = f"At most {context.limits.operations} operations a second are answered."
        raise Throttled(f"{most} Ask again in a moment. {how_to_lift('operations')}")


def _answer(context: Context, operation: str, request: Mapping[str, Any], *, details: str) -> Answer:
    if operation in _GETS:
        return _get(context, _GETS[operation], request, details=details)
    return Answer(_HANDLERS[operation](context, request))


def _get(context: Context, kind: Kind, request: Mapping[str, Any], *, details: str) -> Answer:
    entity = known(context, kind, request)
    progress = _progress(context, entity)
    return Answer(showing.get(context, entity, request, details=details), progress)


def _progress(context: Context, entity: Entity) -> tuple[float, str] | None:
    """How far the job of *entity* is, or what it waits for."""
    if entity.status == Status.INPROGRESS:
        return context.workers.progress(entity.seq)
    if entity.status != Status.PENDING:
        return None
    parent = context.entities.waits_for(entity.seq)
    return 0.0, "waits for its turn" if parent is None else f"waits for {parent[0].replace('_', ' ')} {parent[1]}"


_Handler: TypeAlias = "Callable[[Context, Mapping[str, Any]], dict[str, Any]]"

_GETS = {f"Get{kind.service_name}": kind for kind in Kind}


def _for_kind(function: Callable[[Context, Kind, Mapping[str, Any]], dict[str, Any]], kind: Kind) -> _Handler:
    return lambda context, request: function(context, kind, request)


_HANDLERS: dict[str, _Handler] = {
    "CreateDataSourceFromS3": datasources.create_from_s3,
    "CreateDataSourceFromRDS": queries.create_from_rds,
    "CreateDataSourceFromRedshift": queries.create_from_redshift,
    "CreateMLModel": models.create_model,
    "CreateEvaluation": evaluations.create_evaluation,
    "CreateBatchPrediction": batch_predictions.create_batch_prediction,
    "CreateRealtimeEndpoint": realtime.create_endpoint,
    "DeleteRealtimeEndpoint": realtime.delete_endpoint,
    "Predict": realtime.predict,
    **{f"Update{kind.service_name}": _for_kind(updating.rename, kind) for kind in Kind},
    "UpdateMLModel": models.update_model,
    **{f"Delete{kind.service_name}": _for_kind(updating.delete, kind) for kind in Kind},
    **{f"Describe{kind.service_name}s": _for_kind(listing.describe, kind) for kind in Kind},
    "AddTags": tagging.add_tags,
    "DeleteTags": tagging.delete_tags,
    "DescribeTags": tagging.describe_tags,
}

OPERATIONS = frozenset({*_GETS, *_HANDLERS})
"""All that are carried: those of the service."""

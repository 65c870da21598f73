"""Realtime: an endpoint put before a model and taken away again, and records predicted one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.local.faults import InvalidInput, LimitExceeded, PredictorNotMounted
from amlwrap.local.kinds import Kind, Status
from amlwrap.local.limits import how_to_lift
from amlwrap.local.service.context import known, substantial
from amlwrap.local.service.showing import endpoint_info
from amlwrap.local.state import NoRoom, mount, unmount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.limits import Limits
    from amlwrap.local.service.context import Context
    from amlwrap.local.state import Entity

__all__ = ["create_endpoint", "delete_endpoint", "predict"]


def create_endpoint(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """
    ``CreateRealtimeEndpoint``: the reply says UPDATING, as the service's does; whoever looks next sees READY.

    Creating again changes nothing, and says how the endpoint is.
    """
    asked = substantial(known(context, Kind.MODEL, request), "MLModelId")
    mounted = _mounted(context, asked)
    model = known(context, Kind.MODEL, request)
    if model.status != Status.COMPLETED:
        raise InvalidInput(f"MLModelId: expected a COMPLETED model, found {model.id!r}, which is {model.status}.")
    info = endpoint_info(context, model)
    return _reply(model, {**info, "EndpointStatus": "UPDATING"} if mounted else info)


def delete_endpoint(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``DeleteRealtimeEndpoint``: gone at once; deleting again changes nothing."""
    unmount(context.database, known(context, Kind.MODEL, request))
    model = known(context, Kind.MODEL, request)
    context.rates.forget(model.id)
    return _reply(model, endpoint_info(context, model))


def predict(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``Predict``."""
    model = known(context, Kind.MODEL, request)
    if model.endpoint == "NONE":
        state = f", and is {model.status}" if model.status != Status.COMPLETED else ""
        raise PredictorNotMounted(f"MLModel {model.id!r} has no realtime endpoint{state}.")
    if request["PredictEndpoint"].rstrip("/") != context.endpoint_url.rstrip("/"):
        expected = f"{context.endpoint_url}, the endpoint of MLModel {model.id!r}"
        raise InvalidInput(f"PredictEndpoint: expected {expected}, found {request['PredictEndpoint']}.")
    _check_rate(context, model)
    record: Mapping[str, str] = request["Record"]
    _check_size(record, context.limits)
    return {"Prediction": context.predictors.predict(model, context.entities.documents, record)}


def _mounted(context: Context, model: Entity) -> bool:
    try:
        return mount(context.database, model, context.now(), context.limits.endpoint_bytes)
    except NoRoom as error:
        remedy = f"Delete an endpoint that nobody asks. {how_to_lift('endpoint_bytes')}"
        raise InvalidInput(f"MLModelId: {error}. {remedy}") from error


def _check_rate(context: Context, model: Entity) -> None:
    name = context.rates.exceeded(model.id)
    if name is not None:
        of = f"of MLModel {model.id!r}" if name == "endpoint_requests" else "of all endpoints"
        most = f"At most {getattr(context.limits, name)} predictions a second {of} are answered."
        raise LimitExceeded(f"{most} Ask again in a moment. {how_to_lift(name)}")


def _check_size(record: Mapping[str, str], limits: Limits) -> None:
    size = sum(len(value.encode()) for value in record.values()) + max(len(record) - 1, 0)
    if not limits.allow("record_bytes", size):
        lift = how_to_lift("record_bytes")
        raise InvalidInput(f"Record: expected at most {limits.record_bytes} bytes, found {size}. {lift}")


def _reply(model: Entity, info: Mapping[str, Any]) -> dict[str, Any]:
    return {"MLModelId": model.id, "RealtimeEndpointInfo": info}

"""The protocols and aliases a caller may want to name in annotations of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from amlwrap._progress import ProgressEvent

__all__ = ["Clock", "Data", "EndpointStatus", "ModelType", "ProgressSetting", "ResourceKind", "Status"]


class Clock(Protocol):
    """Time as the client sees it; a test passes one that only pretends to sleep."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment, never going back."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Let *seconds* pass."""
        ...


Status: TypeAlias = Literal["PENDING", "INPROGRESS", "COMPLETED", "FAILED", "DELETED"] | str
"""Life cycle of a resource. The service may answer words it never documented, so this is open."""

ModelType: TypeAlias = Literal["BINARY", "MULTICLASS", "REGRESSION"] | str
"""What a model predicts. Open, as *Status* is."""

EndpointStatus: TypeAlias = Literal["NONE", "READY", "UPDATING", "FAILED"] | str
"""Of a model's realtime endpoint. Open, as *Status* is."""

ResourceKind: TypeAlias = Literal["datasource", "model", "evaluation", "batch prediction", "endpoint", "upload"] | str
"""What a resource, or data on its way, is called in events and errors."""

ProgressSetting: TypeAlias = "bool | Callable[[ProgressEvent], None]"
"""``True`` shows progress on stderr, ``False`` shows nothing, a callable is handed every event."""

Data: TypeAlias = Any
"""A path, an ``s3://`` URI, a pandas, polars or Arrow table, ``(array, names)``, bytes, a file object, or mappings."""

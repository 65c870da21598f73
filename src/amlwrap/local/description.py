"""The service's own description: operations, shapes and constraints, as botocore reads them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from botocore.model import ServiceModel

from amlwrap._description import SERVICE, shared_loader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Description", "Shape", "describe"]


class Shape(Protocol):
    """What is read of a botocore shape."""

    @property
    def name(self) -> str:
        """Its name in the description."""
        ...

    @property
    def type_name(self) -> str:
        """What it is: structure, map, list, string and so on."""
        ...

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Constraints: min, max, pattern, enum, sensitive."""
        ...

    @property
    def members(self) -> Mapping[str, Shape]:
        """Of a structure."""
        ...

    @property
    def required_members(self) -> Sequence[str]:
        """Of a structure."""
        ...

    @property
    def member(self) -> Shape:
        """Of a list."""
        ...

    @property
    def key(self) -> Shape:
        """Of a map."""
        ...

    @property
    def value(self) -> Shape:
        """Of a map."""
        ...


class Description:
    """The operations of the service with the shapes of what goes in and what comes out."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.operations: frozenset[str] = frozenset(model.operation_names)
        self.target_prefix: str = model.metadata["targetPrefix"]

    def input_shape(self, operation: str) -> Shape:
        """The shape of *operation*'s request."""
        shape: Shape = self._model.operation_model(operation).input_shape
        return shape

    def output_shape(self, operation: str) -> Shape:
        """The shape of *operation*'s reply."""
        shape: Shape = self._model.operation_model(operation).output_shape
        return shape


@cache
def describe() -> Description:
    """
    The description of Amazon Machine Learning: botocore's as long as it has one, then ours.

    >>> len(describe().operations)
    28
    """
    return Description(ServiceModel(shared_loader().load_service_model(SERVICE, "service-2"), service_name=SERVICE))

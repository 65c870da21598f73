"""The service's own description: operations, shapes and constraints, as botocore ships them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import botocore
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from amlwrap.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SERVICE", "Description", "Shape", "describe", "shared_loader"]

SERVICE = "machinelearning"


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
def shared_loader() -> Any:
    """botocore's loader of descriptions; it keeps what it has read, so later clients start faster."""
    return Loader()


@cache
def describe() -> Description:
    """
    The description of Amazon Machine Learning.

    Raises:
        ConfigError: The installed botocore no longer describes the service.

    >>> len(describe().operations)
    28
    """
    try:
        document = shared_loader().load_service_model(SERVICE, "service-2")
    except DataNotFoundError as error:
        raise ConfigError(
            "botocore",
            f"version {botocore.__version__}, which has none",
            f"a version that describes the service {SERVICE!r}",
            "Install an earlier botocore and boto3.",
        ) from error
    return Description(ServiceModel(document, service_name=SERVICE))

"""A connection as the user holds it: four collections, where the settings came from, and an end."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import attrs

from amlwrap._html import table
from amlwrap._settings import Settings
from amlwrap.exceptions import ConfigError
from amlwrap.resources import BatchPredictions, Datasources, Evaluations, Models, World

__all__ = ["Client", "demand_client"]


@attrs.frozen(eq=False, repr=False)
class Client:
    """
    Made by `amlwrap.connect`; a context manager, safe to use from several threads.

    Resources keep working as long as their client is open. A pickle of it holds the names it was connected by, never
    credentials, and connects again where it is read.
    """

    _world: World
    _settings: Settings
    _release: Callable[[], None]

    @property
    def datasources(self) -> Datasources:
        """Data: create, get, list."""
        return self._world.datasources

    @property
    def models(self) -> Models:
        """Models: create, get, list."""
        return self._world.models

    @property
    def evaluations(self) -> Evaluations:
        """Evaluations: create, get, list."""
        return self._world.evaluations

    @property
    def batch_predictions(self) -> BatchPredictions:
        """Batch predictions: create, get, list."""
        return self._world.batch_predictions

    @property
    def boto(self) -> Any:
        """The boto3 client underneath, for what amlwrap does not do."""
        return self._world.calls.client

    def describe(self) -> Settings:
        """What this client works with, and where each setting came from; prints as a table."""
        return self._settings

    def close(self) -> None:
        """Release the connection and, with it, the embedded engine; closing twice does no harm."""
        self._world.calls.close()
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return self._world.reconnection(), ()

    def _repr_html_(self) -> str:
        rows = [(name, setting.value or "-", setting.source) for name, setting in self._settings.items()]
        return table(repr(self), ("setting", "value", "from"), rows)

    def __repr__(self) -> str:
        return f"<Client of {self._world.expression}>"


def demand_client(given: object) -> None:
    """
    Refuse what is no client, such as the name of a target.

    Raises:
        ConfigError: It is none.
    """
    if not isinstance(given, Client):
        raise ConfigError("aml", repr(given), "a client", "Open one with amlwrap.connect(…).")

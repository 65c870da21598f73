"""What every resource of one client shares: its calls, its policies, its staging place and its collections."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from amlwrap._calls import Calls
from amlwrap._staging import Staging
from amlwrap._waiting import Polling
from amlwrap.objects import ObjectStore
from amlwrap.typing import Clock, ProgressSetting

if TYPE_CHECKING:
    from amlwrap.resources.batch_prediction import BatchPredictions
    from amlwrap.resources.datasource import Datasources
    from amlwrap.resources.evaluation import Evaluations
    from amlwrap.resources.model import Models

__all__ = ["World", "random_suffix"]

_ALPHABET = string.ascii_letters + string.digits
_SUFFIX_LENGTH = 11


def random_suffix() -> str:
    """Eleven letters and digits nobody else has, as the service's own console puts behind ``ml-``."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_SUFFIX_LENGTH))


@attrs.frozen(kw_only=True, eq=False, slots=False)
class World:
    """
    One connection, seen from its resources.

    Attributes:
        expression: Python that comes back to this connection, for messages.
        suffix: Ends of new ids.
    """

    calls: Calls
    polling: Polling
    clock: Clock = attrs.field(repr=False)
    progress: ProgressSetting
    staging: Staging
    store: Callable[[], ObjectStore] = attrs.field(repr=False)
    expression: str
    suffix: Callable[[], str] = attrs.field(default=random_suffix, repr=False)

    @cached_property
    def datasources(self) -> Datasources:
        """All datasources."""
        from amlwrap.resources.datasource import Datasources

        return Datasources(self)

    @cached_property
    def models(self) -> Models:
        """All models."""
        from amlwrap.resources.model import Models

        return Models(self)

    @cached_property
    def evaluations(self) -> Evaluations:
        """All evaluations."""
        from amlwrap.resources.evaluation import Evaluations

        return Evaluations(self)

    @cached_property
    def batch_predictions(self) -> BatchPredictions:
        """All batch predictions."""
        from amlwrap.resources.batch_prediction import BatchPredictions

        return BatchPredictions(self)

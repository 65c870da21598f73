"""The four kinds of entity, and what the wire calls them."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["OWNER", "Kind", "Status"]

OWNER = "arn:aws:iam::000000000000:root"
"""Who creates everything: an engine has one user."""


class Kind(StrEnum):
    """
    What an entity is; the value is its name in the state file, in folders and in the names of the stages.

    >>> Kind.MODEL.service_name, Kind.MODEL.id_member, str(Kind.MODEL)
    ('MLModel', 'MLModelId', 'model')
    """

    DATASOURCE = "datasource"
    MODEL = "model"
    EVALUATION = "evaluation"
    BATCH_PREDICTION = "batch_prediction"

    @property
    def service_name(self) -> str:
        """As operations and tags spell it: ``"DataSource"``."""
        return _SERVICE_NAMES[self]

    @property
    def id_member(self) -> str:
        """The member of requests and replies that holds the id."""
        return f"{self.service_name}Id"

    @property
    def name_member(self) -> str:
        """The member of requests that holds the name (replies say ``Name``)."""
        return f"{self.service_name}Name"


_SERVICE_NAMES = {
    Kind.DATASOURCE: "DataSource",
    Kind.MODEL: "MLModel",
    Kind.EVALUATION: "Evaluation",
    Kind.BATCH_PREDICTION: "BatchPrediction",
}


class Status(StrEnum):
    """Where an entity is in its life: PENDING → INPROGRESS → COMPLETED or FAILED, and DELETED from anywhere."""

    PENDING = "PENDING"
    INPROGRESS = "INPROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    DELETED = "DELETED"

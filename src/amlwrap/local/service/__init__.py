"""The operations: check, record, enqueue, describe."""

from __future__ import annotations

from amlwrap.local.service.adopting import Adopted, adopt_entity
from amlwrap.local.service.context import ENDPOINT_URL, Context
from amlwrap.local.service.operations import Answer, Service

__all__ = ["ENDPOINT_URL", "Adopted", "Answer", "Context", "Service", "adopt_entity"]

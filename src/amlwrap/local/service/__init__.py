"""The operations: check, record, enqueue, describe."""

from __future__ import annotations

from amlwrap.local.service.context import ENDPOINT_URL, Context
from amlwrap.local.service.operations import Answer, Service

__all__ = ["ENDPOINT_URL", "Answer", "Context", "Service"]

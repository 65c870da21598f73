"""The embedded engine: Amazon Machine Learning on one machine."""

from __future__ import annotations

from amlwrap.local.engine import Engine, open_engine
from amlwrap.local.limits import Limits

__all__ = ["Engine", "Limits", "open_engine"]

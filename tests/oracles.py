"""scikit-learn, which ships no types, as whatever its callers take it for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

sklearn_data: Any = import_module("sklearn.datasets")
sklearn_linear: Any = import_module("sklearn.linear_model")
sklearn_metrics: Any = import_module("sklearn.metrics")

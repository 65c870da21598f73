"""
Amazon Machine Learning as objects: on AWS, on an embedded engine, on a server that speaks the same wire.

Importing this loads nothing but itself; each name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amlwrap import documents, exceptions, labels, typing
    from amlwrap._calls import Retry
    from amlwrap._connect import boto3_client, connect
    from amlwrap._export import ExportReport, RestoreReport, export, restore
    from amlwrap._progress import ProgressEvent
    from amlwrap._run import Run, train
    from amlwrap._waiting import Polling, as_completed, wait_all
    from amlwrap.client import Client
    from amlwrap.documents import (
        AttributeType,
        RDSQuery,
        Rearrangement,
        Recipe,
        RedshiftQuery,
        Schema,
        TrainingParameters,
    )
    from amlwrap.exceptions import AmlwrapError
    from amlwrap.resources import BatchPrediction, Datasource, Endpoint, Evaluation, Metrics, Model, Prediction

    __version__: str

__all__ = [
    "AmlwrapError",
    "AttributeType",
    "BatchPrediction",
    "Client",
    "Datasource",
    "Endpoint",
    "Evaluation",
    "ExportReport",
    "Metrics",
    "Model",
    "Polling",
    "Prediction",
    "ProgressEvent",
    "RDSQuery",
    "Rearrangement",
    "Recipe",
    "RedshiftQuery",
    "RestoreReport",
    "Retry",
    "Run",
    "Schema",
    "TrainingParameters",
    "__version__",
    "as_completed",
    "boto3_client",
    "connect",
    "documents",
    "exceptions",
    "export",
    "labels",
    "restore",
    "train",
    "typing",
    "wait_all",
]

_HOMES = {
    "_calls": ("Retry",),
    "_connect": ("boto3_client", "connect"),
    "_export": ("ExportReport", "RestoreReport", "export", "restore"),
    "_progress": ("ProgressEvent",),
    "_run": ("Run", "train"),
    "_waiting": ("Polling", "as_completed", "wait_all"),
    "client": ("Client",),
    "documents": (
        "AttributeType",
        "RDSQuery",
        "Rearrangement",
        "Recipe",
        "RedshiftQuery",
        "Schema",
        "TrainingParameters",
    ),
    "exceptions": ("AmlwrapError",),
    "resources": ("BatchPrediction", "Datasource", "Endpoint", "Evaluation", "Metrics", "Model", "Prediction"),
}
_MODULES = frozenset({"documents", "exceptions", "labels", "typing"})
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"amlwrap.{name}")
    if name in _HOME_OF:
        value = getattr(import_module(f"amlwrap.{_HOME_OF[name]}"), name)
    elif name == "__version__":
        from importlib.metadata import version

        value = version("amlwrap")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

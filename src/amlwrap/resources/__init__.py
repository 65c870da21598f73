"""The four kinds of resource and the collections they are made by and found in."""

from __future__ import annotations

from amlwrap.resources._collection import Collection
from amlwrap.resources._entity import Entity
from amlwrap.resources._filters import ChildFilters, DatasourceFilters, Filters, ModelFilters
from amlwrap.resources._head import Head
from amlwrap.resources._lineage import Lineage, Node
from amlwrap.resources._listing import Listing
from amlwrap.resources._metrics import Curve, Metrics
from amlwrap.resources._prediction import Prediction
from amlwrap.resources._promotion import Promotion
from amlwrap.resources._statistics import AttributeStatistics, Statistics
from amlwrap.resources._tags import Tags
from amlwrap.resources._world import Adopter, World
from amlwrap.resources.batch_prediction import BatchPrediction, BatchPredictions
from amlwrap.resources.datasource import Datasource, Datasources
from amlwrap.resources.endpoint import Endpoint
from amlwrap.resources.evaluation import Evaluation, Evaluations
from amlwrap.resources.model import Model, Models

__all__ = [
    "Adopter",
    "AttributeStatistics",
    "BatchPrediction",
    "BatchPredictions",
    "ChildFilters",
    "Collection",
    "Curve",
    "Datasource",
    "DatasourceFilters",
    "Datasources",
    "Endpoint",
    "Entity",
    "Evaluation",
    "Evaluations",
    "Filters",
    "Head",
    "Lineage",
    "Listing",
    "Metrics",
    "Model",
    "ModelFilters",
    "Models",
    "Node",
    "Prediction",
    "Promotion",
    "Statistics",
    "Tags",
    "World",
]

"""The service's documents as values: they parse, render, and say what is wrong and where."""

from __future__ import annotations

from amlwrap.documents.attributes import Attribute, AttributeType
from amlwrap.documents.bounds import within
from amlwrap.documents.databases import RDSMetadata, RDSQuery, RedshiftMetadata, RedshiftQuery
from amlwrap.documents.overlap import Overlap, overlap
from amlwrap.documents.parameters import TrainingParameters
from amlwrap.documents.predictions import (
    Layout,
    Manifest,
    columns,
    manifest_uri,
    parse_columns,
    render_columns,
    result_uri,
)
from amlwrap.documents.rearrangement import Rearrangement
from amlwrap.documents.recipe import Recipe
from amlwrap.documents.recipe_expressions import Apply, Leaf, Output
from amlwrap.documents.recipe_grammar import Call, Variable
from amlwrap.documents.schema import Schema
from amlwrap.documents.training_log import (
    ActiveFeatures,
    Beginning,
    Ending,
    LearnerReport,
    Performance,
    Retirement,
)
from amlwrap.documents.training_story import TrainingLog
from amlwrap.documents.transforms import (
    cartesian,
    group,
    group_remove,
    lowercase,
    ngram,
    no_punct,
    normalize,
    osb,
    quantile_bin,
    variable,
)

__all__ = [
    "ActiveFeatures",
    "Apply",
    "Attribute",
    "AttributeType",
    "Beginning",
    "Call",
    "Ending",
    "Layout",
    "Leaf",
    "LearnerReport",
    "Manifest",
    "Output",
    "Overlap",
    "Performance",
    "RDSMetadata",
    "RDSQuery",
    "Rearrangement",
    "Recipe",
    "RedshiftMetadata",
    "RedshiftQuery",
    "Retirement",
    "Schema",
    "TrainingLog",
    "TrainingParameters",
    "Variable",
    "cartesian",
    "columns",
    "group",
    "group_remove",
    "lowercase",
    "manifest_uri",
    "ngram",
    "no_punct",
    "normalize",
    "osb",
    "overlap",
    "parse_columns",
    "quantile_bin",
    "render_columns",
    "result_uri",
    "variable",
    "within",
]

"""The service's documents as values: they parse, render, and say what is wrong and where."""

from __future__ import annotations

from amlwrap.documents.attributes import Attribute, AttributeType
from amlwrap.documents.parameters import TrainingParameters
from amlwrap.documents.rearrangement import Rearrangement
from amlwrap.documents.schema import Schema

__all__ = ["Attribute", "AttributeType", "Rearrangement", "Schema", "TrainingParameters"]

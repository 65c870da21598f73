"""Leaving with everything: an account as a folder of plain files, and such a folder as a world of its own again."""

from __future__ import annotations

from amlwrap._export._exporting import export
from amlwrap._export._reports import ExportReport, Refusal, RestoreReport
from amlwrap._export._restoring import restore
from amlwrap._export._verifying import verify

__all__ = ["ExportReport", "Refusal", "RestoreReport", "export", "restore", "verify"]

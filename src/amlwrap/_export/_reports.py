"""What came of an export or of a restore, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

__all__ = ["ExportReport", "Refusal", "RestoreReport"]

_SHOWN = 20
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@attrs.frozen
class Refusal:
    """Something that could not be had, and why."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


@attrs.frozen(kw_only=True)
class ExportReport:
    """
    What an export folder holds now.

    Attributes:
        counts: Entities by kind: ``{"datasource": 3, "model": 2, …}``.
        n_fetched: Entities that were read from the service this time; the others were there and had not changed.
        n_objects: Files of data and predictions.
        n_bytes: Size of all files.
        refused: What could not be had, and why; named in the manifest too.

    >>> print(ExportReport(folder=Path("shop"), counts={"model": 2}, n_fetched=2, n_objects=1, n_bytes=1234))
    shop: 2 models, 1 file of data and predictions; 1.2 kB, 2 entities read now.
    Everything that was asked for is there. The list of it: shop/manifest.json
    """

    folder: Path
    counts: Mapping[str, int]
    n_fetched: int
    n_objects: int
    n_bytes: int
    refused: tuple[Refusal, ...] = ()

    @property
    def manifest(self) -> Path:
        """The file that lists everything."""
        return self.folder / "manifest.json"

    def __str__(self) -> str:
        held = [_counted(n, kind.replace("_", " ")) for kind, n in self.counts.items() if n]
        held.append(f"{_counted(self.n_objects, 'file')} of data and predictions")
        read = f"{self.n_fetched} {'entity' if self.n_fetched == 1 else 'entities'} read now"
        return "\n".join(
            [
                f"{self.folder}: {', '.join(held)}; {_size(self.n_bytes)}, {read}.",
                *_told(self.refused, "could not be had; run the export again to try once more"),
                f"{'' if self.refused else 'Everything that was asked for is there. '}The list of it: {self.manifest}",
            ]
        )


@attrs.frozen(kw_only=True)
class RestoreReport:
    """
    What became of an export folder in an engine.

    Attributes:
        counts: Entities by kind that stand now and did not before.
        n_same: Entities that stood already, out of the same record.
        n_objects: Files of data and predictions that were put in the engine's buckets.
        retraining: Ids of models whose data came along; their jobs are in the queue.
        records: Ids of models that are only records: their weights are not here, and they cannot predict.
        conflicts: What was not restored because something else has its id or place.
        refused: What was not restored because it is damaged or cannot be.
    """

    folder: Path
    counts: Mapping[str, int]
    n_same: int = 0
    n_objects: int = 0
    retraining: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    conflicts: tuple[Refusal, ...] = ()
    refused: tuple[Refusal, ...] = ()

    def __str__(self) -> str:
        made = [_counted(n, kind.replace("_", " ")) for kind, n in self.counts.items() if n] or ["nothing"]
        made.append(f"{_counted(self.n_objects, 'file')} of data and predictions")
        lines = [f"{self.folder}: restored {', '.join(made)}."]
        if self.n_same:
            lines.append(f"{self.n_same} of its entities were there from before.")
        if self.retraining:
            lines.append(f"Being trained again: {_ids(self.retraining)}.")
        if self.records:
            lines.append(f"Only records, which cannot predict: {_ids(self.records)}. Their messages say what to do.")
        lines += _told(self.conflicts, "met something else in their place, which was left alone")
        lines += _told(self.refused, "could not be restored")
        return "\n".join(lines)


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _size(n_bytes: int) -> str:
    """
    A size as a person says it.

    >>> _size(999), _size(1234), _size(5_600_000_000)
    ('999 bytes', '1.2 kB', '5.6 GB')
    """
    size, unit = float(n_bytes), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{n_bytes} bytes" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def _ids(ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more


def _told(refusals: tuple[Refusal, ...], what: str) -> list[str]:
    if not refusals:
        return []
    more = [f"  … and {len(refusals) - _SHOWN} more"] if len(refusals) > _SHOWN else []
    return [f"{len(refusals)} {what}:", *(f"  {refusal}" for refusal in refusals[:_SHOWN]), *more]

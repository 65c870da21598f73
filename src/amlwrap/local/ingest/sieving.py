"""Runs of lines as records: those of the next run are found while the caller is busy with the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from amlwrap.local.ingest.ahead import in_order
from amlwrap.local.ingest.records import Records, sieve
from amlwrap.local.ingest.source import Run


def sieved(found: Iterable[Run], n_fields: int, record_bytes: int, *, ahead: bool) -> Iterator[tuple[Run, Records]]:
    """
    Each run and its records.

    Args:
        found: Taken in the caller's thread.
        n_fields: In every record.
        record_bytes: The longest record that can be read.
        ahead: Whether there is more than one run, so that another thread pays.
    """

    def work(run: Run) -> tuple[Run, Records]:
        return run, sieve(run.data, n_fields, record_bytes)

    return in_order(work, found, n_ahead=1) if ahead else map(work, found)

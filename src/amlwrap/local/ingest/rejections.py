"""When bad records are too many: the service's limits on what it skips."""

from __future__ import annotations

from amlwrap.exceptions import DataError
from amlwrap.local.ingest.table import Fault, InvalidValue, Table

MAX_REJECTED = 10_000
MIN_REJECTED_SHARE = 0.10
_N_SHOWN = 3


def check_rejections(table: Table) -> None:
    """
    Refuse *table* when more than 10,000 of its records, or a tenth of them, are unreadable or hold an invalid value.

    Raises:
        DataError: Naming the first faults with file, line, attribute and value.
    """
    n_rejected = table.n_faults + table.n_invalid_records
    if n_rejected <= MAX_REJECTED and n_rejected < max(1, MIN_REJECTED_SHARE * table.n_records):
        return
    found: list[Fault | InvalidValue] = [*table.faults, *table.invalid_values]
    found.sort(key=lambda fault: fault.offset)
    first, others = (found[0], found[1:_N_SHOWN]) if found else (None, [])
    share = n_rejected / table.n_records
    counted = f"{n_rejected:,} of {table.n_records:,} ({share:.0%})"
    raise DataError(
        first.file if first else ", ".join(part.uri for part in table.parts),
        f"line {first.line}" if first else "",
        f"at most {MAX_REJECTED:,} rejected records and less than {MIN_REJECTED_SHARE:.0%} of all",
        f"{counted}, the first because {_told(first)}" if first else counted,
        "".join(f"Line {other.line}: {_told(other)}. " for other in others).strip(),
    )


def _told(fault: Fault | InvalidValue) -> str:
    if isinstance(fault, InvalidValue):
        return f"{fault.attribute!r} is {fault.value!r}, which does not fit its type"
    return fault.told
